//! Confirms, when all is created, that what stands in the task group is what this run wants.
//!
//! While a run creates its tasks, others may do so in the same group: calls of a run that was killed
//! arrive late, and two runs of one decision may be alive at once. What they have in common has one id
//! and one definition, so it does not matter who creates it. What they decide differently is settled
//! here.
//!
//! 1. The group is listed, after every creation of this run was answered.
//! 2. A wanted task that is missing or was cancelled fails the run: somebody else undoes its work.
//! 3. When the queue has begun a later run of this task, this one fails and undoes nothing.
//! 4. Tasks of this decision that nobody wants are cancelled, dependents first, and all begins anew
//!    with 1, until a list shows nothing to cancel.
//!
//! Invariant: when two runs want a task of one label under different ids and both succeed, one of the
//! two copies is cancelled. For each run creates first and lists then. Were both copies missing from
//! the last list of the run that does not want them, each would have been created after the other
//! run's last list, and so after the other copy. So at least one run lists the copy of the other, and
//! cancels it or fails. The run that lists last finds all that it wants alive, or fails: whole graphs
//! are never mixed. And since the queue begins a run before that creates anything, a run that lists a
//! task of a later one learns in 3 that there is one.
//!
//! What is created after the last list of the last run cannot be seen by anybody. With equal
//! definitions that does no harm. The queue bounds the rest: it takes no call whose `created` is more
//! than 15 minutes old.

use std::collections::BTreeSet;

use futures_util::future::{Either, select};

use super::leftovers::{self, Cleared};
use super::own_run::OwnRun;
use super::plan::Creation;
use super::standing::{Leftover, Standing, Wanted, begun};
use crate::base::diagnostic::{Diagnostic, Diagnostics};
use crate::base::name::TaskId;
use crate::ports::stop::Stop;
use crate::ports::taskcluster::Taskcluster;

/// How often the group is listed before it is given up that it comes to rest.
const LISTED: usize = 20;

/// Cancels what this run does not want, and says in what the group still differs from that.
pub async fn confirm(
    taskcluster: &dyn Taskcluster,
    wanted: &Wanted<'_>,
    run: Option<&OwnRun>,
    stop: &Stop,
) -> Cleared {
    let mut cleared = Cleared::default();
    if let Err(wrong) = settle(taskcluster, wanted, run, stop, &mut cleared).await {
        cleared.wrong.extend(wrong);
    }
    cleared
}

async fn settle(
    taskcluster: &dyn Taskcluster,
    wanted: &Wanted<'_>,
    run: Option<&OwnRun>,
    stop: &Stop,
    cleared: &mut Cleared,
) -> Result<(), Diagnostics> {
    let group = wanted.ids.decision_task_id();
    let mut seen: BTreeSet<TaskId> = BTreeSet::new();
    for _ in 0..LISTED {
        let mut standing = Standing::default();
        match select(Box::pin(standing.list(taskcluster, group)), stop.wait()).await {
            Either::Left((listed, _)) => listed?,
            Either::Right(_) => return Err(stopped().into()),
        }
        if let Some(run) = run {
            run.check(taskcluster).await?;
        }
        lost(&standing.lost(wanted))?;
        let (unwanted, doubled) = standing.leftovers(wanted);
        let mut wrong = Diagnostics::new();
        for one in &doubled {
            let why = "this run has created the task under another taskId";
            wrong.push(begun(&one.task_id, &one.state, why).in_task(one.label.as_str()));
        }
        wrong.or_ok(())?;
        let new: Vec<&Leftover> = unwanted
            .iter()
            .filter(|one| seen.insert(one.task_id.clone()))
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        cleared.extend(leftovers::clear(taskcluster, &new).await);
        if !cleared.wrong.is_empty() {
            return Ok(());
        }
    }
    Err(Diagnostic::environment(format!(
        "other tasks of this decision keep appearing in the task group {group}"
    ))
    .help("see that no other run of this task is alive, and rerun it")
    .into())
}

/// Says that wanted tasks do not stand although they were created.
fn lost(creations: &[&Creation]) -> Result<(), Diagnostics> {
    let mut wrong = Diagnostics::new();
    for creation in creations {
        let id = &creation.task_id;
        wrong.push(
            creation.about(
                Diagnostic::environment("the task was cancelled while the graph was created")
                    .because(format!("{id} has ended before it began, or is not listed"))
                    .help(
                        "somebody has cancelled it, or another run of this task has decided \
                     differently: see that none is alive, and rerun this task",
                    ),
            ),
        );
    }
    wrong.or_ok(())
}

fn stopped() -> Diagnostic {
    Diagnostic::environment(
        "the signal to stop came before the created tasks were compared with what is wanted",
    )
    .help("rerun this task; what stands is kept")
}
