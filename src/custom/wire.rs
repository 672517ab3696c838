//! Tasks and items in the form in which workers exchange them.

use std::sync::Arc;

use indexmap::IndexMap;
use rayon::prelude::*;
use serde::{Serialize, Serializer};

use crate::base::diagnostic::Diagnostic;
use crate::base::json::ToJson;
use crate::base::name::{KindName, Label};
use crate::base::value::{Object, Value};
use crate::custom::version::{Rule, Rules};
use crate::model::id_graph::IdGraph;
use crate::model::planned_dependencies::PlannedDependencies;
use crate::model::task::Task;

/// A task as workers take it, without its definition: that is not always looked into.
#[derive(Serialize)]
struct TaskFields<'t> {
    kind: &'t KindName,
    label: &'t Label,
    description: &'t str,
    attributes: &'t Object,
    optimization: &'t Value,
    #[serde(serialize_with = "in_order")]
    dependencies: &'t IndexMap<String, Label>,
    soft_dependencies: &'t [Label],
    if_dependencies: &'t [Label],
}

fn in_order<S: Serializer>(
    dependencies: &IndexMap<String, Label>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(dependencies)
}

pub(super) fn task_blobs(task: &Task) -> Result<[Arc<[u8]>; 2], Diagnostic> {
    let fields = TaskFields {
        kind: &task.kind,
        label: &task.label,
        description: &task.description,
        attributes: &task.attributes,
        optimization: &task.optimization,
        dependencies: &task.dependencies,
        soft_dependencies: &task.soft_dependencies,
        if_dependencies: &task.if_dependencies,
    };
    Ok([to_blob(&fields)?, to_blob(&task.task)?])
}

pub(super) fn to_blob(value: &impl Serialize) -> Result<Arc<[u8]>, Diagnostic> {
    serde_json::to_vec(value)
        .map(Into::into)
        .map_err(|error| Diagnostic::bug("cannot write data for the Python worker").because(error))
}

/// A graph as workers take it: with its edges, and each task with the dependencies that the installed
/// taskgraph gives it.
pub(super) fn graph_blob(graph: &IdGraph, rules: Rules) -> Result<Arc<[u8]>, Diagnostic> {
    let are_ids = rules.has(Rule::DependenciesAreIds);
    let mut tasks = Object::with_capacity(graph.len());
    for task in graph.tasks() {
        let mut fields = task.to_json();
        let PlannedDependencies { all, edges, named } = &task.dependencies;
        if let Some(named) = named.as_ref().filter(|_| !are_ids) {
            fields["dependencies"] = named
                .iter()
                .map(|(name, label)| (name.clone(), Value::from(label.as_str())))
                .collect::<Object>()
                .into();
        }
        if !are_ids || all != edges {
            let edges = edges.iter();
            fields["edges"] = edges
                .map(|(name, id)| (name.clone(), Value::from(id.as_str())))
                .collect::<Object>()
                .into();
        }
        tasks.insert(task.task_id.to_string(), fields);
    }
    to_blob(&tasks)
}

/// Decodes the lists from a worker and joins them.
pub(super) fn from_blobs(blobs: &[Vec<u8>]) -> Result<Vec<Value>, Diagnostic> {
    let parts = blobs.par_iter().map(|blob| from_blob(blob));
    let parts: Vec<_> = parts.collect::<Result<_, _>>()?;
    Ok(parts.into_iter().flatten().collect())
}

/// Decodes one list from a worker.
pub(super) fn from_blob(blob: &[u8]) -> Result<Vec<Value>, Diagnostic> {
    serde_json::from_slice(blob).map_err(|error| {
        Diagnostic::bug("cannot read the response of the Python worker").because(error)
    })
}
