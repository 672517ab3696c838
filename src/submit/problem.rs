//! Messages about tasks that could not be created.

use super::compare::Difference;
use super::plan::{Creation, date_diagnostic};
use super::report::{SkipReason, Skipped};
use crate::base::diagnostic::{Class, Diagnostic, Diagnostics};
use crate::base::text::lines_of;
use crate::model::reference::ReferenceError;
use crate::ports::taskcluster::ApiError;

/// Why a task could not be created.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Problem {
    /// A date in its definition cannot be resolved.
    Date(ReferenceError),
    /// The queue refused the call or failed.
    Refused(ApiError),
    /// The task group accepts no tasks, or none of this scheduler.
    Closed(ApiError),
    /// Another task has its id.
    Taken(ApiError, Box<Difference>),
}

impl Problem {
    /// Returns the error message.
    pub(super) fn message(&self) -> String {
        match self {
            Self::Date(error) => error.to_string(),
            Self::Refused(error) | Self::Closed(error) => error.answer(),
            // The server's message is much longer and says the same.
            Self::Taken(_, difference) => difference.to_string(),
        }
    }

    /// Builds the diagnostic about the task.
    pub(super) fn diagnostic(&self, creation: &Creation) -> Diagnostic {
        let id = &creation.task_id;
        let diagnostic = match self {
            Self::Date(error) => date_diagnostic(error),
            Self::Taken(..) => Diagnostic::environment(format!(
                "the taskId {id} belongs to a different task"
            ))
            .help(
                "if the decision has changed since its first run, make a new push; otherwise find \
                 out who created that task: taskIds are derived from the decision task and the \
                 label",
            ),
            Self::Closed(_) => Diagnostic::environment("the task could not be created")
                .help("the task group is sealed or belongs to another scheduler; make a new push"),
            Self::Refused(error) => rejected_task(error, "the task could not be created"),
        };
        creation.about(diagnostic.because(self.message()))
    }
}

/// Builds the diagnostic about a call that the queue refused.
fn rejected_task(error: &ApiError, message: &str) -> Diagnostic {
    let diagnostic = error.diagnostic(message);
    match error.status {
        _ if error.is_clock_skew() => diagnostic.help(
            "the queue only accepts a `created` within 15 minutes of its own clock: set the clock of \
             this worker, and rerun this task",
        ),
        Some(401) => diagnostic,
        Some(403) => diagnostic.help(
            "grant the missing scopes to the role of the repository or hook that this decision \
             task runs for, or remove them from the task",
        ),
        Some(409) => diagnostic
            .help("the queue has a different task or task group with this id; make a new push"),
        _ if error.class() == Class::User => diagnostic.help("fix the rejected field in the kind"),
        _ => diagnostic
            .help("rerun this task when Taskcluster is available again; existing tasks are kept"),
    }
}

/// Builds one diagnostic about all tasks that were not sent.
pub(super) fn not_sent(skipped: &[Skipped], failures: &Diagnostics) -> Option<Diagnostic> {
    const SHOWN: usize = 20;
    if skipped.is_empty() {
        return None;
    }
    let (waiting, unsent): (Vec<&Skipped>, Vec<&Skipped>) = skipped
        .iter()
        .partition(|one| matches!(one.reason, SkipReason::Dependency(_)));
    let mut lines = Vec::new();
    if !waiting.is_empty() {
        lines.push(lines_of(&waiting, SHOWN));
    }
    // All of them have the same reason.
    match unsent.as_slice() {
        [] => {}
        [one] => lines.push(one.to_string()),
        [one, ..] => {
            let reason = one.reason.was_not();
            lines.push(format!("{} tasks were not {reason}", unsent.len()));
        }
    }
    let cause = lines.join("\n");
    let tasks = match skipped.len() {
        1 => "1 more task was".to_owned(),
        n => format!("{n} more tasks were"),
    };
    let mut diagnostic = Diagnostic::environment(format!("{tasks} not created")).because(cause);
    if !failures.is_empty() && failures.class() == Class::User {
        diagnostic.class = Class::User;
    }
    Some(diagnostic)
}
