//! Cancels what an earlier run created and this one does not want.
//!
//! Dependents go before what they depend on: a task that takes any resolution of its dependencies
//! would otherwise begin when these are cancelled.

use std::collections::BTreeSet;

use futures_util::stream::{FuturesOrdered, StreamExt};

use super::preflight::scopes::Held;
use super::standing::Leftover;
use crate::base::diagnostic::{Diagnostic, Diagnostics};
use crate::base::name::TaskId;
use crate::ports::taskcluster::{ApiError, Taskcluster};

/// How many tasks are cancelled at once.
const AT_ONCE: usize = 10;

/// What became of leftovers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cleared {
    /// Tasks that were cancelled.
    pub cancelled: Vec<Leftover>,
    /// Tasks that have begun, and so are left as they are.
    pub begun: Vec<Leftover>,
    /// Tasks of others that have an id of this run, and could not be cancelled.
    pub alive: Vec<Leftover>,
    /// Tasks that would begin and could not be cancelled, and whatever else keeps the graph from being
    /// the one that is wanted.
    pub wrong: Diagnostics,
}

impl Cleared {
    /// Adds what became of others.
    pub(super) fn extend(&mut self, others: Self) {
        self.cancelled.extend(others.cancelled);
        self.begun.extend(others.begun);
        self.alive.extend(others.alive);
        self.wrong.extend(others.wrong);
    }
}

/// Cancels tasks that have not begun.
pub async fn clear(taskcluster: &dyn Taskcluster, leftovers: &[&Leftover]) -> Cleared {
    let mut cleared = Cleared::default();
    let (begun, mut open): (Vec<&Leftover>, Vec<&Leftover>) =
        leftovers.iter().copied().partition(|one| one.begun);
    cleared.begun = begun.into_iter().cloned().collect();
    let mut open_still = Vec::new();
    while !open.is_empty() {
        let needed: BTreeSet<&TaskId> = open.iter().flat_map(|one| &one.dependencies).collect();
        let (later, mut now): (Vec<&Leftover>, Vec<&Leftover>) =
            open.iter().partition(|one| needed.contains(&one.task_id));
        // Tasks that the queue holds cannot wait for each other but for themselves.
        open = if now.is_empty() {
            now = later;
            Vec::new()
        } else {
            later
        };
        let mut waiting = now.into_iter();
        let mut answers = FuturesOrdered::new();
        loop {
            while answers.len() < AT_ONCE
                && let Some(one) = waiting.next()
            {
                answers.push_back(cancel(taskcluster, one));
            }
            let Some((one, answer)) = answers.next().await else {
                break;
            };
            match answer {
                Ok(()) => cleared.cancelled.push(one.clone()),
                // It is gone, or can no longer begin.
                Err(error) if matches!(error.status, Some(404 | 409)) => {}
                Err(error) if one.foreign => {
                    tracing::debug!("{} cannot be cancelled: {error}", one.task_id);
                    cleared.alive.push(one.clone());
                }
                Err(error) => open_still.push((one, error)),
            }
        }
    }
    cleared.wrong = uncancelled(&open_still, "could not be cancelled");
    cleared
}

/// Says which tasks could not be cancelled with the scopes that are held. When these are not known the
/// queue will judge.
pub async fn foresee(
    taskcluster: &dyn Taskcluster,
    (scheduler, group): (&str, &TaskId),
    leftovers: &[Leftover],
) -> Diagnostics {
    let open: Vec<&Leftover> = leftovers
        .iter()
        .filter(|one| !one.begun && !one.foreign)
        .collect();
    if open.is_empty() {
        return Diagnostics::new();
    }
    let Ok(held) = taskcluster.current_scopes().await else {
        return Diagnostics::new();
    };
    let held = Held::new(&held);
    let anywhere = held.has("queue:cancel-task")
        && held.has(&format!("assume:scheduler-id:{scheduler}/{group}"));
    let mut missing = Vec::new();
    for one in open {
        let own = format!("queue:cancel-task:{scheduler}/{group}/{}", one.task_id);
        let of_project = format!("queue:cancel-task-in-project:{}", one.project_id);
        if !anywhere && !held.has(&own) && !held.has(&of_project) {
            let error = ApiError {
                call: format!("queue.cancelTask({})", one.task_id),
                status: Some(403),
                message: format!("the scope `{own}` is not held"),
            };
            missing.push((one, error));
        }
    }
    uncancelled(&missing, "cannot be cancelled, so nothing was created")
}

/// One message for all that could not be cancelled: they have one reason, as a rule.
fn uncancelled(open: &[(&Leftover, ApiError)], what: &str) -> Diagnostics {
    const SHOWN: usize = 20;
    let mut wrong = Diagnostics::new();
    let Some((_, error)) = open.first() else {
        return wrong;
    };
    let shown = open.iter().take(SHOWN);
    let mut lines: Vec<String> = shown
        .map(|(one, _)| format!("{} ({})", one.label, one.task_id))
        .collect();
    if open.len() > SHOWN {
        lines.push(format!("… ({} more)", open.len() - SHOWN));
    }
    let (tasks, them) = match open.len() {
        1 => ("1 task".to_owned(), "it"),
        n => (format!("{n} tasks"), "them"),
    };
    let help = match error.status {
        Some(403) => format!(
            "this task fails, so that none of all these begins: cancel {them}, or grant this task \
             the missing scopes (for all: `queue:cancel-task:<schedulerId>/<taskGroupId>/*`), and \
             rerun it"
        ),
        _ => "rerun this task when Taskcluster answers".to_owned(),
    };
    wrong.push(
        Diagnostic::environment(format!(
            "{tasks} that an earlier run created and this one does not want {what}"
        ))
        .because(format!("{}\n{}", lines.join("\n"), error.message))
        .help(help),
    );
    wrong
}

async fn cancel<'l>(
    taskcluster: &dyn Taskcluster,
    one: &'l Leftover,
) -> (&'l Leftover, Result<(), ApiError>) {
    (one, taskcluster.cancel_task(&one.task_id).await)
}
