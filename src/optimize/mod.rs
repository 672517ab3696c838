//! Optimization: fewer tasks with the same result.
//!
//! Input: the target task graph, the answers of the index ([`IndexAnswers`]), and the existing tasks
//! (the parameter `existing_tasks`). Output: the tasks that are created, by taskId, and the
//! taskId of every label.
//!
//! 1. `remove` removes tasks, dependents first: those that their strategy removes and no kept task
//!    depends on, and tasks that only these needed.
//! 2. `replace` replaces tasks with existing ones, dependencies first: a task whose dependencies are
//!    all replaced or removed, and for which `existing_tasks` or its strategy has an id. Removed tasks
//!    are looked up too, so that their labels have ids, but no task may depend on them.
//! 3. `resolve` assigns ids to the remaining tasks and resolves references.
//!
//! This room does not call the index: [`index_paths`] returns the paths to look up, so that this room
//! has no effects. Every task gets a [`Verdict`] with its reason and its [`evidence`]. If several orders are
//! possible, tasks are processed by label, so that the result is one that taskgraph can reach.

mod changes;
pub mod evidence;
mod inputs;
pub mod log;
mod remove;
mod replace;
mod replacement;
mod resolve;
pub mod rule;
mod strategy;
pub mod verdict;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{IndexPath, Label, TaskId};
use crate::base::path::ValuePath;
use crate::base::suggest;
use crate::base::value::Value;
use crate::custom::strategies::Strategies;
use crate::model::id_graph::IdGraph;
use crate::model::label_graph::LabelGraph;
use crate::model::task::Task;
use crate::target::TargetTaskGraph;

pub use changes::Changes;
pub use inputs::{IndexAnswers, OptimizeInputs};
pub use replacement::Replacement;
pub use rule::{Leaf, Rule};
pub use strategy::{STRATEGIES, Strategy};
pub use verdict::{Action, Reason, Verdict};

use verdict::Verdicts;

/// The index paths that the strategy of a task looks up, in order.
#[must_use]
pub fn index_paths_of(task: &Task) -> Vec<IndexPath> {
    let (strategy, argument) = strategy::for_task(task);
    strategy.rule.index_paths(argument)
}

/// The task with which its strategy replaces a task, regardless of dependents.
#[must_use]
pub fn replacement(task: &Task, answers: &IndexAnswers) -> Option<TaskId> {
    let (strategy, argument) = strategy::for_task(task);
    let rule = strategy.rule;
    match rule.replace(task, argument, answers, &|| None, &mut Vec::new()) {
        Replacement::With(task_id) => Some(task_id),
        Replacement::Keep | Replacement::Remove => None,
    }
}

/// The optimized task graph.
#[derive(Debug, Clone)]
pub struct OptimizedTaskGraph {
    /// The tasks that are created.
    pub graph: IdGraph,
    /// The taskId of every label that was not removed.
    pub label_to_taskid: BTreeMap<Label, TaskId>,
    /// The tasks that existing ones replace.
    pub replaced: Vec<Arc<Task>>,
    /// The decision about each task of the target task graph and its reason, by label.
    pub verdicts: BTreeMap<Label, Verdict>,
}

/// The index paths that strategies look up, in order. Strategies of existing tasks are not used, so
/// that a release can be promoted while the index is down.
#[must_use]
pub fn index_paths(
    target: &TargetTaskGraph,
    existing: &BTreeMap<Label, TaskId>,
    custom: Option<&Strategies<'_, '_>>,
) -> BTreeSet<IndexPath> {
    optimizable(target)
        .filter(|task| !existing.contains_key(&task.label))
        .filter(|task| strategy::custom_for_task(task, custom).is_none())
        .flat_map(|task| index_paths_of(task))
        .collect()
}

/// The tasks that may be optimized. The strategies of others are ignored.
fn optimizable(target: &TargetTaskGraph) -> impl Iterator<Item = &Arc<Task>> {
    let tasks = target.graph.tasks();
    tasks.filter(|task| !target.do_not_optimize.contains_key(&task.label))
}

