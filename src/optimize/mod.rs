//! Optimization: fewer tasks with the same result.
//!
//! Input: the target task graph, what the index says ([`IndexAnswers`]), and the tasks that exist
//! already (the parameter `existing_tasks`). Output: the tasks that are created, by taskId, and the
//! taskId of every label.
//!
//! 1. `remove` leaves out tasks, dependents first: those whose strategy says so and that nothing
//!    kept depends on, and what only these needed.
//! 2. `replace` swaps tasks for ones that exist, dependencies first: a task whose dependencies are
//!    all replaced or removed, and that `existing_tasks` or its strategy has an id for. A task that
//!    was left out is looked up too, so that its label has an id; nothing may depend on it all the
//!    same.
//! 3. `resolve` gives the rest their ids and resolves references.
//!
//! The index is not asked from here: [`questions`] says what to ask, so that this room has no
//! effects. Every task gets a [`Verdict`] with its reason. Where several orders would do, tasks are
//! taken in the order of their labels, in such a way that the outcome is one that the peer may reach.

mod changes;
mod remove;
mod replace;
mod resolve;
pub mod rule;
mod strategy;
pub mod verdict;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;

use crate::base::diagnostic::{Diagnostics, Outcome};
use crate::base::name::{IndexPath, Label, TaskId};
use crate::base::suggest;
use crate::base::time::Timestamp;
use crate::config::parameters::Parameters;
use crate::custom::strategies::Strategies;
use crate::model::id_graph::IdGraph;
use crate::model::task::Task;
use crate::ports::environment::Environment;
use crate::ports::ids::DerivedIds;
use crate::ports::taskcluster::TaskStatus;
use crate::target::TargetTaskGraph;

pub use changes::Changes;
pub use rule::{Leaf, Replacement, Rule};
pub use strategy::{STRATEGIES, Strategy};
pub use verdict::{Action, Reason, Verdict};

/// The index paths that the strategy of a task wants to know about, in the order in which they are
/// tried.
#[must_use]
pub fn paths_of(task: &Task) -> Vec<IndexPath> {
    let (strategy, argument) = strategy::of(task);
    strategy.rule.questions(argument)
}

/// The task that takes a task's place by its strategy, whatever depends on it.
#[must_use]
pub fn replacement(task: &Task, answers: &IndexAnswers) -> Option<TaskId> {
    let (strategy, argument) = strategy::of(task);
    match strategy.rule.replace(task, argument, answers, &|| None) {
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
    /// What became of each task of the target task graph, and why, by label.
    pub verdicts: BTreeMap<Label, Verdict>,
}

/// What the index and the queue say of the paths in [`questions`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IndexAnswers {
    /// The task at each path that holds one.
    pub tasks: BTreeMap<IndexPath, TaskId>,
    /// The status of these tasks.
    pub statuses: BTreeMap<TaskId, TaskStatus>,
}

/// What optimization works with beside the graph.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The parameters.
    pub params: &'a Parameters,
    /// What the index says.
    pub index: &'a IndexAnswers,
    /// The tasks that exist already, by label.
    pub existing: &'a BTreeMap<Label, TaskId>,
    /// Where new taskIds come from, and the id of the decision task.
    pub ids: &'a DerivedIds,
    /// The present moment, which deadlines are counted from.
    pub now: Timestamp,
    /// The environment variables, for links to artifacts.
    pub environment: &'a Environment,
    /// The project's own strategies.
    pub custom: Option<&'a Strategies<'a, 'a>>,
}

/// The index paths that strategies want to know about, in order. The strategy of a task that exists
/// already is never asked, so that a release can be promoted while the index is away.
#[must_use]
pub fn questions(
    target: &TargetTaskGraph,
    existing: &BTreeMap<Label, TaskId>,
    custom: Option<&Strategies<'_, '_>>,
) -> BTreeSet<IndexPath> {
    optimizable(target)
        .filter(|task| !existing.contains_key(&task.label))
        .filter(|task| strategy::custom(task, custom).is_none())
        .flat_map(|task| paths_of(task))
        .collect()
}

/// The tasks that may be optimized. The strategies of others are not looked at.
fn optimizable(target: &TargetTaskGraph) -> impl Iterator<Item = &Arc<Task>> {
    let tasks = target.graph.tasks();
    tasks.filter(|task| !target.do_not_optimize.contains(&task.label))
}

/// Optimizes.
///
/// # Errors
/// Unknown strategies, a kept task that depends on a removed one, and references that cannot be
/// resolved: all of each sort.
pub fn optimize(
    target: TargetTaskGraph,
    surroundings: Surroundings<'_>,
) -> Outcome<OptimizedTaskGraph> {
    check_strategies(&target, surroundings.custom)?;
    let mut verdicts = remove::run(&target, surroundings)?;
    let removed = removed(&verdicts);
    replace::run(&target, surroundings, &mut verdicts)?;
    resolve::check_removed(&target, &removed)?;
    let (graph, label_to_taskid) = resolve::run(target.graph, surroundings, &verdicts)?;
    let verdicts = verdicts.into_iter().collect();
    for action in ["removed", "replaced"] {
        tracing::info!("{}", verdict::summary(action, &verdicts));
    }
    Ok(OptimizedTaskGraph {
        graph,
        label_to_taskid,
        verdicts,
    })
}

/// What is decided of each task so far.
type Verdicts = IndexMap<Label, Verdict>;

/// The tasks that are left out.
fn removed(verdicts: &Verdicts) -> BTreeSet<Label> {
    verdicts
        .iter()
        .filter(|(_, verdict)| verdict.action == Action::Removed)
        .map(|(label, _)| label.clone())
        .collect()
}

fn check_strategies(target: &TargetTaskGraph, custom: Option<&Strategies<'_, '_>>) -> Outcome<()> {
    let mut wrong = Diagnostics::new();
    for task in optimizable(target) {
        let Some((name, _)) = task.strategy() else {
            continue;
        };
        if strategy::find(name).is_none() && custom.is_none_or(|custom| !custom.has(name)) {
            wrong.push(
                task.diagnostic(format!("unknown optimization strategy `{name}`"))
                    .help(suggest::hint_native(
                        name,
                        STRATEGIES.iter().map(|strategy| strategy.name),
                    )),
            );
        }
    }
    wrong.or_ok(())
}

/// The deadline of a task, counted from `now`; `None` when it has none that can be read.
fn deadline(task: &Task, now: Timestamp) -> Option<Timestamp> {
    let deadline = task.task.get("deadline")?;
    let resolved = crate::model::reference::resolve_dates(deadline, now).ok()?;
    Timestamp::parse(resolved.as_str()?)
}

#[cfg(test)]
mod tests;
