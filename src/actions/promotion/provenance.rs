//! The artifact `provenance.json` of a promotion: where the task of each label came from.
//!
//! For each label of the graph it names the taskId, the graph that created it, and the revision of
//! that graph. Cached tasks are found by the digest of their inputs, so their origin is not recorded.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::existing;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::{Label, TaskId};
use crate::ports::taskcluster::Taskcluster;

/// The name of the artifact.
pub const ARTIFACT: &str = "provenance.json";

/// Where the tasks of a graph came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Provenance {
    /// The action task that promoted.
    pub action: TaskId,
    /// The flavors that it promoted.
    pub flavors: Vec<String>,
    /// The graphs that it was created on top of, in order.
    pub previous: Vec<TaskId>,
    /// What is known of these graphs and of earlier ones.
    pub graphs: BTreeMap<TaskId, GraphRecord>,
    /// The task of each label.
    pub tasks: BTreeMap<Label, Source>,
}

/// A graph that provenance refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphRecord {
    /// The revision that it was created for.
    pub revision: String,
    /// The graphs that it was created on top of, in order.
    pub previous: Vec<TaskId>,
}

/// Where the task of a label came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// The task.
    pub task_id: TaskId,
    /// How it got into this graph.
    pub how: Origin,
    /// The graph that created it, if known.
    pub graph: Option<TaskId>,
    /// The revision of that graph.
    pub revision: Option<String>,
}

/// How a task got into a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The graph created it.
    Created,
    /// An earlier graph has it.
    Reused,
    /// The index has it.
    Found,
}

impl Provenance {
    /// Returns which graph was created on top of which.
    pub fn edges(&self) -> impl Iterator<Item = (TaskId, TaskId)> {
        let own = self
            .previous
            .iter()
            .map(|to| (self.action.clone(), to.clone()));
        let below = self
            .graphs
            .iter()
            .flat_map(|(from, graph)| graph.previous.iter().map(|to| (from.clone(), to.clone())));
        own.chain(below)
    }
}

/// Reads the provenance of a graph; `None` if it has none, as with decision tasks.
///
/// # Errors
/// When it cannot be read or is malformed.
pub async fn fetch(taskcluster: &dyn Taskcluster, id: &TaskId) -> Outcome<Option<Provenance>> {
    let name = format!("public/{ARTIFACT}");
    match taskcluster.artifact(id, &name).await {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|error| {
            Diagnostic::user(format!("{name} of {id} is malformed"))
                .because(error)
                .into()
        }),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(existing::artifact_error(id, &name, &error).into()),
    }
}
