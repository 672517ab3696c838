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
mod nearest;
mod settings;

use std::collections::{BTreeMap, BTreeSet};

use self::definition::{Before, staged};
use self::nearest::nearest;
pub use self::settings::{Settings, settings};
use crate::base::diagnostic::Diagnostic;
use crate::base::name::{Label, TaskId};
use crate::model::id_graph::IdGraph;
use crate::model::label_graph::LabelGraph;
use crate::release::Recognized;

/// Replaces the release tasks of a graph with staged ones.
///
/// `earlier` is the task that lists the staged tasks of earlier graphs, if there are any.
///
/// # Errors
/// A circular dependency, which is a bug.
pub fn stage(
    graph: IdGraph,
    settings: &Settings,
    earlier: Option<&TaskId>,
) -> Result<IdGraph, Diagnostic> {
    let found = find(&graph, settings);
    if found.is_empty() {
        return Ok(graph);
    }
    let mut from = nearest(&graph.dag(), &found.keys().cloned().collect())?;
    Ok(replace(graph, settings, &found, |id, _| Before {
        from: from.remove(id).unwrap_or_default(),
        earlier: earlier.cloned(),
        copy_of: None,
    }))
}

/// The graph that tasks are added to.
#[derive(Debug, Clone, Copy)]
pub struct Existing<'a> {
    /// All tasks that may be in it, with their edges.
    pub full: &'a LabelGraph,
    /// The tasks that exist already.
    pub before: &'a BTreeMap<Label, TaskId>,
    /// The tasks that exist when the new ones are added.
    pub after: &'a BTreeMap<Label, TaskId>,
}

/// Replaces the release tasks that an action adds to a graph with staged ones. What comes before them is
/// found in the whole graph.
///
/// # Errors
/// A circular dependency, which is a bug.
pub fn stage_added(
    graph: IdGraph,
    settings: &Settings,
    existing: Existing<'_>,
    earlier: Option<&TaskId>,
) -> Result<IdGraph, Diagnostic> {
    let found = find(&graph, settings);
    if found.is_empty() {
        return Ok(graph);
    }
    let labels = existing.after.keys();
    let is_staged = |label: &&Label| {
        let task = existing.full.get(label);
        let recognized = task.and_then(|task| settings.recognize(&task.kind, &task.task));
        recognized.is_some_and(|recognized| recognized.can_be_staged())
    };
    let labels: BTreeSet<Label> = labels.filter(is_staged).cloned().collect();
    let from = nearest(&existing.full.dag(), &labels)?;
    Ok(replace(graph, settings, &found, |id, label| Before {
        from: from
            .get(label)
            .into_iter()
            .flatten()
            .filter_map(|label| existing.after.get(label).cloned())
            .collect(),
        earlier: earlier.cloned(),
        copy_of: existing.before.get(label).filter(|of| *of != id).cloned(),
    }))
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
            .map(|(system, count)| format!("{count} of {system}"))
            .collect();
        tracing::info!(
            "Release tasks that cannot be staged yet: {}",
            systems.join(", ")
        );
    }
    found
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
