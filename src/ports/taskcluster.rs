//! The calls to Taskcluster's services that decisions and actions make.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use crate::base::name::{IndexPath, TaskId};
use crate::base::scope::ScopeSet;
use crate::base::task_state::TaskState;
use crate::base::time::Timestamp;
use crate::base::value::Value;
use crate::base::worker_pool::WorkerPool;

mod api_error;

pub use api_error::ApiError;

/// A response that is still pending.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, ApiError>> + Send + 'a>>;

/// The status of a task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskStatus {
    /// Its state.
    pub state: TaskState,
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
    pub state: TaskState,
    /// Whether any of its runs has started.
    pub has_started: bool,
    /// Its definition.
    pub definition: Value,
}

/// The status of a task group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupStatus {
    /// The scheduler that all its tasks name.
    pub scheduler_id: String,
    /// When it was sealed, after which it accepts no more tasks.
    pub sealed: Option<String>,
}

/// The status of the error about an artifact that is larger than what is read.
pub const TOO_LARGE: u16 = 413;

/// The error about an artifact that is larger than what is read.
#[must_use]
pub fn too_large(call: &str, limit: u64) -> ApiError {
    ApiError {
        call: call.to_owned(),
        status: Some(TOO_LARGE),
        message: format!("the content has more than {limit} bytes"),
    }
}

/// Calls to Taskcluster. Implementations retry calls after transient failures.
pub trait Taskcluster: Send + Sync {
    /// Creates a task. Repeating an identical call is harmless.
    fn create_task<'a>(&'a self, task_id: &'a TaskId, definition: &'a Value) -> Answer<'a, ()>;
    /// The definition of a task.
    fn task<'a>(&'a self, task_id: &'a TaskId) -> Answer<'a, Value>;
    /// The statuses of those tasks that exist.
    fn statuses<'a>(&'a self, task_ids: &'a [TaskId]) -> Answer<'a, BTreeMap<TaskId, TaskStatus>>;
    /// The scheduler of a group, and whether the group accepts tasks.
    fn group<'a>(&'a self, group: &'a TaskId) -> Answer<'a, GroupStatus>;
    /// Every task of a group.
    fn task_group<'a>(&'a self, group: &'a TaskId) -> Answer<'a, Vec<GroupMember>>;
    /// Cancels a task.
    fn cancel_task<'a>(&'a self, task_id: &'a TaskId) -> Answer<'a, ()>;
    /// Reruns a task.
    fn rerun_task<'a>(&'a self, task_id: &'a TaskId) -> Answer<'a, ()>;
    /// The content of the latest artifact of this name.
    fn artifact<'a>(&'a self, task_id: &'a TaskId, name: &'a str) -> Answer<'a, Vec<u8>>;
    /// The content of the latest artifact of this name, unless it has more than `limit` bytes: then the error
    /// has the status [`TOO_LARGE`].
    fn artifact_within<'a>(
        &'a self,
        task_id: &'a TaskId,
        name: &'a str,
        limit: u64,
    ) -> Answer<'a, Vec<u8>> {
        Box::pin(async move {
            let content = self.artifact(task_id, name).await?;
            match u64::try_from(content.len()) {
                Ok(length) if length <= limit => Ok(content),
                _ => Err(too_large(&format!("artifact({task_id}, {name})"), limit)),
            }
        })
    }
    /// The task at each of those index paths that hold one.
    fn find_tasks<'a>(&'a self, paths: &'a [IndexPath]) -> Answer<'a, BTreeMap<IndexPath, TaskId>>;
    /// The tasks directly in a namespace of the index, those that expire first coming first.
    fn list_index<'a>(&'a self, namespace: &'a IndexPath) -> Answer<'a, Vec<TaskId>>;
    /// Makes the workers of a pool forget a cache.
    fn purge_cache<'a>(&'a self, pool: &'a WorkerPool, cache: &'a str) -> Answer<'a, ()>;
    /// The scopes that the caller holds, with all that roles grant.
    fn current_scopes(&self) -> Answer<'_, ScopeSet>;
    /// The time by the clock of the service, if a response has reported it.
    fn server_time(&self) -> Option<Timestamp> {
        None
    }
}
