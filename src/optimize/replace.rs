//! Replaces tasks with existing ones.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::evidence::{Answer, Asked, Replacing};
use super::inputs::OptimizeInputs;
use super::replacement::Replacement;
use super::strategy;
use super::verdict::{Action, Reason, Verdicts};
use crate::base::dag::Dag;
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
    let deadlines = RefCell::default();
    let pass = Pass {
        target,
        inputs,
        dag: &dag,
        deadlines: &deadlines,
    };
    for label in dag.dependencies_first().unwrap_or_default() {
        let Some(task) = target.graph.get(label) else {
            continue;
        };
        let (found, reason) = pass.find(task, verdicts)?;
        let Some(verdict) = verdicts.get_mut(label) else {
            continue;
        };
        let replacement = match &found {
            Replacing::DoNotOptimize(_) | Replacing::DependsOn(_) => &Replacement::Keep,
            Replacing::Existing(task_id) => &Replacement::With(task_id.clone()),
            Replacing::Asked(answer) => &answer.says,
        };
        let action = match replacement {
            Replacement::Keep => None,
            Replacement::Remove => Some(Action::Removed),
            Replacement::With(task_id) => Some(Action::Replaced(task_id.clone())),
        };
        if let Some(action) = action {
            (verdict.action, verdict.reason) = (action, reason);
        }
        verdict.replacing = Some(found);
    }
    Ok(())
}

struct Pass<'a> {
    target: &'a TargetTaskGraph,
    inputs: OptimizeInputs<'a>,
    dag: &'a Dag<Label>,
    /// The deadlines of dependents that were computed.
    deadlines: &'a RefCell<BTreeMap<&'a Label, Option<Timestamp>>>,
}

impl Pass<'_> {
    /// What is found about a task, and the reason of a replacement.
    fn find(&self, task: &Task, verdicts: &Verdicts) -> Outcome<(Replacing, Reason)> {
        let label = &task.label;
        if let Some(why) = self.target.do_not_optimize.get(label) {
            return Ok((Replacing::DoNotOptimize(*why), Reason::DoNotOptimize));
        }
        let mut dependencies = self.dag.dependencies(label).into_iter();
        let created = dependencies.find(|to| {
            let verdict = verdicts.get(*to);
            verdict.is_none_or(|verdict| verdict.action == Action::Kept)
        });
        if let Some(created) = created {
            return Ok((
                Replacing::DependsOn(created.clone()),
                Reason::DependentTasks,
            ));
        }
        if let Some(task_id) = self.inputs.existing.get(label) {
            return Ok((Replacing::Existing(task_id.clone()), Reason::ExistingTasks));
        }
        self.ask(task)
    }

    /// Asks the strategy of a task.
    fn ask(&self, task: &Task) -> Outcome<(Replacing, Reason)> {
        // Few strategies ask for it.
        let latest = || self.latest_deadline(&task.label);
        let mut asked = Vec::new();
        let (says, reason) = match strategy::custom_for_task(task, self.inputs.custom) {
            Some(custom) => {
                let says = custom_replacement(custom, task, latest(), &mut asked)?;
                (says, Reason::from_custom(task, custom))
            }
            None => {
                let (strategy, argument) = strategy::for_task(task);
                let index = self.inputs.index;
                let rule = strategy.rule;
                let says = rule.replace(task, argument, index, &latest, &mut asked);
                (says, Reason::Strategy(strategy.name))
            }
        };
        let strategy = reason.to_string();
        let answer = Answer {
            strategy,
            says,
            asked,
        };
        Ok((Replacing::Asked(answer), reason))
    }

    /// The latest deadline of the tasks that depend on a task.
    fn latest_deadline(&self, label: &Label) -> Option<Timestamp> {
        let mut deadlines = self.deadlines.borrow_mut();
        let dependents = self.dag.dependents(label).into_iter();
        let deadline_of = |dependent| {
            *deadlines.entry(dependent).or_insert_with(|| {
                let task = self.target.graph.get(dependent);
                task.and_then(|task| deadline(task, self.inputs.now))
            })
        };
        dependents.filter_map(deadline_of).max()
    }
}

/// The replacement that a strategy of the project returns.
fn custom_replacement(
    custom: &Strategies<'_, '_>,
    task: &Task,
    deadline: Option<Timestamp>,
    asked: &mut Vec<Asked>,
) -> Result<Replacement, Diagnostic> {
    let deadline = deadline.map(|deadline| deadline.to_string());
    let (replacement, found) = custom.replace(task, deadline.as_deref())?;
    let replacement = match replacement {
        CustomReplacement::Keep => Replacement::Keep,
        CustomReplacement::Remove => Replacement::Remove,
        CustomReplacement::Replace(task_id) => TaskId::parse(&task_id)
            .map(Replacement::With)
            .map_err(|error| {
                task.diagnostic(format!(
                    "its optimization strategy returned an invalid taskId: {error}"
                ))
            })?,
    };
    asked.push(strategy::custom_asked(replacement.clone(), found));
    Ok(replacement)
}

/// The deadline of a task, relative to `now`; `None` if it has no valid deadline.
fn deadline(task: &Task, now: Timestamp) -> Option<Timestamp> {
    let deadline = task.task.get("deadline")?;
    let resolved = crate::model::reference::resolve_dates(deadline, now).ok()?;
    Timestamp::parse(resolved.as_str()?)
}
