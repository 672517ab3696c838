//! What a project adds to the phases after its kinds: selection of target tasks and verifications.

use std::sync::Arc;

use indexmap::IndexSet;

use super::project::{Custom, GRAPH_WORKER};
use super::registered::is_custom;
use super::wire::{from_blobs, graph_blob};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::Label;
use crate::base::value::{Value, json};
use crate::model::id_graph::IdGraph;
use crate::model::label_graph::LabelGraph;
use crate::model::task::Task;
use crate::ports::python::{Call, Exception, Failure};

/// The result of a filter.
#[derive(Debug)]
pub struct Filtered {
    /// The labels that it keeps.
    pub kept: IndexSet<Label>,
    /// The tasks that it has changed, even if it does not keep them.
    pub changed: Vec<Task>,
    /// Where its function is: `NAME at FILE:LINE`.
    pub function: Option<String>,
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
        self.send_all_to(GRAPH_WORKER, full)
    }

    /// Sends the tasks of the full graph that one of the workers does not have yet.
    pub(super) fn send_all_to(&self, worker: usize, full: &LabelGraph) -> Result<(), Failure> {
        let labels: Vec<_> = full.labels().map(Label::as_str).collect();
        let call = Call::new("full_graph", json!({"graph": self.graph, "labels": labels}));
        self.with_tasks(worker, call, full.tasks().map(Arc::as_ref))?;
        Ok(())
    }

    /// Applies a filter to the tasks in `left`.
    ///
    /// # Errors
    /// What the filter or its target-tasks method raises, and labels that do not exist.
    pub fn apply_filter(
        &self,
        filter: &str,
        full: &LabelGraph,
        left: &IndexSet<Label>,
    ) -> Result<Filtered, Diagnostic> {
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
        let kept = kept.map(|label| {
            let label = label.as_str().and_then(|label| Label::parse(label).ok());
            label
                .filter(|label| full.get(label).is_some())
                .ok_or_else(|| Diagnostic::user(format!("{what} keeps a task that does not exist")))
        });
        let changed = from_blobs(&answer.blobs)?;
        let changed = changed.iter().map(|value| -> Result<Task, Diagnostic> {
            let mut task = Task::from_json(value)?;
            if let Some(before) = full.get(&task.label) {
                // The edges of the graph stay.
                task.dependencies = before.dependencies.clone();
                task.provenance = Arc::clone(&before.provenance);
            }
            Ok(task)
        });
        Ok(Filtered {
            kept: kept.collect::<Result<_, _>>()?,
            changed: changed.collect::<Result<_, _>>()?,
            function: answer.value["function"].as_str().map(str::to_owned),
        })
    }

    /// Runs the project's verifications of something that is no graph.
    ///
    /// # Errors
    /// Each that fails.
    pub fn verify(&self, phase: &str, arguments: Value) -> Outcome<()> {
        if !self.verifies_in_python(phase) {
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
        if !self.verifies_in_python(phase) {
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
        if !self.verifies_in_python(phase) {
            return Ok(());
        }
        self.run_verifications(phase, json!({}), vec![graph_blob(graph, self.rules)?])
    }

    /// Whether the built-in verification of this name runs: it does unless the project has removed or
    /// replaced it.
    #[must_use]
    pub fn keeps_verification(&self, name: &str) -> bool {
        let in_use = self.registered.verifications.as_ref();
        in_use.is_none_or(|table| table.iter().any(|one| !one.own && one.name == name))
    }

    /// Whether a verification of this phase runs in Python: one that is the project's, or is not
    /// built in.
    fn verifies_in_python(&self, phase: &str) -> bool {
        let in_use = self.registered.verifications.iter().flatten();
        let mut of_phase = in_use.filter(|one| one.phase == phase);
        of_phase.any(|one| one.own || !self.native.verifications.contains(&one.name.as_str()))
    }

    fn run_verifications(
        &self,
        phase: &str,
        mut arguments: Value,
        blobs: Vec<Arc<[u8]>>,
    ) -> Outcome<()> {
        arguments["graph"] = Value::from(self.graph.as_str());
        arguments["phase"] = Value::from(phase);
        arguments["skip"] = json!(self.native.verifications);
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
}
