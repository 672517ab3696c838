//! The task run that this process executes.
//!
//! A worker that the queue considers lost may continue for a while, although the next run of the
//! same task has started. The queue knows the latest run, so a run asks the queue before it cancels
//! tasks that others created.

use crate::base::diagnostic::Diagnostic;
use crate::base::name::TaskId;
use crate::ports::environment::Environment;
use crate::ports::taskcluster::Taskcluster;

/// The task run that this process executes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRun {
    task_id: TaskId,
    run: usize,
}

impl OwnRun {
    /// Reads `TASK_ID` and `RUN_ID`; returns `None` outside of tasks.
    #[must_use]
    pub fn from_environment(environment: &Environment) -> Option<Self> {
        Some(Self {
            task_id: TaskId::parse(environment.filled("TASK_ID")?).ok()?,
            run: environment.filled("RUN_ID")?.parse().ok()?,
        })
    }

    /// Checks that the queue has not started a later run of this task. If the queue does not answer,
    /// this run is assumed to be the latest.
    ///
    /// # Errors
    /// The queue has started a later run.
    pub async fn check_latest(&self, taskcluster: &dyn Taskcluster) -> Result<(), Diagnostic> {
        let answer = taskcluster.statuses(std::slice::from_ref(&self.task_id));
        let latest = match answer.await {
            Ok(statuses) => statuses.get(&self.task_id).map(|status| status.runs),
            Err(error) => {
                tracing::debug!("cannot check for a later run: {error}");
                None
            }
        };
        match latest.and_then(|runs| runs.checked_sub(1)) {
            Some(latest) if latest > self.run => Err(Diagnostic::environment(format!(
                "run {} of this task has been replaced by run {latest}",
                self.run
            ))
            .because(
                "the queue considers this run lost, e.g. because its worker stopped responding",
            )
            .help("no action is needed: the later run creates the graph")),
            _ => Ok(()),
        }
    }
}
