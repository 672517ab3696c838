//! Replaces tasks with existing ones.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::inputs::OptimizeInputs;
use super::rule::Replacement;
use super::strategy;
use super::verdict::{Action, Reason, Verdict, Verdicts};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::{Label, TaskId};
use crate::base::time::Timestamp;
use crate::custom::strategies::{CustomReplacement, Strategies};
use crate::model::task::Task;
use crate::target::TargetTaskGraph;

/// Replaces tasks with existing ones.
///
/// A task is replaced only if all its dependencies are replaced or removed. Otherwise a dependency
/// would be built again, but the old result would be used.
///
/// # Errors
/// What a strategy of the project raises.
pub fn run(
    target: &TargetTaskGraph,
    inputs: OptimizeInputs<'_>,
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
        if let Some(task_id) = inputs.existing.get(label) {
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
            let deadline_of = |dependent| {
                *deadlines.entry(dependent).or_insert_with(|| {
                    let task = target.graph.get(dependent);
                    task.and_then(|task| deadline(task, inputs.now))
                })
            };
            dependents.filter_map(deadline_of).max()
        };
        let (replacement, reason) = match strategy::custom_for_task(task, inputs.custom) {
            Some(custom) => (
                custom_replacement(custom, task, latest())?,
                Reason::from_custom(task, custom),
            ),
            None => {
                let (strategy, argument) = strategy::for_task(task);
                let index = inputs.index;
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

/// The replacement that a strategy of the project returns.
fn custom_replacement(
    custom: &Strategies<'_, '_>,
    task: &Task,
    deadline: Option<Timestamp>,
) -> Result<Replacement, Diagnostic> {
    let deadline = deadline.map(|deadline| deadline.to_string());
    match custom.replace(task, deadline.as_deref())? {
        CustomReplacement::Keep => Ok(Replacement::Keep),
        CustomReplacement::Remove => Ok(Replacement::Remove),
        CustomReplacement::Replace(task_id) => TaskId::parse(&task_id)
            .map(Replacement::With)
            .map_err(|error| {
                task.diagnostic(format!(
                    "its optimization strategy returned an invalid taskId: {error}"
                ))
            }),
    }
}

/// The deadline of a task, relative to `now`; `None` if it has no valid deadline.
fn deadline(task: &Task, now: Timestamp) -> Option<Timestamp> {
    let deadline = task.task.get("deadline")?;
    let resolved = crate::model::reference::resolve_dates(deadline, now).ok()?;
    Timestamp::parse(resolved.as_str()?)
}
