//! Morphs: changes to the optimized graph that the queue needs and that leave its meaning alone.

mod code_review;
mod index_tasks;

use std::collections::BTreeMap;

use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::{Label, TaskId};
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::Parameters;
use crate::custom::Custom;
use crate::model::id_graph::{IdGraph, PlannedTask};
use crate::optimize::OptimizedTaskGraph;
use crate::ports::environment::Environment;
use crate::ports::ids::DerivedIds;

/// What is created on the queue, and the taskId of every label, replaced ones included.
#[derive(Debug, Clone)]
pub struct MorphedTaskGraph {
    /// The tasks.
    pub graph: IdGraph,
    /// The taskId of each label.
    pub label_to_taskid: BTreeMap<Label, TaskId>,
}

/// What a morph may look at.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The graph config.
    pub graph_config: &'a GraphConfig,
    /// The parameters.
    pub params: &'a Parameters,
    /// Where taskIds come from.
    pub ids: &'a DerivedIds,
    /// The environment variables.
    pub environment: &'a Environment,
    /// What the project adds.
    pub custom: Option<&'a Custom<'a>>,
}

/// What a morph leaves of the graph, and what it adds.
type Change = (IdGraph, Vec<PlannedTask>);

/// A morph: what it leaves of the graph's tasks, and what it adds.
#[derive(Debug)]
pub struct Morph {
    /// Its name, for the reference.
    pub name: &'static str,
    /// What it does, for the reference.
    pub doc: &'static str,
    run: fn(IdGraph, Surroundings<'_>) -> Result<Change, Diagnostic>,
}

/// Every morph, in the order in which they run.
pub static MORPHS: &[Morph] = &[
    Morph {
        name: "add_index_tasks",
        doc: "moves the index routes of tasks with more routes than the queue takes to a task of their own",
        run: index_tasks::run,
    },
    Morph {
        name: "add_code_review_task",
        doc: "adds a task that tells code review when all tasks with the attribute `code-review` are done",
        run: code_review::run,
    },
];

/// Applies every morph, then those of the project.
///
/// # Errors
/// A morph that cannot be applied, and a task that it adds under a label that is taken.
pub fn morph(
    optimized: &OptimizedTaskGraph,
    surroundings: Surroundings<'_>,
) -> Outcome<MorphedTaskGraph> {
    let mut graph = optimized.graph.clone();
    let mut label_to_taskid = optimized.label_to_taskid.clone();
    for morph in MORPHS {
        let (changed, added) = (morph.run)(graph, surroundings)?;
        for task in &added {
            if label_to_taskid.contains_key(&task.label) {
                return Err(Diagnostic::user(format!(
                    "the morph {} adds a task `{}`, and a task has that label already",
                    morph.name, task.label
                ))
                .help("give that task another name")
                .into());
            }
            label_to_taskid.insert(task.label.clone(), task.task_id.clone());
        }
        if !added.is_empty() {
            tracing::info!("Morph {} added {} tasks", morph.name, added.len());
        }
        graph = changed.and(added);
    }
    if let Some(custom) = surroundings.custom {
        let before = graph.len();
        let morphed = custom.morph(graph, label_to_taskid, surroundings.ids)?;
        (graph, label_to_taskid) = (morphed.graph, morphed.label_to_taskid);
        if graph.len() > before {
            let added = graph.len() - before;
            tracing::info!("Morphs of the project added {added} tasks");
        }
    }
    Ok(MorphedTaskGraph {
        graph,
        label_to_taskid,
    })
}

#[cfg(test)]
mod tests;
