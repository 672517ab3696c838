//! Swaps tasks for ones that exist.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::rule::Replacement;
use super::verdict::{Action, Reason, Verdict};
use super::{Surroundings, Verdicts, deadline, strategy};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::{Label, TaskId};
use crate::base::time::Timestamp;
use crate::custom::strategies::{Said, Strategies};
use crate::model::task::Task;
use crate::target::TargetTaskGraph;

/// Replaces what can be replaced, in place.
///
/// A task is replaced only when all that it depends on is replaced or removed: otherwise what it
/// depends on would be built anew and the old result of it used.
///
/// # Errors
/// What a strategy of the project's raises.
pub fn run(
    target: &TargetTaskGraph,
    surroundings: Surroundings<'_>,
    verdicts: &mut Verdicts,
) -> Outcome<()> {
    let dag = target.graph.dag();
    let deadlines: RefCell<BTreeMap<&Label, Option<Timestamp>>> = RefCell::default();
    for label in dag.dependencies_first().unwrap_or_default() {
        let Some(task) = target.graph.get(label) else {
            continue;
        };
        let blocked = dag.dependencies(label).into_iter().any(|to| {
            verdicts
                .get(to)
                .is_none_or(|verdict| verdict.action == Action::Kept)
        });
        if target.do_not_optimize.contains(label) || blocked {
            continue;
        }
        if let Some(task_id) = surroundings.existing.get(label) {
            let action = Action::Replaced(task_id.clone());
            verdicts.insert(
                label.clone(),
                Verdict {
                    action,
                    reason: Reason::ExistingTasks,
                },
            );
            continue;
        }
        // Few strategies ask for it.
        let latest = || {
            let mut deadlines = deadlines.borrow_mut();
            let dependents = dag.dependents(label).into_iter();
            let of = |dependent| {
                *deadlines.entry(dependent).or_insert_with(|| {
                    let task = target.graph.get(dependent);
                    task.and_then(|task| deadline(task, surroundings.now))
                })
            };
            dependents.filter_map(of).max()
        };
        let (replacement, reason) = match strategy::custom(task, surroundings.custom) {
            Some(custom) => (ask(custom, task, latest())?, strategy::reason(task, custom)),
            None => {
                let (strategy, argument) = strategy::of(task);
                let index = surroundings.index;
                let replacement = strategy.rule.replace(task, argument, index, &latest);
                (replacement, Reason::Strategy(strategy.name))
            }
        };
        let action = match replacement {
            Replacement::Keep => continue,
            Replacement::Remove => Action::Removed,
            Replacement::With(task_id) => Action::Replaced(task_id),
        };
        verdicts.insert(label.clone(), Verdict { action, reason });
    }
    Ok(())
}

/// Asks a strategy of the project's.
fn ask(
    custom: &Strategies<'_, '_>,
    task: &Task,
    deadline: Option<Timestamp>,
) -> Result<Replacement, Diagnostic> {
    let deadline = deadline.map(|deadline| deadline.to_string());
    match custom.replace(task, deadline.as_deref())? {
        Said::Keep => Ok(Replacement::Keep),
        Said::Remove => Ok(Replacement::Remove),
        Said::Replace(task_id) => TaskId::parse(&task_id)
            .map(Replacement::With)
            .map_err(|error| {
                task.diagnostic(format!("its optimization strategy replaces it: {error}"))
            }),
    }
}