/// Optimizes.
///
/// # Errors
/// Unknown strategies, a kept task that depends on a removed one, and references that cannot be
/// resolved.
pub fn optimize(
    target: TargetTaskGraph,
    inputs: OptimizeInputs<'_>,
) -> Outcome<OptimizedTaskGraph> {
    check_strategies(&target, inputs.custom)?;
    let mut verdicts = remove::run(&target, inputs)?;
    let removed = removed(&verdicts);
    replace::run(&target, inputs, &mut verdicts)?;
    resolve::check_removed(&target, &removed)?;
    let resolved = resolve::run(target.graph, inputs, &verdicts)?;
    let verdicts: BTreeMap<Label, Verdict> = verdicts.into_iter().collect();
    if tracing::enabled!(tracing::Level::DEBUG) {
        for line in verdicts
            .iter()
            .flat_map(|(label, verdict)| log::lines(label, verdict))
        {
            tracing::debug!("{line}");
        }
    }
    for action in ["removed", "replaced"] {
        tracing::info!("{}", verdict::summary(action, &verdicts));
    }
    Ok(OptimizedTaskGraph {
        graph: resolved.kept,
        label_to_taskid: resolved.ids,
        replaced: resolved.replaced,
        verdicts,
    })
}

/// The tasks that are left out.
fn removed(verdicts: &Verdicts) -> BTreeSet<Label> {
    verdicts
        .iter()
        .filter(|(_, verdict)| verdict.action == Action::Removed)
        .map(|(label, _)| label.clone())
        .collect()
}

/// Checks the strategies of all tasks, also of those that no push selects.
///
/// `own` is the names of the project's strategies.
///
/// # Errors
/// Every strategy that nobody has.
pub fn check_names(graph: &LabelGraph, own: &[&str]) -> Outcome<()> {
    let mut wrong = Diagnostics::new();
    for task in graph.tasks() {
        let Some((name, _)) = task.strategy() else {
            continue;
        };
        if strategy::find(name).is_none() && !own.contains(&name) {
            wrong.push(unknown_strategy(task, name, own));
        }
        warn_of_negation(task);
    }
    wrong.or_ok(())
}

/// Warns of patterns that look like exceptions, of which there are none.
fn warn_of_negation(task: &Task) {
    let Some(("skip-unless-changed", Value::Array(patterns))) = task.strategy() else {
        return;
    };
    let mut patterns = patterns.iter().filter_map(Value::as_str);
    if let Some(pattern) = patterns.find(|pattern| pattern.starts_with('!')) {
        let place = task.provenance.place_of(&ValuePath::keys(["optimization"]));
        let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
        tracing::warn!(
            "{place}task `{}`: the pattern `{pattern}` of `skip-unless-changed` is no exception: it matches \
             files whose names begin with `!`",
            task.label
        );
    }
}

/// The mistake of a strategy that nobody has.
fn unknown_strategy(task: &Task, name: &str, own: &[&str]) -> Diagnostic {
    let place = task
        .provenance
        .place_of(&ValuePath::keys(["optimization", name]));
    let known = STRATEGIES.iter().map(|strategy| strategy.name);
    let known: Vec<&str> = known.chain(own.iter().copied()).collect();
    let hint = suggest::hint(name, known.iter().copied());
    let help = match suggest::nearest(name, known) {
        Some(_) => hint,
        None => format!(
            "register it with `taskgraph.optimize.base.register_strategy`, in a module that the function of \
             `taskgraph.register` in config.yml imports; {hint}"
        ),
    };
    task.diagnostic_at(place, format!("unknown optimization strategy `{name}`"))
        .help(help)
}

fn check_strategies(target: &TargetTaskGraph, custom: Option<&Strategies<'_, '_>>) -> Outcome<()> {
    let own: Vec<&str> = custom.into_iter().flat_map(Strategies::names).collect();
    let mut wrong = Diagnostics::new();
    for task in optimizable(target) {
        let Some((name, _)) = task.strategy() else {
            continue;
        };
        if strategy::find(name).is_none() && !own.contains(&name) {
            wrong.push(unknown_strategy(task, name, &own));
        }
    }
    wrong.or_ok(())
}

#[cfg(test)]
mod tests;
