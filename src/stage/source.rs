//! Where a staged task reads the artifacts of other tasks.

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
    /// The task has no completed run.
    #[error("the task {0} has no completed run")]
    NotCompleted(TaskId),
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

/// What was read of a state: the state, or what is wrong with its content, or why there is none.
pub type StateRead = Result<Result<Arc<State>, StateError>, SourceError>;

/// An earlier release.
#[derive(Debug, Clone)]
pub struct Past {
    /// What it has left.
    pub merged: Merged,
    /// Where this is known from, in words.
    pub origin: String,
}

/// What was read of an earlier release, or why it cannot be read.
pub type PastRead = Result<Arc<Past>, String>;

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

    /// Reads the state of a task. A source that is asked often may keep it.
    ///
    /// # Errors
    /// [`SourceError`]; the inner one is about the content of the state.
    fn state(&self, task: &TaskId) -> StateRead {
        let artifact = self.artifact(task, STATE, MAX_STATE)?;
        Ok(State::read(&artifact.content).map(Arc::new))
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

/// Reads the states of tasks, in their order, several at once if the source can do it.
pub fn read_states(ids: &[TaskId], source: &dyn Source) -> Vec<StateRead> {
    let readers = source.readers().min(ids.len());
    if readers < 2 {
        return ids.iter().map(|id| source.state(id)).collect();
    }
    let parts = ids.chunks(ids.len().div_ceil(readers));
    thread::scope(|scope| {
        let read = |part: &[TaskId]| -> Vec<StateRead> {
            part.iter().map(|id| source.state(id)).collect()
        };
        let threads: Vec<_> = parts
            .clone()
            .map(|part| scope.spawn(move || read(part)))
            .collect();
        let read = threads.into_iter().zip(parts).flat_map(|(thread, part)| {
            let failed = |id: &TaskId| {
                let why = "the thread that reads it has ended".to_owned();
                let (task, name) = (id.clone(), "state".to_owned());
                Err(SourceError::Unreadable { task, name, why })
            };
            let read = thread.join();
            read.unwrap_or_else(|_| part.iter().map(failed).collect())
        });
        read.collect()
    })
}
