//! What a project adds to the phases after its kinds: selection of target tasks, verifications, morphs.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexSet;

use super::project::{Custom, GRAPH_WORKER};
use super::registered::is_custom;
use super::wire::to_blob;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{Label, TaskId};
use crate::base::value::{Value, json};
use crate::model::id_graph::{IdGraph, PlannedTask};
use crate::model::label_graph::LabelGraph;
use crate::ports::ids::DerivedIds;
use crate::ports::python::{Call, Exception, Failure};

/// A graph after the project's morphs.
#[derive(Debug)]
pub struct Morphed {
    /// The graph.
    pub graph: IdGraph,
    /// The taskId of each label.
    pub label_to_taskid: BTreeMap<Label, TaskId>,
}

impl Custom<'_> {
    /// Whether a filter of this name is the project's, or applies a target-tasks method that is.
    #[must_use]
    pub fn handles_filter(&self, filter: &str, method: &str, native: bool) -> bool {
        let own = filter != "target_tasks_method";
        is_custom(&self.registered.filters, filter, !own)
            || (!own && is_custom(&self.registered.target_methods, method, native))
    }

    /// Sends the tasks of the full graph that the worker does not have yet.
    pub(super) fn send_all(&self, full: &LabelGraph) -> Result<(), Failure> {
        let labels: Vec<_> = full.labels().map(Label::as_str).collect();
        let call = Call::new("full_graph", json!({"graph": self.graph, "labels": labels}));
        self.with_tasks(GRAPH_WORKER, call, full.tasks().map(Arc::as_ref))?;
        Ok(())
    }

    /// The labels in `left` that a filter keeps.
    ///
    /// # Errors
    /// What the filter or its target-tasks method raises, and labels that do not exist.
    pub fn apply_filter(
        &self,
        filter: &str,
        full: &LabelGraph,
        left: &IndexSet<Label>,
    ) -> Result<IndexSet<Label>, Diagnostic> {
        let what = format!("the filter `{filter}`");
        let failed = |failure: Failure| failure.diagnostic(&what);
        self.send_all(full).map_err(failed)?;
        let labels = full.labels().filter(|label| left.contains(*label));
        let arguments = json!({
            "graph": self.graph,
            "filter": filter,
            "labels": labels.map(Label::as_str).collect::<Vec<_>>(),
            "edges": false,
        });
        let answer = self
            .python
            .call(GRAPH_WORKER, Call::new("filter_tasks", arguments))
            .map_err(failed)?;
        let kept = answer.value["labels"].as_array().into_iter().flatten();
        kept.map(|label| {
            let label = label.as_str().and_then(|label| Label::parse(label).ok());
            label
                .filter(|label| full.get(label).is_some())
                .ok_or_else(|| Diagnostic::user(format!("{what} keeps a task that does not exist")))
        })
        .collect()
    }

    /// Runs the project's verifications of something that is no graph.
    ///
    /// # Errors
    /// Each that fails.
    pub fn verify(&self, phase: &str, arguments: Value) -> Outcome<()> {
        if !self.has_verifications(phase) {
            return Ok(());
        }
        self.run_verifications(phase, arguments, Vec::new())
    }

    /// Runs the project's verifications of a graph by label.
    ///
    /// # Errors
    /// Each that fails.
    pub fn verify_labels(
        &self,
        phase: &str,
        full: &LabelGraph,
        graph: &LabelGraph,
        edges: bool,
    ) -> Outcome<()> {
        if !self.has_verifications(phase) {
            return Ok(());
        }
        self.send_all(full)
            .map_err(|failure| failure.diagnostic("a verification"))?;
        let labels: Vec<_> = graph.labels().map(Label::as_str).collect();
        self.run_verifications(phase, json!({"labels": labels, "edges": edges}), Vec::new())
    }

    /// Runs the project's verifications of a graph by taskId.
    ///
    /// # Errors
    /// Each that fails.
    pub fn verify_ids(&self, phase: &str, graph: &IdGraph) -> Outcome<()> {
        if !self.has_verifications(phase) {
            return Ok(());
        }
        self.run_verifications(phase, json!({}), vec![to_blob(&graph.to_json())?])
    }

    fn has_verifications(&self, phase: &str) -> bool {
        self.registered
            .verified
            .iter()
            .any(|verified| verified == phase)
    }

    fn run_verifications(
        &self,
        phase: &str,
        mut arguments: Value,
        blobs: Vec<Arc<[u8]>>,
    ) -> Outcome<()> {
        arguments["graph"] = Value::from(self.graph.as_str());
        arguments["phase"] = Value::from(phase);
        let mut call = Call::new("verify", arguments);
        call.blobs = blobs;
        let answer = self.python.call(GRAPH_WORKER, call);
        let answer = answer.map_err(|failure| failure.diagnostic("a verification"))?;
        let mut wrong = Diagnostics::new();
        for entry in answer.value["failed"].as_array().into_iter().flatten() {
            let name = entry[0].as_str().unwrap_or_default();
            let what = match phase {
                "initial" => format!("the initial verification `{name}`"),
                _ => format!(
                    "the verification `{name}` of the {}",
                    phase.replace('_', " ")
                ),
            };
            wrong.push(Exception::read(&entry[1]).diagnostic(&what));
        }
        wrong.or_ok(())
    }

    /// Applies the project's morphs.
    ///
    /// Added tasks get taskIds that are derived from their labels, like all other tasks, instead of
    /// random ones.
    ///
    /// # Errors
    /// What a morph raises, and invalid tasks.
    pub fn morph(
        &self,
        graph: IdGraph,
        label_to_taskid: BTreeMap<Label, TaskId>,
        ids: &DerivedIds,
    ) -> Outcome<Morphed> {
        if self.registered.morphs.is_empty() {
            return Ok(Morphed {
                graph,
                label_to_taskid,
            });
        }
        let morphs = self.registered.morphs.join(", ");
        let what = format!("one of the morphs {morphs}");
        let known: BTreeMap<&str, &str> = label_to_taskid
            .iter()
            .map(|(label, id)| (label.as_str(), id.as_str()))
            .collect();
        let mut call = Call::new(
            "morph",
            json!({"graph": self.graph, "label_to_taskid": known}),
        );
        call.blobs.push(to_blob(&graph.to_json())?);
        let answer = self.python.call(GRAPH_WORKER, call);
        let answer = answer.map_err(|failure| failure.diagnostic(&what))?;
        let blob = answer.blobs.first().map(Vec::as_slice).unwrap_or_default();
        let mut text = String::from_utf8_lossy(blob).into_owned();
        let mut labels = answer.value["label_to_taskid"].to_string();
        let added = answer.value["added"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        for (random_id, label) in added
            .iter()
            .filter_map(|pair| Some((pair[0].as_str()?, Label::parse(pair[1].as_str()?).ok()?)))
        {
            let id = ids.id(&label, 0);
            text = text.replace(random_id, id.as_str());
            labels = labels.replace(random_id, id.as_str());
        }
        let unread = |error: serde_json::Error| {
            Diagnostic::bug(format!("cannot read the result of the morphs {morphs}")).because(error)
        };
        let tasks: Value = serde_json::from_str(&text).map_err(unread)?;
        let labels: BTreeMap<String, String> = serde_json::from_str(&labels).map_err(unread)?;
        let mut wrong = Diagnostics::new();
        let mut morphed = Vec::new();
        for (id, value) in tasks.as_object().into_iter().flatten() {
            morphed.extend(wrong.keep(planned_task(id, value, &graph).map_err(Into::into)));
        }
        let mut named = BTreeMap::new();
        for (label, id) in labels {
            match (Label::parse(&label), TaskId::parse(&id)) {
                (Ok(label), Ok(id)) => {
                    named.insert(label, id);
                }
                _ => wrong.push(Diagnostic::user(format!(
                    "{what}: the task `{label}` has an invalid taskId `{id}`"
                ))),
            }
        }
        wrong.or_ok(Morphed {
            graph: IdGraph::new(morphed),
            label_to_taskid: named,
        })
    }
}

/// A task by taskId as a worker sends it.
fn planned_task(id: &str, value: &Value, before: &IdGraph) -> Result<PlannedTask, Diagnostic> {
    let task_id = TaskId::parse(id).map_err(|error| Diagnostic::user(error.to_string()))?;
    let mut value = value.clone();
    let edges = value["dependencies"].take();
    let task = crate::model::task::Task::from_json(&value)?;
    let dependencies = edges
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, to)| {
            let to = TaskId::parse(to.as_str().unwrap_or_default());
            Ok((
                name.to_string(),
                to.map_err(|error| task.diagnostic(error.to_string()))?,
            ))
        })
        .collect::<Result<BTreeMap<_, _>, Diagnostic>>()?
        .into();
    let provenance = before
        .get(&task_id)
        .map(|task| Arc::clone(&task.provenance));
    Ok(PlannedTask {
        task_id,
        kind: task.kind,
        label: task.label,
        description: task.description,
        attributes: task.attributes,
        task: task.task,
        optimization: task.optimization,
        dependencies,
        soft_dependencies: task.soft_dependencies,
        if_dependencies: task.if_dependencies,
        provenance: provenance.unwrap_or_default(),
    })
}
