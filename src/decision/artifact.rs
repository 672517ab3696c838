//! The artifacts of a decision, in taskgraph's formats.

use std::collections::BTreeMap;

use crate::base::diagnostic::Diagnostic;
use crate::base::json::{self, Entries};
use crate::base::name::{Label, TaskId};
use crate::base::value::{Object, Value};
use crate::config::yaml;
use crate::custom::version::{Rule, Rules};
use crate::model::id_graph::IdGraph;
use crate::model::label_graph::LabelGraph;
use crate::ports::artifacts::Artifacts;

pub use crate::ports::artifacts::write_json;

/// Writes a graph as JSON.
///
/// # Errors
/// The artifact cannot be written.
pub fn write_graph(
    artifacts: &dyn Artifacts,
    name: &str,
    graph: &impl Entries,
) -> Result<(), Diagnostic> {
    tracing::info!("writing artifact file `{name}`");
    artifacts.write(name, json::pretty_of(graph).as_bytes())
}

/// Writes `task-graph.json`, with the dependencies that the installed taskgraph writes.
///
/// # Errors
/// The artifact cannot be written.
pub fn write_task_graph(
    artifacts: &dyn Artifacts,
    graph: &IdGraph,
    rules: Rules,
) -> Result<(), Diagnostic> {
    write_graph(artifacts, "task-graph.json", &documented(graph, rules))
}

/// Returns a graph with the dependencies that the installed taskgraph writes.
#[must_use]
pub fn documented(graph: &IdGraph, rules: Rules) -> IdGraph {
    match rules.has(Rule::AllDependenciesAreWritten) {
        true => graph.clone(),
        false => graph.clone().with_edges_alone(),
    }
}

/// Writes YAML.
///
/// # Errors
/// The artifact cannot be written.
pub fn write_yaml(artifacts: &dyn Artifacts, name: &str, value: &Value) -> Result<(), Diagnostic> {
    tracing::info!("writing artifact file `{name}`");
    artifacts.write(name, yaml::dump(value).as_bytes())
}

/// Writes the taskId of each label.
///
/// # Errors
/// The artifact cannot be written.
pub fn write_label_to_taskid(
    artifacts: &dyn Artifacts,
    name: &str,
    ids: &BTreeMap<Label, TaskId>,
) -> Result<(), Diagnostic> {
    let ids = ids
        .iter()
        .map(|(l, id)| (l.to_string(), Value::from(id.as_str())))
        .collect();
    write_json(artifacts, name, &Value::Object(ids))
}

/// Builds the content of `runnable-jobs.json`: symbol, group, collection and platform of each task
/// that Treeherder shows.
#[must_use]
pub fn runnable_jobs(full: &LabelGraph) -> Value {
    let mut jobs = Object::new();
    for task in full.tasks() {
        let treeherder = task
            .task
            .get("extra")
            .and_then(|extra| extra.get("treeherder"));
        let Some(treeherder) = treeherder.and_then(Value::as_object) else {
            continue;
        };
        let mut job = Object::new();
        for key in ["symbol", "groupName", "groupSymbol", "collection"] {
            job.extend(treeherder.get(key).map(|value| (key, value.clone())));
        }
        let platform = treeherder
            .get("machine")
            .and_then(|machine| machine.get("platform"));
        let platform = platform.filter(|value| crate::base::value::truthy(value));
        job.extend(platform.map(|value| ("platform", value.clone())));
        jobs.insert(task.label.to_string(), Value::Object(job));
    }
    Value::Object(jobs)
}
