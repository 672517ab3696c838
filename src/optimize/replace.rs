//! Swaps tasks for ones that exist.

use std::collections::BTreeMap;

use super::rule::Replacement;
use super::verdict::{Action, Reason, Verdict};
use super::{Surroundings, deadline, strategy};
use crate::base::diagnostic::Outcome;
use crate::base::name::Label;
use crate::base::time::Timestamp;
use crate::target::TargetTaskGraph;

/// Replaces what can be replaced, in place.
///
/// A task is replaced only when all that it depends on is replaced or removed: otherwise what it
/// depends on would be built anew and the old result of it used.
///
/// # Errors
/// None so far; strategies written elsewhere may fail.
pub fn run(
    target: &TargetTaskGraph,
    surroundings: Surroundings<'_>,
    verdicts: &mut BTreeMap<Label, Verdict>,
) -> Outcome<()> {
    let dag = target.graph.dag();
    let mut deadlines: BTreeMap<&Label, Option<Timestamp>> = BTreeMap::new();
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
        let (strategy, argument) = strategy::of(task);
        let latest = dag
            .dependents(label)
            .into_iter()
            .filter_map(|dependent| {
                *deadlines.entry(dependent).or_insert_with(|| {
                    target
                        .graph
                        .get(dependent)
                        .and_then(|task| deadline(task, surroundings.now))
                })
            })
            .max();
        let replacement = strategy
            .rule
            .replace(task, argument, surroundings.index, latest);
        let action = match replacement {
            Replacement::Keep => continue,
            Replacement::Remove => Action::Removed,
            Replacement::With(task_id) => Action::Replaced(task_id),
        };
        let reason = Reason::Strategy(strategy.name);
        verdicts.insert(label.clone(), Verdict { action, reason });
    }
    Ok(())
}
