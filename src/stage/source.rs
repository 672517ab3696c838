//! Where a staged task reads the artifacts of other tasks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::sync::Arc;
use std::thread;

use super::merged::Merged;
use super::state::{MAX_STATE, State, StateError};
use super::trees::tree::Tree;
use crate::base::name::TaskId;
use crate::release::staged::STATE;

/// The most bytes of an artifact that a staged task reads.
pub const MAX_ARTIFACT: u64 = 2 * 1024 * 1024 * 1024;

/// An artifact.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// Its content, without any encoding of the transfer.
    pub content: Arc<[u8]>,
}

/// How every report says that a task has no artifact of a name.
#[must_use]
pub fn no_artifact(task: impl Display, name: &str) -> String {
    format!("the task {task} has no artifact `{name}`")
}

impl Artifact {
    /// The state that the artifact of a task holds.
    ///
    /// # Errors
    /// [`NoState`].
    pub fn state_of(&self, task: &TaskId) -> StateRead {
        let read = State::read(&self.content).map(Arc::new);
        read.map_err(|error| NoState::Content {
            task: task.clone(),
            error,
        })
    }
}

/// Why an artifact cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The task has no artifact of this name.
    #[error("{}", no_artifact(task, name))]
    Missing {
        /// The task.
        task: TaskId,
        /// The name of the artifact.
        name: String,
    },
    /// The artifact is larger than what is read.
    #[error("the artifact `{name}` of the task {task} has more than {limit} bytes")]
    TooLarge {
        /// The task.
        task: TaskId,
        /// The name of the artifact.
        name: String,
        /// The limit.
        limit: u64,
    },
    /// Taskcluster does not answer, or what it answers cannot be used.
    #[error("cannot read the artifact `{name}` of the task {task}: {why}")]
    Unreadable {
        /// The task.
        task: TaskId,
        /// The name of the artifact.
        name: String,
        /// The reason.
        why: String,
    },
}

/// Why a task has no state that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoState {
    /// It cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Its content is not that of a state.
    #[error("the state of the task {task}: {error}")]
    Content {
        /// The task.
        task: TaskId,
        /// What is wrong.
        error: StateError,
    },
    /// It is the state of another task.
    #[error("the state of the task {task} is that of the task {other}")]
    Foreign {
        /// The task.
        task: TaskId,
        /// The task that the state is of.
        other: TaskId,
    },
}

impl NoState {
    /// Whether the task has left none.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Source(SourceError::Missing { .. }))
    }
}

/// What was read of a state.
pub type StateRead = Result<Arc<State>, NoState>;

/// An earlier release.
#[derive(Debug, Clone)]
pub struct Past {
    /// What it has left.
    pub merged: Merged,
    /// Where this is known from, in words.
    pub origin: String,
}

/// What was read of an earlier release, or each reason why it cannot be read.
pub type PastRead = Result<Arc<Past>, Vec<String>>;

/// Reads artifacts of the latest completed runs of tasks.
pub trait Source: Sync {
    /// How many artifacts may be read at once.
    fn readers(&self) -> usize {
        1
    }

    /// Reads an artifact of at most `limit` bytes.
    ///
    /// # Errors
    /// [`SourceError`].
    fn artifact(&self, task: &TaskId, name: &str, limit: u64) -> Result<Artifact, SourceError>;

    /// Reads the artifact with the state of a task. A source that is asked often may keep it.
    ///
    /// # Errors
    /// [`NoState`].
    fn state(&self, task: &TaskId) -> StateRead {
        self.artifact(task, STATE, MAX_STATE)?.state_of(task)
    }

    /// What a task knows of an earlier release, which `read` reads. A source that is asked often may keep it.
    ///
    /// # Errors
    /// Those of `read`.
    fn past(&self, _task: &TaskId, read: &dyn Fn() -> PastRead) -> PastRead {
        read()
    }

    /// The repository that the release is made of, if there is one.
    fn tree(&self) -> Option<&dyn Tree> {
        None
    }
}

/// Reads the states of tasks, in their order, several at once if the source can do it. The state of another task
/// is none.
pub fn read_states(ids: &[TaskId], source: &dyn Source) -> Vec<StateRead> {
    let read = |part: &[TaskId]| -> Vec<StateRead> {
        part.iter().map(|id| own_state(id, source)).collect()
    };
    let readers = source.readers().min(ids.len());
    if readers < 2 {
        return read(ids);
    }
    let parts = ids.chunks(ids.len().div_ceil(readers));
    thread::scope(|scope| {
        let threads: Vec<_> = parts
            .clone()
            .map(|part| scope.spawn(move || read(part)))
            .collect();
        let read = threads.into_iter().zip(parts).flat_map(|(thread, part)| {
            let failed = |id: &TaskId| {
                let why = "the thread that reads it has ended".to_owned();
                let (task, name) = (id.clone(), "state".to_owned());
                Err(SourceError::Unreadable { task, name, why }.into())
            };
            let read = thread.join();
            read.unwrap_or_else(|_| part.iter().map(failed).collect())
        });
        read.collect()
    })
}

fn own_state(id: &TaskId, source: &dyn Source) -> StateRead {
    let state = source.state(id)?;
    match state.run.task_id == *id {
        true => Ok(state),
        false => Err(NoState::Foreign {
            task: id.clone(),
            other: state.run.task_id.clone(),
        }),
    }
}

/// Reads the states of tasks and of all tasks before them, several at once if the source can do it. Those that
/// cannot be used are handed to `refuse`, and their parents stay unknown.
pub fn read_lineage(
    ids: impl IntoIterator<Item = TaskId>,
    source: &dyn Source,
    refuse: &mut dyn FnMut(&TaskId, NoState),
) -> BTreeMap<TaskId, Arc<State>> {
    let mut seen: BTreeSet<TaskId> = ids.into_iter().collect();
    let mut left: Vec<TaskId> = seen.iter().cloned().collect();
    let mut states = BTreeMap::new();
    while !left.is_empty() {
        let read = read_states(&left, source);
        let mut next = Vec::new();
        for (id, read) in left.into_iter().zip(read) {
            match read {
                Ok(state) => {
                    let parents = state.parents.iter().map(|parent| &parent.task_id);
                    next.extend(parents.filter(|id| seen.insert((*id).clone())).cloned());
                    states.insert(id, state);
                }
                Err(why) => refuse(&id, why),
            }
        }
        left = next;
    }
    states
}
