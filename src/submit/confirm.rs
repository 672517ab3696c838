//! Confirms after the creation that the task group contains exactly what this run wants.
//!
//! While a run creates its tasks, others may create tasks in the same group: calls of a killed run
//! arrive late, or two runs of one decision are alive at once. Tasks that both want have the same id
//! and definition, so it does not matter who creates them. Differences are resolved here.
//!
//! 1. List the group, after every creation of this run has been answered.
//! 2. Fail if a wanted task is missing or cancelled: another run undoes the work of this one.
//! 3. Fail, and undo nothing, if the queue has started a later run of this task.
//! 4. Cancel the tasks of this decision that this run does not want, dependents first. Then start
//!    again with 1, until a list shows nothing to cancel.
//!
//! Invariant: if two runs want a task of one label with different ids and both succeed, one of the
//! two copies is cancelled. Proof: each run creates first and lists afterwards. If each run's last
//! list did not contain the other run's copy, each copy would have been created after the other run's
//! last list, and so after the other copy. So at least one run lists the copy of the other, and
//! cancels it or fails. The run that lists last finds all tasks that it wants alive, or fails: graphs
//! are never mixed. And because the queue starts a run before that run creates anything, a run that
//! lists a task of a later run learns of that run in step 3.
//!
//! No run sees tasks that are created after the last run listed the group. That is harmless if the
//! definitions are equal. The queue limits the rest: it refuses a `created` that is more than 15
//! minutes old.

use std::collections::BTreeSet;

use futures_util::future::{Either, select};

use super::group::{Expected, GroupState, ObsoleteTask, already_started};
use super::obsolete::{self, CancelReport};
use super::own_run::OwnRun;
use super::plan::Creation;
use crate::base::diagnostic::{Diagnostic, Diagnostics};
use crate::base::name::TaskId;
use crate::ports::stop::Stop;
use crate::ports::taskcluster::Taskcluster;

/// How many times the group is listed until nothing changes.
const MAX_LISTS: usize = 20;

/// Cancels the tasks that this run does not want, and reports how the group still differs.
pub async fn confirm(
    taskcluster: &dyn Taskcluster,
    expected: &Expected<'_>,
    run: Option<&OwnRun>,
    stop: &Stop,
) -> CancelReport {
    let mut report = CancelReport::default();
    if let Err(problems) = cancel_unwanted(taskcluster, expected, run, stop, &mut report).await {
        report.problems.extend(problems);
    }
    report
}

async fn cancel_unwanted(
    taskcluster: &dyn Taskcluster,
    expected: &Expected<'_>,
    run: Option<&OwnRun>,
    stop: &Stop,
    report: &mut CancelReport,
) -> Result<(), Diagnostics> {
    let group = expected.ids.decision_task_id();
    let mut seen: BTreeSet<TaskId> = BTreeSet::new();
    for _ in 0..MAX_LISTS {
        let mut state = GroupState::default();
        match select(Box::pin(state.list(taskcluster, group)), stop.wait()).await {
            Either::Left((listed, _)) => listed?,
            Either::Right(_) => return Err(stopped().into()),
        }
        if let Some(run) = run {
            run.check_latest(taskcluster).await?;
        }
        check_lost(&state.lost(expected))?;
        let (unwanted, doubled) = state.obsolete(expected);
        let mut problems = Diagnostics::new();
        for one in &doubled {
            let why = "this run created the task with a different taskId";
            let problem = already_started(&one.task_id, one.state, why);
            problems.push(problem.in_task(one.label.as_str()));
        }
        problems.or_ok(())?;
        let new: Vec<&ObsoleteTask> = unwanted
            .iter()
            .filter(|one| seen.insert(one.task_id.clone()))
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        report.extend(obsolete::cancel(taskcluster, &new).await);
        if !report.problems.is_empty() {
            return Ok(());
        }
    }
    Err(Diagnostic::environment(format!(
        "other tasks of this decision keep appearing in the task group {group}"
    ))
    .help("make sure that no other run of this task is active, and rerun this task")
    .into())
}

/// Reports created tasks that do not exist anymore.
fn check_lost(creations: &[&Creation]) -> Result<(), Diagnostics> {
    let mut problems = Diagnostics::new();
    for creation in creations {
        let id = &creation.task_id;
        problems.push(
            creation.about(
                Diagnostic::environment("the task was cancelled while the graph was being created")
                    .because(format!(
                        "{id} ended before it started, or the group does not list it"
                    ))
                    .help(
                        "it was cancelled manually, or by another run that planned a different \
                         graph: make sure that no other run is active, and rerun this task",
                    ),
            ),
        );
    }
    problems.or_ok(())
}

fn stopped() -> Diagnostic {
    Diagnostic::environment("the shutdown signal arrived before the created tasks were checked")
        .help("rerun this task; existing tasks are kept")
}
