//! Taskcluster's services, as far as decisions and actions use them.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use crate::base::name::{IndexPath, TaskId};
use crate::base::time::Timestamp;
use crate::base::value::Value;

/// An answer that is still under way.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, ApiError>> + Send + 'a>>;

/// Says why a call to Taskcluster failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{call}: {}{message}", status.map(|s| format!("HTTP {s}: ")).unwrap_or_default())]
pub struct ApiError {
    /// The call, e.g. `queue.createTask(fN1SbArXTPSVFUUvaOlinQ)`.
    pub call: String,
    /// The HTTP status; `None` when there was no answer.
    pub status: Option<u16>,
    /// What the server said, without the request that it echoes.
    pub message: String,
}

impl ApiError {
    /// Whether the thing that was asked for does not exist.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.status == Some(404)
    }

    /// What the server answered, without the call.
    #[must_use]
    pub fn answer(&self) -> String {
        match self.status {
            Some(status) => format!("HTTP {status}: {}", self.message),
            None => self.message.clone(),
        }
    }

    /// Whether the same call may succeed later: the server failed or did not answer.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        self.status.is_none_or(|status| status >= 500)
    }

    /// Whether the server finds that the clock of this machine is wrong: in what was signed, or in
    /// the `created` of a task.
    #[must_use]
    pub fn is_about_clock(&self) -> bool {
        match self.status {
            Some(400) => self.message.contains("created") && self.message.contains("drift"),
            Some(401) => self.message.contains("Stale timestamp"),
            _ => false,
        }
    }
}

/// What the queue says of a task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskStatus {
    /// `unscheduled`, `pending`, `running`, `completed`, `failed` or `exception`.
    pub state: String,
    /// The task group that the task is in, where the queue says.
    pub group: Option<TaskId>,
    /// How many runs of the task there are.
    pub runs: usize,
    /// When the task and its artifacts are removed.
    pub expires: Option<Timestamp>,
}

/// A task of a task group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupMember {
    /// Its id.
    pub task_id: TaskId,
    /// Its state.
    pub state: String,
    /// Whether any of its runs has begun.
    pub begun: bool,
    /// Its definition.
    pub definition: Value,
}

/// What the queue says of a task group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupStatus {
    /// The scheduler that all its tasks name.
    pub scheduler_id: String,
    /// When it was sealed, if it was; then it takes no more tasks.
    pub sealed: Option<String>,
}

/// Calls to Taskcluster. Whoever implements it repeats calls whose failure passes.
pub trait Taskcluster: Send + Sync {
    /// Creates a task. Repeating an identical call is harmless.
    fn create_task<'a>(&'a self, task_id: &'a TaskId, definition: &'a Value) -> Answer<'a, ()>;
    /// The definition of a task.
    fn task<'a>(&'a self, task_id: &'a TaskId) -> Answer<'a, Value>;
    /// The statuses of those tasks that exist.
    fn statuses<'a>(&'a self, task_ids: &'a [TaskId]) -> Answer<'a, BTreeMap<TaskId, TaskStatus>>;
    /// Whose a group is, and whether it takes tasks.
    fn group<'a>(&'a self, group: &'a TaskId) -> Answer<'a, GroupStatus>;
    /// Every task of a group.
    fn task_group<'a>(&'a self, group: &'a TaskId) -> Answer<'a, Vec<GroupMember>>;
    /// Cancels a task.
    fn cancel_task<'a>(&'a self, task_id: &'a TaskId) -> Answer<'a, ()>;
    /// Runs a task once more.
    fn rerun_task<'a>(&'a self, task_id: &'a TaskId) -> Answer<'a, ()>;
    /// The content of the latest artifact of this name.
    fn artifact<'a>(&'a self, task_id: &'a TaskId, name: &'a str) -> Answer<'a, Vec<u8>>;
    /// The task at each of those index paths that hold one.
    fn find_tasks<'a>(&'a self, paths: &'a [IndexPath]) -> Answer<'a, BTreeMap<IndexPath, TaskId>>;
    /// The tasks directly in a namespace of the index, those that expire first coming first.
    fn list_index<'a>(&'a self, namespace: &'a IndexPath) -> Answer<'a, Vec<TaskId>>;
    /// Makes the workers of a pool (`<provisioner>/<worker type>`) forget a cache.
    fn purge_cache<'a>(&'a self, pool: &'a str, cache: &'a str) -> Answer<'a, ()>;
    /// The scopes that the caller holds.
    fn current_scopes(&self) -> Answer<'_, Vec<String>>;
    /// What time it is by the clock of the service, as far as its answers have said.
    fn server_time(&self) -> Option<Timestamp> {
        None
    }
}
