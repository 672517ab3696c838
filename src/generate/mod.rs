//! The first phases: from kinds to the full task graph.
//!
//! 1. [`full_task_set`] runs every kind's loader and transforms, each kind as soon as those that it
//!    depends on are done, several at a time.
//! 2. [`full_task_graph`] adds an edge for each dependency.
//!
//! Tasks are in the order of their kinds ([`KindGraph::in_order`]), and within a kind in the order
//! in which its last transform yields them, however many threads there are.

mod run_kind;
mod schedule;

use std::sync::Arc;

use crate::base::diagnostic::Outcome;
use crate::kind::KindGraph;
use crate::model::label_graph::LabelGraph;
use crate::transform::context::Project;

/// All tasks that any kind describes, without edges.
#[derive(Debug, Clone)]
pub struct FullTaskSet(pub LabelGraph);

/// All tasks that any kind describes, with an edge for each dependency.
#[derive(Debug, Clone)]
pub struct FullTaskGraph(pub LabelGraph);

/// Runs every kind.
///
/// # Errors
/// Everything that is wrong in any kind whose dependencies are right, and labels used twice.
pub fn full_task_set(project: &Project<'_>, kinds: &KindGraph) -> Outcome<FullTaskSet> {
    let tasks = schedule::run_all(kinds, |kind, dependencies| {
        let tasks = run_kind::run(project, kind, dependencies)?;
        tracing::info!("Generated {} tasks for kind {}", tasks.len(), kind.name);
        Ok(tasks.into_iter().map(Arc::new).collect())
    })?;
    LabelGraph::set(tasks).map(FullTaskSet)
}

/// Adds the edges.
///
/// # Errors
/// Every dependency that does not exist, and a cycle if there is one.
pub fn full_task_graph(set: &FullTaskSet) -> Outcome<FullTaskGraph> {
    set.0.with_edges().map(FullTaskGraph)
}
