//! Stages release tasks: below release level, each does its work in an ordinary task.
//!
//! A task of a release system becomes a docker-worker task with the same label, dependencies, attributes
//! and routes, which runs `snowman stage run`. What it would have been goes along in `extra.staging`
//! ([`Staged`](crate::release::staged::Staged)), together with the staged tasks that come before it:
//!
//! 1. Every task of the graph is looked up in the table of release systems, and checked as its worker would
//!    check it, also at release level.
//! 2. For each task, the nearest staged tasks that it depends on, through any other tasks, are collected.
//!    Those that another of them depends on are left out.
//! 3. The definitions are replaced.
//!
//! Nothing is staged on a decision at release level, or in a project that does not ask for it.

mod definition;
mod history;
mod index;
mod nearest;
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use self::definition::{Before, staged};
pub use self::history::{Listed, history};
use self::nearest::nearest;
pub use self::settings::{Settings, settings};
use crate::base::dag::Dag;
use crate::base::diagnostic::Diagnostic;
use crate::base::name::{Label, TaskId};
use crate::base::text::plural;
use crate::config::shipping::product;
use crate::model::id_graph::IdGraph;
use crate::model::task::Task;
use crate::release::Recognized;

/// Tasks that exist already, on which those of the graph may depend.
#[derive(Debug, Clone, Copy)]
pub struct Existing<'a> {
    /// The tasks as the kinds generated them.
    pub tasks: &'a [Arc<Task>],
    /// The taskId of each label, of new tasks too.
    pub ids: &'a BTreeMap<Label, TaskId>,
}

/// Replaces the release tasks of a graph with staged ones.
///
/// `earlier` is the task that lists the staged tasks of earlier graphs, if there are any.
///
/// # Errors
/// A circular dependency, which is a bug.
pub fn stage(
    graph: IdGraph,
    settings: &Settings,
    existing: Existing<'_>,
    earlier: Option<&TaskId>,
) -> Result<IdGraph, Diagnostic> {
    stage_added(graph, settings, existing, earlier, &BTreeMap::new())
}

/// Replaces the release tasks that an action adds to a graph with staged ones.
///
/// `before` are the tasks that existed before the action, by label: new ones with one of these labels are copies.
///
/// # Errors
/// A circular dependency, which is a bug.
pub fn stage_added(
    graph: IdGraph,
    settings: &Settings,
    existing: Existing<'_>,
    earlier: Option<&TaskId>,
    before: &BTreeMap<Label, TaskId>,
) -> Result<IdGraph, Diagnostic> {
    let found = find(&graph, settings);
    if found.is_empty() {
        return Ok(graph);
    }
    let (dag, mut staged_before) = surroundings(&graph, settings, existing);
    staged_before.extend(found.keys().cloned());
    let mut from = nearest(&dag, &staged_before)?;
    let first = first_of_products(&graph, &found);
    Ok(replace(graph, settings, &found, |id, label| Before {
        from: from.remove(id).unwrap_or_default(),
        earlier: earlier.cloned(),
        copy_of: before.get(label).filter(|of| *of != id).cloned(),
        stands_for_graph: first.contains(id),
    }))
}

/// The edges between the tasks of a graph and existing ones, and those of the existing ones that are release
/// tasks.
fn surroundings(
    graph: &IdGraph,
    settings: &Settings,
    existing: Existing<'_>,
) -> (Dag<TaskId>, BTreeSet<TaskId>) {
    let mut edges = Vec::new();
    let mut nodes: BTreeSet<TaskId> = BTreeSet::new();
    for task in graph.tasks() {
        nodes.insert(task.task_id.clone());
        let all = task.dependencies.all.values();
        edges.extend(all.map(|to| (task.task_id.clone(), to.clone())));
    }
    let mut staged = BTreeSet::new();
    for task in existing.tasks {
        // A label has a new task if that is made in place of an existing one.
        let id = existing
            .ids
            .get(&task.label)
            .filter(|id| !nodes.contains(*id));
        let Some(id) = id else { continue };
        let to = task.dependencies.values();
        let to = to.filter_map(|label| existing.ids.get(label));
        edges.extend(to.map(|to| (id.clone(), to.clone())));
        let recognized = settings.recognize(&task.kind, &task.task);
        if recognized.is_some_and(|recognized| recognized.can_be_staged()) {
            staged.insert(id.clone());
        }
    }
    nodes.extend(edges.iter().map(|(_, to)| to.clone()));
    nodes.extend(edges.iter().map(|(from, _)| from.clone()));
    (Dag::new(nodes, edges), staged)
}

/// The tasks of a graph that can be staged.
fn find(graph: &IdGraph, settings: &Settings) -> BTreeMap<TaskId, Recognized> {
    let mut found = BTreeMap::new();
    let mut not_staged: BTreeMap<&str, usize> = BTreeMap::new();
    for task in graph.tasks() {
        match settings.recognize(&task.kind, &task.task) {
            Some(recognized) if recognized.can_be_staged() => {
                found.insert(task.task_id.clone(), recognized);
            }
            Some(recognized) => {
                *not_staged.entry(recognized.system.name).or_default() += 1;
            }
            None => {}
        }
    }
    if !not_staged.is_empty() {
        let systems: Vec<String> = not_staged
            .iter()
            .map(|(system, count)| plural(*count, &format!("{system} task")))
            .collect();
        tracing::info!("Not staged: {}", systems.join(", "));
    }
    found
}

/// The first task of each product, by label, among those that were found.
fn first_of_products(graph: &IdGraph, found: &BTreeMap<TaskId, Recognized>) -> BTreeSet<TaskId> {
    let mut first: BTreeMap<&str, (&Label, &TaskId)> = BTreeMap::new();
    for task in graph
        .tasks()
        .filter(|task| found.contains_key(&task.task_id))
    {
        let own = (&task.label, &task.task_id);
        let of_product = first
            .entry(product(&task.attributes).unwrap_or_default())
            .or_insert(own);
        *of_product = (*of_product).min(own);
    }
    first.into_values().map(|(_, id)| id.clone()).collect()
}

/// Replaces the tasks that were found.
fn replace(
    graph: IdGraph,
    settings: &Settings,
    found: &BTreeMap<TaskId, Recognized>,
    mut before: impl FnMut(&TaskId, &Label) -> Before,
) -> IdGraph {
    let graph = graph.changed(|task| {
        let recognized = found.get(&task.task_id)?;
        let before = before(&task.task_id, &task.label);
        Some(staged(settings, task, *recognized, before))
    });
    tracing::info!("Staged {} release tasks", found.len());
    graph
}
