//! What a project's own entry does in a decision.
//!
//! The entry may write what kinds have left in objects of its modules, such as caches. Kinds are generated in
//! several workers, so the decision is made in the one that has all changes of the objects that it uses. If
//! none has, it is made in each: the artifacts must be the same.

use std::collections::{BTreeMap, BTreeSet};

use super::project::Custom;
use super::wire::graph_blob;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::{Label, TaskId};
use crate::base::value::{Value, json};
use crate::model::id_graph::IdGraph;
use crate::model::label_graph::LabelGraph;
use crate::ports::python::{Call, Failure, Python, WORKERS};

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

/// Has workers remember the objects that the decision of the project's own entry uses, before kinds are
/// generated.
///
/// # Errors
/// When the entry cannot be imported.
pub fn watch(python: &dyn Python) -> Outcome<()> {
    let watched = python.set_up(Call::new("watch_decision", json!({})));
    watched.map_err(|failure| failure.diagnostic(WHAT))?;
    Ok(())
}

/// Artifacts by name.
type Written = BTreeMap<String, Vec<u8>>;

impl Custom<'_> {
    /// Runs the decision of the project's own entry, if it has one, on graphs that have been generated.
    /// Returns the artifacts that it writes in addition to taskgraph's, by name. In a dry run, it does
    /// not index the decision task.
    ///
    /// # Errors
    /// What the entry raises, and if the artifacts depend on which worker has generated which kind.
    pub fn entry_artifacts(&self, graphs: DecisionGraphs<'_>, dry_run: bool) -> Outcome<Written> {
        let failed = |failure: Failure| failure.diagnostic(WHAT);
        let workers = self.workers_with_changes().map_err(failed)?;
        if workers.is_empty() {
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
        let mut first: Option<Written> = None;
        for worker in workers {
            self.send_all_to(worker, graphs.full).map_err(failed)?;
            let answer = self.python.call(worker, call.clone()).map_err(failed)?;
            let names = answer.value["artifacts"].as_array().into_iter().flatten();
            let names = names.filter_map(|name| name.as_str().map(str::to_owned));
            let written: Written = names.zip(answer.blobs).collect();
            match &first {
                Some(first) => check_equal(first, &written)?,
                None => first = Some(written),
            }
        }
        Ok(first.unwrap_or_default())
    }

    /// The worker in which every object has changed as in the others that have changed it, or all workers if
    /// there is none; no worker if the entry has no decision.
    fn workers_with_changes(&self) -> Result<Vec<usize>, Failure> {
        let mut changes = BTreeMap::new();
        for worker in self.python.running() {
            let call = Call::new("changed_objects", json!({}));
            let mut answer = self.python.call(worker, call)?;
            let Value::Object(objects) = answer.value["objects"].take() else {
                return Ok(Vec::new());
            };
            let names: Vec<_> = objects.keys().map(|name| name.as_str()).collect();
            tracing::debug!(
                "Worker {worker} has changed for the decision: {}",
                names.join(", ")
            );
            changes.insert(worker, objects);
        }
        let has_all = |worker: &&usize| {
            let mut others = changes.values().flat_map(|objects| objects.iter());
            others.all(|(name, digest)| changes[*worker].get(name) == Some(digest))
        };
        Ok(match changes.keys().find(has_all) {
            Some(worker) => vec![*worker],
            None => changes.into_keys().collect(),
        })
    }
}

/// Refuses artifacts of two workers that differ.
fn check_equal(first: &Written, second: &Written) -> Outcome<()> {
    let names: BTreeSet<&String> = first.keys().chain(second.keys()).collect();
    let content =
        |written: &Written, name: &String| written.get(name).map(|bytes| without_time(bytes));
    let differ = |name: &&&String| content(first, name) != content(second, name);
    let differing: Vec<_> = names
        .iter()
        .filter(differ)
        .map(|name| name.as_str())
        .collect();
    if differing.is_empty() {
        return Ok(());
    }
    let message = format!(
        "{WHAT} writes {}, which depends on kinds that were generated in different processes",
        differing.join(", ")
    );
    let help = format!("set {WORKERS}=1 to generate all kinds in one process");
    Err(Diagnostic::user(message).help(help).into())
}

/// The bytes of a file; those of gzip without the time when it was written.
fn without_time(bytes: &[u8]) -> Vec<u8> {
    const MAGIC: [u8; 2] = [0x1f, 0x8b];
    const TIME: std::ops::Range<usize> = 4..8;
    let mut bytes = bytes.to_vec();
    if bytes.starts_with(&MAGIC)
        && let Some(time) = bytes.get_mut(TIME)
    {
        time.fill(0);
    }
    bytes
}
