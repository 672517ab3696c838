//! What happens while a plan is created, and what came of it.

use std::fmt;
use std::time::Duration;

use super::plan::Creation;
use crate::base::diagnostic::{Diagnostic, Diagnostics};
use crate::base::name::{Label, TaskId};
use crate::base::text::plural;
use crate::ports::taskcluster::ApiError;

/// An event during the creation of tasks.
#[derive(Debug, Clone, PartialEq)]
pub enum SubmitEvent<'a> {
    /// A task exists.
    Created {
        /// The task.
        creation: &'a Creation,
        /// Whether it existed before.
        kept: bool,
    },
    /// The creation of a task failed, and is retried.
    Retried {
        /// The task.
        creation: &'a Creation,
        /// The number of attempts so far.
        attempts: u32,
        /// The pause before the next attempt.
        pause: Duration,
        /// The error.
        error: &'a ApiError,
    },
    /// A task could not be created.
    Failed {
        /// The task.
        creation: &'a Creation,
        /// The error message.
        message: String,
    },
    /// A task was not sent.
    Skipped {
        /// The task.
        creation: &'a Creation,
        /// The reason.
        reason: &'a SkipReason,
    },
}

/// Receives the events of a submission.
pub type Events<'a> = dyn for<'e> Fn(SubmitEvent<'e>) + Send + Sync + 'a;

/// Why a task was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkipReason {
    /// It depends on a task that could not be created, directly or not.
    Dependency(Label),
    /// The task group accepts no more tasks.
    Closed,
    /// The process was asked to stop.
    Stopped,
    /// No task could be created for too long.
    OutOfTime,
}

impl SkipReason {
    /// Completes a sentence that ends in `was not`.
    pub(super) fn was_not(&self) -> &'static str {
        match self {
            Self::Dependency(_) => "sent because it depends on other tasks",
            Self::Closed => "sent because the task group accepts no more tasks",
            Self::Stopped => "sent before the shutdown signal",
            Self::OutOfTime => "sent because no task could be created within the time limit",
        }
    }
}

/// A task that was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its id.
    pub task_id: TaskId,
    /// Its label.
    pub label: Label,
    /// The reason.
    pub reason: SkipReason,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            SkipReason::Dependency(label) => {
                write!(f, "`{}` depends on `{label}`", self.label)
            }
            reason => write!(f, "`{}` was not {}", self.label, reason.was_not()),
        }
    }
}

/// A task that exists on the queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Created {
    /// Its id.
    pub task_id: TaskId,
    /// Its label.
    pub label: Label,
    /// Whether it existed before.
    pub kept: bool,
}

/// What came of a plan.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SubmitReport {
    /// The tasks that exist, in the order of the plan.
    pub created: Vec<Created>,
    /// The tasks that were not sent, in the order of the plan.
    pub skipped: Vec<Skipped>,
    /// The number of tasks in the plan.
    pub wanted: usize,
    /// The taskIds that belong to other tasks. The plan may succeed with different ids.
    pub taken: Vec<TaskId>,
    /// Whether the task group accepts no more tasks.
    pub closed: bool,
    /// Every failure, in the order of the plan, and one message about the skipped tasks.
    pub problems: Diagnostics,
}

impl SubmitReport {
    /// Returns how much of the plan exists.
    #[must_use]
    pub fn progress(&self) -> SubmitProgress {
        SubmitProgress {
            created: self.created.len(),
            wanted: self.wanted,
            closed: self.closed,
        }
    }

    /// Returns the created tasks if all of them exist.
    ///
    /// # Errors
    /// Every failure.
    pub fn outcome(self) -> Result<Vec<Created>, SubmitError> {
        let progress = self.progress();
        let taken = !self.taken.is_empty();
        let outcome = self.problems.or_ok(self.created);
        outcome.map_err(|problems| SubmitError {
            problems,
            progress: Some(progress),
            ids_taken: taken,
        })
    }
}

/// How many of the tasks of a submission exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubmitProgress {
    /// The number of tasks that are known to exist.
    pub created: usize,
    /// The number of tasks that should exist.
    pub wanted: usize,
    /// Whether the task group accepts no more tasks, so that a rerun would fail.
    pub closed: bool,
}

