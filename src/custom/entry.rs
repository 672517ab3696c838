//! What a project's own entry does in a decision.
//!
//! The entry may write what kinds have left in objects of its modules, such as caches. So if it has a decision,
//! all kinds are generated in the process in which that is made.

use std::collections::BTreeMap;

use super::project::{Custom, GRAPH_WORKER};
use super::wire::graph_blob;
use crate::base::diagnostic::Outcome;
use crate::base::name::{Label, TaskId};
use crate::base::value::json;
use crate::model::id_graph::IdGraph;
use crate::model::label_graph::LabelGraph;
use crate::ports::python::{Answer, Call, Failure, Python};

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

/// What is reported to have failed.
const WHAT: &str = "`taskgraph_decision` of the project's entry";

/// Has all kinds generated in one worker if the project's own entry has a decision.
///
/// # Errors
/// When the entry cannot be imported.
pub fn watch(python: &dyn Python) -> Outcome<()> {
    let answer = python.set_up(watch_call());
    let answer = answer.map_err(|failure| failure.diagnostic(WHAT))?;
    if is_watched(&answer) {
        python.use_one();
    }
    Ok(())
}

fn watch_call() -> Call {
    Call::new("watch_decision", json!({}))
}

fn is_watched(answer: &Answer) -> bool {
    answer.value["watched"] == json!(true)
}

/// Artifacts by name.
type Written = BTreeMap<String, Vec<u8>>;

impl Custom<'_> {
    /// Runs the decision of the project's own entry, if it has one, on graphs that have been generated.
    /// Returns the artifacts that it writes in addition to taskgraph's, by name. In a dry run, it does
    /// not index the decision task.
    ///
    /// # Errors
    /// What the entry raises.
    pub fn entry_artifacts(&self, graphs: DecisionGraphs<'_>, dry_run: bool) -> Outcome<Written> {
        let failed = |failure: Failure| failure.diagnostic(WHAT);
        let watched = self.python.call(GRAPH_WORKER, watch_call());
        if !is_watched(&watched.map_err(failed)?) {
            return Ok(Written::new());
        }
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
        call.blobs.push(graph_blob(graphs.morphed, self.rules)?);
        self.send_all_to(GRAPH_WORKER, graphs.full)
            .map_err(failed)?;
        let answer = self.python.call(GRAPH_WORKER, call).map_err(failed)?;
        let names = answer.value["artifacts"].as_array().into_iter().flatten();
        let names = names.filter_map(|name| name.as_str().map(str::to_owned));
        Ok(names.zip(answer.blobs).collect())
    }
}
