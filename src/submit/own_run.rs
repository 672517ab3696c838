//! The run of a task that this process is.
//!
//! A worker that its queue has given up may go on for a while, and its run with it, when the next run
//! of the same task has long begun. The queue knows of that one, so whoever is about to undo what
//! others have created asks the queue first.

use crate::base::diagnostic::Diagnostic;
use crate::base::name::TaskId;
use crate::ports::environment::Environment;
use crate::ports::taskcluster::Taskcluster;

/// The run of a task that this process is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRun {
    task_id: TaskId,
    run: usize,
}

impl OwnRun {
    /// What `TASK_ID` and `RUN_ID` say; `None` outside of tasks.
    #[must_use]
    pub fn of(environment: &Environment) -> Option<Self> {
        Some(Self {
            task_id: TaskId::parse(environment.filled("TASK_ID")?).ok()?,
            run: environment.filled("RUN_ID")?.parse().ok()?,
        })
    }

    /// Fails when the queue has begun a later run of this task. When it does not say, there is none.
    ///
    /// # Errors
    /// Which run has taken the place of this one.
    pub async fn check(&self, taskcluster: &dyn Taskcluster) -> Result<(), Diagnostic> {
        let answer = taskcluster.statuses(std::slice::from_ref(&self.task_id));
        let latest = match answer.await {
            Ok(statuses) => statuses.get(&self.task_id).map(|status| status.runs),
            Err(error) => {
                tracing::debug!("it is not known whether there is a later run: {error}");
                None
            }
        };
        match latest.and_then(|runs| runs.checked_sub(1)) {
            Some(latest) if latest > self.run => Err(Diagnostic::environment(format!(
                "run {latest} of this task has taken the place of this one, which is run {}",
                self.run
            ))
            .because("the queue has given this run up, e.g. since its worker was not heard of")
            .help("nothing is to be done: the later run creates the graph")),
            _ => Ok(()),
        }
    }
}
