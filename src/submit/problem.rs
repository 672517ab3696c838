//! What is told of tasks that could not be created.

use super::compare::Difference;
use super::execute::{SkipReason, Skipped};
use super::plan::{Creation, date_diagnostic};
use crate::base::diagnostic::{Class, Diagnostic, Diagnostics};
use crate::model::reference::ReferenceError;
use crate::ports::taskcluster::ApiError;

/// Why a task could not be created.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Problem {
    /// A date in its definition is none.
    Date(ReferenceError),
    /// The queue refused it or failed.
    Refused(ApiError),
    /// The task group takes no tasks, or none of this scheduler.
    Closed(ApiError),
    /// Another task has its id.
    Taken(ApiError, Box<Difference>),
}

impl Problem {
    /// What the queue answered.
    pub(super) fn message(&self) -> String {
        match self {
            Self::Date(error) => error.to_string(),
            Self::Refused(error) | Self::Closed(error) => error.answer(),
            // The server says the same in many more words.
            Self::Taken(_, difference) => difference.to_string(),
        }
    }

    pub(super) fn diagnostic(&self, creation: &Creation) -> Diagnostic {
        let id = &creation.task_id;
        let diagnostic = match self {
            Self::Date(error) => date_diagnostic(error),
            Self::Taken(..) => Diagnostic::environment(format!(
                "the taskId {id} is taken by a task that is not this one"
            ))
            .help(
                "taskIds follow from the decision task and the label: when this decision was \
                 changed since its first run, make a new push; otherwise find out who created \
                 that task",
            ),
            Self::Closed(_) => Diagnostic::environment("the task could not be created")
                .help("the task group is sealed or belongs to another scheduler; make a new push"),
            Self::Refused(error) => refused(error, "the task could not be created"),
        };
        creation.about(diagnostic.because(self.message()))
    }
}

pub(super) fn refused(error: &ApiError, message: &str) -> Diagnostic {
    match error.status {
        _ if error.is_about_clock() => Diagnostic::environment(message).help(
            "the clock of this machine is not that of the queue, which takes tasks only with a \
             `created` within 15 minutes of its own: set the clock of the worker, and rerun this task",
        ),
        Some(401) => Diagnostic::environment(message).help(
            "check that the clock of this machine is right, and that TASKCLUSTER_CLIENT_ID and \
             TASKCLUSTER_ACCESS_TOKEN belong together and have not expired",
        ),
        Some(403) => Diagnostic::user(message).help(
            "grant the missing scopes to the role of the repository or hook that this decision \
             task runs for, or take them out of the task",
        ),
        Some(409) => Diagnostic::environment(message)
            .help("the queue has another task or task group by that name; make a new push"),
        Some(400..500) => {
            Diagnostic::user(message).help("correct what the queue objects to in the kind")
        }
        _ => Diagnostic::environment(message)
            .help("rerun the decision task when Taskcluster is well; what stands already is kept"),
    }
}

/// One message for everything that was not even sent.
pub(super) fn of_skipped(skipped: &[Skipped], failures: &Diagnostics) -> Option<Diagnostic> {
    const SHOWN: usize = 20;
    if skipped.is_empty() {
        return None;
    }
    let (waiting, unsent): (Vec<&Skipped>, Vec<&Skipped>) = skipped
        .iter()
        .partition(|one| matches!(one.reason, SkipReason::Dependency(_)));
    let mut lines: Vec<String> = waiting
        .iter()
        .take(SHOWN)
        .map(|skipped| skipped.to_string())
        .collect();
    if waiting.len() > SHOWN {
        lines.push(format!("… ({} more)", waiting.len() - SHOWN));
    }
    // There is one end for all.
    match unsent.as_slice() {
        [] => {}
        [one] => lines.push(one.to_string()),
        [one, ..] => {
            let why = one.reason.why_unsent();
            lines.push(format!("{} tasks were not {why}", unsent.len()));
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
