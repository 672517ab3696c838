//! What is known of the staged tasks of a rehearsal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::base::name::TaskId;
use crate::base::value::Value;
use crate::rehearse::made::{Build, Builds};
use crate::rehearse::tree::WorkingCopy;
use crate::release::staged::{self, Release};
use crate::stage::source::PastRead;
use crate::stage::state::State;
use crate::stage::trees::contents::Repository;

/// How a staged task ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedOutcome {
    /// Its label.
    pub label: String,
    /// Its system.
    pub system: String,
    /// Why it is red.
    pub red: Vec<String>,
}

/// The staged tasks of a rehearsal.
#[derive(Clone, Default)]
pub struct StagedTasks {
    pub(super) tasks: Arc<Mutex<Tasks>>,
    /// What simulated builds contain.
    pub(super) builds: Builds,
    /// The repository of the project.
    pub(super) tree: Option<Arc<ProjectTree>>,
    /// Where it was pushed to.
    pub(super) repository: Option<staged::Repository>,
}

/// The repository of the project, at what is checked out.
pub(super) type ProjectTree = Repository<WorkingCopy>;

/// A change of what a staged task is asked to do.
#[derive(Clone)]
pub(super) struct Edit(pub(super) Arc<dyn Fn(&mut Value) + Send + Sync>);

impl std::fmt::Debug for Edit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Edit").finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
pub(super) struct Tasks {
    /// The outcome of the last run of each staged task.
    pub(super) outcomes_of: BTreeMap<TaskId, StagedOutcome>,
    /// The tasks whose outcomes were not taken yet.
    pub(super) outcomes: BTreeSet<TaskId>,
    /// The tasks with a planted defect.
    pub(super) planted: BTreeMap<TaskId, Edit>,
    /// The release of the current phase.
    pub(super) release: Release,
    /// The decision task of the release.
    pub(super) decision: Option<TaskId>,
    /// The declared address of the archive.
    pub(super) archive: Option<String>,
    /// The systems of kinds that the project names.
    pub(super) kinds: Value,
    /// The partners of the release, by the beginning of the kinds that are for them.
    pub(super) partners: Value,
    /// The nearest staged tasks at each task that ran: a staged one is its own.
    pub(super) near: BTreeMap<TaskId, BTreeSet<TaskId>>,
    /// The staged tasks that no other is made on top of.
    pub(super) last: BTreeSet<TaskId>,
    /// Those when the phase began.
    pub(super) earlier: BTreeSet<TaskId>,
    /// The staged tasks of the release that have passed.
    pub(super) passed: BTreeSet<TaskId>,
    /// The task with what a file of the project knows, without what belongs to releases.
    pub(super) settings: Option<TaskId>,
    /// The task with all that it knows.
    pub(super) known: Option<TaskId>,
    /// The tasks with the releases of the rehearsal so far, the oldest first.
    pub(super) releases: Vec<TaskId>,
    /// Those that the release builds on.
    pub(super) history: Vec<TaskId>,
    /// Whether the release has another version than what is checked out, so that its tree is not there.
    pub(super) has_other_version: bool,
    /// Earlier releases that were read, as all tasks read the same.
    pub(super) past: BTreeMap<TaskId, PastRead>,
    /// The tasks that are not staged.
    pub(super) simulated: BTreeMap<TaskId, Build>,
    /// States that were read, as many tasks read the same.
    pub(super) states: BTreeMap<TaskId, Arc<State>>,
}

impl StagedTasks {
    pub(super) fn lock(&self) -> MutexGuard<'_, Tasks> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
