//! Cancels tasks of an earlier run that this run does not want.
//!
//! Dependents are cancelled before their dependencies: a task with `requires: all-resolved` would
//! otherwise start when its dependencies are cancelled.

use std::collections::BTreeSet;

use futures_util::stream::{FuturesOrdered, StreamExt};

use super::group::ObsoleteTask;
use crate::base::diagnostic::{Diagnostic, Diagnostics};
use crate::base::name::TaskId;
use crate::base::text::{lines_of, plural};
use crate::ports::taskcluster::{ApiError, Taskcluster};

/// The most cancellations in flight.
const IN_FLIGHT: usize = 10;

/// What became of obsolete tasks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelReport {
    /// Tasks that were cancelled.
    pub cancelled: Vec<ObsoleteTask>,
    /// Tasks that have started, and are left alone.
    pub started: Vec<ObsoleteTask>,
    /// Tasks of other owners that have an id of this run and could not be cancelled.
    pub alive: Vec<ObsoleteTask>,
    /// Tasks that would start and could not be cancelled, and everything else by which the task group
    /// differs from the wanted graph.
    pub problems: Diagnostics,
}

impl CancelReport {
    /// Adds the report about other tasks.
    pub(super) fn extend(&mut self, others: Self) {
        self.cancelled.extend(others.cancelled);
        self.started.extend(others.started);
        self.alive.extend(others.alive);
        self.problems.extend(others.problems);
    }
}

/// Cancels obsolete tasks that have not started.
pub async fn cancel(taskcluster: &dyn Taskcluster, obsolete: &[&ObsoleteTask]) -> CancelReport {
    let mut report = CancelReport::default();
    let (started, mut open): (Vec<&ObsoleteTask>, Vec<&ObsoleteTask>) =
        obsolete.iter().copied().partition(|one| one.has_started);
    report.started = started.into_iter().cloned().collect();
    let mut failed = Vec::new();
    while !open.is_empty() {
        let needed: BTreeSet<&TaskId> = open.iter().flat_map(|one| &one.dependencies).collect();
        let (later, mut now): (Vec<&ObsoleteTask>, Vec<&ObsoleteTask>) =
            open.iter().partition(|one| needed.contains(&one.task_id));
        // On the queue, a task can only depend on itself or on older tasks.
        open = if now.is_empty() {
            now = later;
            Vec::new()
        } else {
            later
        };
        let mut waiting = now.into_iter();
        let mut answers = FuturesOrdered::new();
        loop {
            while answers.len() < IN_FLIGHT
                && let Some(one) = waiting.next()
            {
                answers.push_back(cancel_one(taskcluster, one));
            }
            let Some((one, answer)) = answers.next().await else {
                break;
            };
            match answer {
                Ok(()) => report.cancelled.push(one.clone()),
                // It does not exist, or can no longer start.
                Err(error) if error.is_not_found() || error.is_conflict() => {}
                Err(error) if one.foreign => {
                    tracing::debug!("cannot cancel {}: {error}", one.task_id);
                    report.alive.push(one.clone());
                }
                Err(error) => failed.push((one, error)),
            }
        }
    }
    report.problems = not_cancelled(&failed, "");
    report
}

/// Reports obsolete tasks that the current scopes do not allow to cancel. If the scopes are unknown,
/// the queue decides later.
pub async fn check_cancel_scopes(
    taskcluster: &dyn Taskcluster,
    scheduler_id: &str,
    group: &TaskId,
    obsolete: &[ObsoleteTask],
) -> Diagnostics {
    let open: Vec<&ObsoleteTask> = obsolete
        .iter()
        .filter(|one| !one.has_started && !one.foreign)
        .collect();
    if open.is_empty() {
        return Diagnostics::new();
    }
    let Ok(held) = taskcluster.current_scopes().await else {
        return Diagnostics::new();
    };
    let anywhere = held.satisfies("queue:cancel-task")
        && held.satisfies(&format!("assume:scheduler-id:{scheduler_id}/{group}"));
    let mut missing = Vec::new();
    for one in open {
        let own = format!("queue:cancel-task:{scheduler_id}/{group}/{}", one.task_id);
        let in_project = format!("queue:cancel-task-in-project:{}", one.project_id);
        if !anywhere && !held.satisfies(&own) && !held.satisfies(&in_project) {
            let error = ApiError {
                call: format!("queue.cancelTask({})", one.task_id),
                status: Some(403),
                message: format!("the scope `{own}` is missing"),
            };
            missing.push((one, error));
        }
    }
    not_cancelled(&missing, ", so nothing was created")
}

/// Builds one diagnostic about all tasks that were not cancelled; usually they have the same cause.
fn not_cancelled(open: &[(&ObsoleteTask, ApiError)], consequence: &str) -> Diagnostics {
    const SHOWN: usize = 20;
    let mut wrong = Diagnostics::new();
    let Some((_, error)) = open.first() else {
        return wrong;
    };
    let names: Vec<String> = open
        .iter()
        .map(|(one, _)| format!("{} ({})", one.label, one.task_id))
        .collect();
    let tasks = plural(open.len(), "obsolete task");
    let them = if open.len() == 1 { "it" } else { "them" };
    let help = match error.is_forbidden() {
        true => format!(
            "cancel {them}, or grant this task the missing scopes (for all tasks: \
             `queue:cancel-task:<schedulerId>/<taskGroupId>/*`), and rerun this task; it fails so \
             that no task of the graph starts"
        ),
        false => "rerun this task when Taskcluster is available again".to_owned(),
    };
    wrong.push(
        Diagnostic::environment(format!(
            "cannot cancel {tasks} of an earlier run{consequence}"
        ))
        .because(format!("{}\n{}", lines_of(&names, SHOWN), error.message))
        .help(help),
    );
    wrong
}

async fn cancel_one<'l>(
    taskcluster: &dyn Taskcluster,
    one: &'l ObsoleteTask,
) -> (&'l ObsoleteTask, Result<(), ApiError>) {
    (one, taskcluster.cancel_task(&one.task_id).await)
}
