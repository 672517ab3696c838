//! Lets transforms call Taskcluster synchronously.

use std::future::Future;
use std::slice;

use tokio::runtime::{Handle, RuntimeFlavor};

use crate::base::diagnostic::Diagnostic;
use crate::base::name::{IndexPath, TaskId};
use crate::base::value::Value;
use crate::ports::taskcluster::{ApiError, Taskcluster};
use crate::transform::context::Remote;

/// Calls Taskcluster and blocks until the answer arrives.
///
/// Transforms run on their own threads, which may block, while the runtime of the decision processes
/// the calls. A runtime with a single thread could not, because that thread waits for the transforms.
pub(super) struct BlockingTaskcluster<'a> {
    taskcluster: &'a dyn Taskcluster,
    runtime: Option<Handle>,
}

impl<'a> BlockingTaskcluster<'a> {
    /// Creates a wrapper that uses the runtime of the caller.
    pub(super) fn new(taskcluster: &'a dyn Taskcluster) -> Self {
        let runtime = Handle::try_current().ok();
        Self {
            taskcluster,
            runtime: runtime.filter(|r| r.runtime_flavor() != RuntimeFlavor::CurrentThread),
        }
    }

    /// Returns the answer, or `None` if the object does not exist.
    fn wait<T>(
        &self,
        answer: impl Future<Output = Result<T, ApiError>>,
    ) -> Result<Option<T>, Diagnostic> {
        let Some(runtime) = &self.runtime else {
            return Err(Diagnostic::bug(
                "transforms can only call Taskcluster in a multi-threaded runtime",
            ));
        };
        match runtime.block_on(answer) {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(
                Diagnostic::environment("cannot read other tasks from Taskcluster").because(error),
            ),
        }
    }
}

impl Remote for BlockingTaskcluster<'_> {
    fn find_task(&self, path: &IndexPath) -> Result<Option<TaskId>, Diagnostic> {
        let found = self.wait(self.taskcluster.find_tasks(slice::from_ref(path)))?;
        Ok(found.and_then(|found| found.get(path).cloned()))
    }

    fn definition(&self, task_id: &TaskId) -> Result<Option<Value>, Diagnostic> {
        self.wait(self.taskcluster.task(task_id))
    }

    fn artifact(&self, task_id: &TaskId, name: &str) -> Result<Option<Vec<u8>>, Diagnostic> {
        self.wait(self.taskcluster.artifact(task_id, name))
    }
}
