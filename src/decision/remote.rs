//! Lets transforms wait for Taskcluster's answers.

use std::future::Future;
use std::slice;

use tokio::runtime::{Handle, RuntimeFlavor};

use crate::base::diagnostic::Diagnostic;
use crate::base::name::{IndexPath, TaskId};
use crate::base::value::Value;
use crate::ports::taskcluster::{ApiError, Taskcluster};
use crate::transform::context::Remote;

/// Asks Taskcluster and waits for the answer.
///
/// Transforms run on threads of their own, where waiting is allowed; the runtime that the decision
/// runs in goes on with the calls meanwhile. One that has a single thread, which waits for the
/// transforms, could not.
pub(super) struct Waiting<'a> {
    taskcluster: &'a dyn Taskcluster,
    runtime: Option<Handle>,
}

impl<'a> Waiting<'a> {
    /// Asks `taskcluster` in the runtime that is the caller's.
    pub(super) fn new(taskcluster: &'a dyn Taskcluster) -> Self {
        let runtime = Handle::try_current().ok();
        Self {
            taskcluster,
            runtime: runtime.filter(|r| r.runtime_flavor() != RuntimeFlavor::CurrentThread),
        }
    }

    /// The answer; `None` when there is no such thing.
    fn wait<T>(
        &self,
        answer: impl Future<Output = Result<T, ApiError>>,
    ) -> Result<Option<T>, Diagnostic> {
        let Some(runtime) = &self.runtime else {
            return Err(Diagnostic::bug(
                "transforms can only ask Taskcluster in a runtime of several threads",
            ));
        };
        match runtime.block_on(answer) {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(Diagnostic::environment(
                "Taskcluster could not be asked about other tasks",
            )
            .because(error)),
        }
    }
}

impl Remote for Waiting<'_> {
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
