//! Morphs: changes to the optimized graph that the queue needs and that leave its meaning alone.

mod code_review;
mod context;
mod index_tasks;
pub mod staged;

use std::collections::BTreeMap;

use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::{Label, TaskId};
use crate::base::text::plural;
use crate::base::value::truthy;
use crate::custom::Custom;
use crate::model::id_graph::IdGraph;
use crate::optimize::OptimizedTaskGraph;

use context::Change;
pub use context::MorphContext;

/// The tasks to create, and the taskId of every label, including replaced tasks.
#[derive(Debug, Clone)]
pub struct MorphedTaskGraph {
    /// The tasks.
    pub graph: IdGraph,
    /// The taskId of each label.
    pub label_to_taskid: BTreeMap<Label, TaskId>,
}

/// A morph, which changes tasks of the graph and adds tasks.
#[derive(Debug)]
pub struct Morph {
    /// Its name, for the reference.
    pub name: &'static str,
    /// What it does, for the reference.
    pub doc: &'static str,
    run: fn(IdGraph, MorphContext<'_>) -> Result<Change, Diagnostic>,
}

/// Every morph, in the order in which they run.
pub static MORPHS: &[Morph] = &[
    Morph {
        name: "add_index_tasks",
        doc: "moves the index routes of tasks with more routes than the queue allows to a separate task",
        run: index_tasks::run,
    },
    Morph {
        name: "add_code_review_task",
        doc: "adds a task that notifies code review when all tasks with the attribute `code-review` are done",
        run: code_review::run,
    },
];

/// The names of all morphs, in the order in which they run.
#[must_use]
pub fn names() -> Vec<&'static str> {
    MORPHS.iter().map(|morph| morph.name).collect()
}

/// Applies the morphs that the project uses: the built-in ones as long as no other comes before them,
/// then the others.
///
/// # Errors
/// If a morph cannot be applied, or adds a task with an existing label.
pub fn morph(
    optimized: &OptimizedTaskGraph,
    context: MorphContext<'_>,
) -> Outcome<MorphedTaskGraph> {
    let mut graph = optimized.graph.clone();
    let mut label_to_taskid = optimized.label_to_taskid.clone();
    let kept = context.custom.map_or(MORPHS.len(), Custom::built_in_morphs);
    for morph in MORPHS.iter().take(kept) {
        let (changed, added) = (morph.run)(graph, context)?;
        for task in &added {
            if label_to_taskid.contains_key(&task.label) {
                return Err(Diagnostic::user(format!(
                    "the morph {} adds a task `{}`, but another task already has this label",
                    morph.name, task.label
                ))
                .help("rename the other task")
                .into());
            }
            label_to_taskid.insert(task.label.clone(), task.task_id.clone());
        }
        if !added.is_empty() {
            tracing::info!("Morph {} added {}", morph.name, plural(added.len(), "task"));
        }
        graph = changed.and(added);
    }
    if let Some(custom) = context.custom {
        let before = graph.len();
        let morphed = custom.morph(graph, label_to_taskid, context.ids)?;
        (graph, label_to_taskid) = (morphed.graph, morphed.label_to_taskid);
        if graph.len() > before {
            let added = graph.len() - before;
            tracing::info!("Morphs of the project added {}", plural(added, "task"));
        }
    }
    // Last, so that tasks that morphs have added or changed are staged as they would be created.
    if let Some(settings) = staged::settings(context.graph_config, context.params)? {
        settings.check(graph.tasks())?;
        if settings.stages {
            let own = context.environment.get("TASK_ID");
            let own = own.and_then(|id| TaskId::parse(id).ok());
            let settings = settings
                .with_image(context.image)
                .in_tasks(context.environment)
                .published_by(own.as_ref());
            let later = context.params.get("existing_tasks").is_some_and(truthy);
            let existing = staged::Existing {
                tasks: &optimized.replaced,
                ids: &label_to_taskid,
            };
            graph = staged::stage(graph, &settings, existing, own.as_ref().filter(|_| later))?;
        }
    }
    Ok(MorphedTaskGraph {
        graph,
        label_to_taskid,
    })
}

#[cfg(test)]
mod tests;