impl fmt::Display for SubmitProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wanted = self.wanted;
        match self.created {
            0 => write!(f, "none of {} is known to exist", plural(wanted, "task"))?,
            1 => write!(
                f,
                "1 of {} exists and will not start",
                plural(wanted, "task")
            )?,
            n => write!(f, "{n} of {wanted} tasks exist and will not start")?,
        }
        f.write_str(match (self.closed, self.created) {
            (false, _) => "\nA rerun of this task keeps existing tasks and creates the rest",
            (true, 0) => {
                "\nThe task group accepts no more tasks, so a rerun would fail: make a new push"
            }
            (true, _) => {
                "\nThe task group accepts no more tasks, so a rerun would fail: make a new push, and \
                 cancel the existing tasks with the action `cancel-all`, or they stay unscheduled \
                 until their deadline"
            }
        })
    }
}

/// Why a graph was not created completely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmitError {
    problems: Diagnostics,
    progress: Option<SubmitProgress>,
    ids_taken: bool,
}

impl SubmitError {
    /// Builds an error after tasks were created.
    #[must_use]
    pub(super) fn with_progress(problems: Diagnostics, progress: SubmitProgress) -> Self {
        Self {
            problems,
            progress: Some(progress),
            ids_taken: false,
        }
    }

    /// Returns every problem.
    #[must_use]
    pub fn problems(&self) -> &Diagnostics {
        &self.problems
    }

    /// Returns how many tasks exist; `None` before the first task was sent.
    #[must_use]
    pub fn progress(&self) -> Option<SubmitProgress> {
        self.progress
    }

    /// Returns whether other tasks have taskIds of the graph, so that different ids may help.
    #[must_use]
    pub(super) fn is_id_taken(&self) -> bool {
        self.ids_taken
    }

    /// Forbids another attempt with different taskIds.
    #[must_use]
    pub(super) fn without_retry(self) -> Self {
        Self {
            ids_taken: false,
            ..self
        }
    }

    /// Adds the tasks of the submissions before this one to the progress; all submissions together
    /// have `wanted` tasks.
    #[must_use]
    pub(super) fn after(self, created: usize, wanted: usize) -> Self {
        let own = self.progress;
        let progress = SubmitProgress {
            created: created + own.map_or(0, |own| own.created),
            wanted,
            closed: own.is_some_and(|own| own.closed),
        };
        Self {
            progress: (created > 0 || own.is_some()).then_some(progress),
            ..self
        }
    }
}

impl From<Diagnostics> for SubmitError {
    fn from(problems: Diagnostics) -> Self {
        Self {
            problems,
            progress: None,
            ids_taken: false,
        }
    }
}

impl From<Diagnostic> for SubmitError {
    fn from(problem: Diagnostic) -> Self {
        Diagnostics::from(problem).into()
    }
}

impl From<SubmitError> for Diagnostics {
    fn from(error: SubmitError) -> Self {
        match error.progress {
            Some(progress) => error.problems.with_summary(progress.to_string()),
            None => error.problems,
        }
    }
}

impl fmt::Display for SubmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problems.fmt(f)
    }
}

impl std::error::Error for SubmitError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_explains_what_a_rerun_does() {
        let progress = |created, closed| {
            let progress = SubmitProgress {
                created,
                wanted: 3,
                closed,
            };
            progress.to_string()
        };
        let rerun = "\nA rerun of this task keeps existing tasks and creates the rest";
        assert_eq!(
            progress(0, false),
            format!("none of 3 tasks is known to exist{rerun}")
        );
        assert_eq!(
            progress(1, false),
            format!("1 of 3 tasks exists and will not start{rerun}")
        );
        assert_eq!(
            progress(2, false),
            format!("2 of 3 tasks exist and will not start{rerun}")
        );
        for created in [0, 1, 2] {
            let text = progress(created, true);
            assert!(!text.contains(rerun), "{text}");
            assert!(text.contains("a rerun would fail: make a new push"));
            assert_eq!(text.contains("`cancel-all`"), created > 0, "{text}");
        }
    }
}
