//! Which release the tasks of a sandbox belong to, by their groups.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::staged::StagedTasks;
use crate::base::name::TaskId;
use crate::sandbox::{ClaimedRun, Maker, Simulator};

/// A release, and its staged tasks.
#[derive(Clone)]
pub struct Owner {
    /// The number of the release, from 0.
    pub release: usize,
    /// Its staged tasks.
    pub staged: StagedTasks,
}

/// The releases by the ids of their task groups.
#[derive(Clone, Default)]
pub struct Owners(Arc<Mutex<BTreeMap<String, Owner>>>);

impl Owners {
    /// The tasks of a group belong to a release from now on.
    pub fn add(&self, group: &TaskId, owner: Owner) {
        self.lock().insert(group.to_string(), owner);
    }

    /// The release of a group; `None` for tasks outside of the rehearsal.
    pub fn of(&self, group: &str) -> Option<Owner> {
        self.lock().get(group).cloned()
    }

    /// The staged tasks of a release; `None` if it has no group yet.
    pub fn staged_of(&self, release: usize) -> Option<StagedTasks> {
        let owners = self.lock();
        let mut owners = owners.values();
        let owner = owners.find(|owner| owner.release == release);
        owner.map(|owner| owner.staged.clone())
    }

    /// Runs staged tasks of all releases.
    pub fn simulator(&self) -> Simulator {
        let owners = self.clone();
        Arc::new(move |claimed, read| owners.of_run(claimed)?.staged.run(claimed, read))
    }

    /// Makes the artifacts of the builds of all releases.
    pub fn maker(&self) -> Maker {
        let owners = self.clone();
        Arc::new(move |run, name, read| {
            let builds = owners.of_run(run)?.staged.builds().maker();
            builds(run, name, read)
        })
    }

    fn of_run(&self, run: &ClaimedRun) -> Option<Owner> {
        self.of(run.definition.get("taskGroupId")?.as_str()?)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Owner>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
