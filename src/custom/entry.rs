//! What a project's own entry does in a decision.

use std::collections::BTreeMap;

use super::project::{Custom, GRAPH_WORKER};
use super::wire::to_blob;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::{Label, TaskId};
use crate::base::value::json;
use crate::model::id_graph::IdGraph;
use crate::model::label_graph::LabelGraph;
use crate::ports::python::{Call, Failure};

/// The graphs of a decision.
#[derive(Debug, Clone, Copy)]
pub struct DecisionGraphs<'g> {
    /// The decision task.
    pub decision_task_id: &'g TaskId,
    /// The full task graph.
    pub full: &'g LabelGraph,
    /// The labels of the target tasks.
    pub targets: &'g [Label],
    /// The tasks to create.
    pub morphed: &'g IdGraph,
    /// The taskId of each label.
    pub label_to_taskid: &'g BTreeMap<Label, TaskId>,
}

impl Custom<'_> {
    /// Runs the decision of the project's own entry, if it has one, on graphs that have been generated.
    /// Returns the artifacts that it writes in addition to taskgraph's, by name. In a dry run, it does
    /// not index the decision task.
    ///
    /// # Errors
    /// What the entry raises.
    pub fn entry_artifacts(
        &self,
        graphs: DecisionGraphs<'_>,
        dry_run: bool,
    ) -> Outcome<Vec<(String, Vec<u8>)>> {
        let failed = |failure: Failure| -> Diagnostic {
            failure.diagnostic("`taskgraph_decision` of the project's entry")
        };
        if !self.has_entry_decision().map_err(failed)? {
            return Ok(Vec::new());
        }
        self.send_all(graphs.full).map_err(failed)?;
        let ids = graphs.label_to_taskid.iter();
        let ids: BTreeMap<&str, &str> = ids.map(|(l, id)| (l.as_str(), id.as_str())).collect();
        let arguments = json!({
            "graph": self.graph,
            "full": graphs.full.labels().map(Label::as_str).collect::<Vec<_>>(),
            "targets": graphs.targets.iter().map(Label::as_str).collect::<Vec<_>>(),
            "label_to_taskid": ids,
            "decision": graphs.decision_task_id.as_str(),
            "testing": dry_run,
        });
        let mut call = Call::new("entry_artifacts", arguments);
        call.blobs.push(to_blob(&graphs.morphed.to_json())?);
        let answer = self.python.call(GRAPH_WORKER, call).map_err(failed)?;
        let names = answer.value["artifacts"].as_array().into_iter().flatten();
        let names = names.filter_map(|name| name.as_str().map(str::to_owned));
        Ok(names.zip(answer.blobs).collect())
    }

    fn has_entry_decision(&self) -> Result<bool, Failure> {
        let call = Call::new("has_entry_decision", json!({}));
        let answer = self.python.call(GRAPH_WORKER, call)?;
        Ok(answer.value["found"].as_bool().unwrap_or_default())
    }
}
