//! The artifact `provenance.json` of a promotion: where the task of each label came from.
//!
//! For each label of the graph it names the taskId, the graph that created it, and the revision that
//! this graph was made for. Tasks that caches hold are found by what they are made of; where they
//! came from means nothing, and is not told.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::super::existing;
use super::previous::Graph;
use super::some;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{Label, TaskId};
use crate::decision::Prepared;
use crate::optimize::{Action, Reason};
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
    /// The graphs that it was put on, in order.
    pub previous: Vec<TaskId>,
    /// What is known of these graphs, and of those below them.
    pub graphs: BTreeMap<TaskId, Below>,
    /// The task of each label.
    pub tasks: BTreeMap<Label, Source>,
}

/// A graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Below {
    /// The revision that it was made for.
    pub revision: String,
    /// The graphs that it was put on, in order.
    pub previous: Vec<TaskId>,
}

/// Where the task of a label came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// The task.
    pub task_id: TaskId,
    /// How it got into this graph.
    pub how: How,
    /// The graph that created it, where that is known.
    pub graph: Option<TaskId>,
    /// The revision that this graph was made for.
    pub revision: Option<String>,
}

/// How a task got into a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// The graph created it.
    Created,
    /// A graph below has it.
    Reused,
    /// The index has it.
    Found,
}

impl Provenance {
    /// Which graph rests on which.
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

/// What a graph tells of itself; `None` when it tells nothing, as decisions do.
///
/// # Errors
/// When it cannot be had or is malformed.
pub async fn fetch(taskcluster: &dyn Taskcluster, id: &TaskId) -> Outcome<Option<Provenance>> {
    let name = format!("public/{ARTIFACT}");
    match taskcluster.artifact(id, &name).await {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|error| {
            Diagnostic::user(format!("{name} of {id} is malformed"))
                .because(error)
                .into()
        }),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(existing::missing(id, &name, &error).into()),
    }
}

/// Tells where the tasks of a graph came from that is put on `graphs`.
pub fn of(
    action: &TaskId,
    flavors: Vec<String>,
    revision: &str,
    graphs: &[Graph],
    prepared: &Prepared,
) -> Provenance {
    let mut below: BTreeMap<TaskId, Below> = BTreeMap::new();
    for graph in graphs {
        let told = graph.provenance.as_ref();
        below.extend(told.into_iter().flat_map(|told| told.graphs.clone()));
        let previous = told.map(|told| told.previous.clone()).unwrap_or_default();
        let revision = graph.parameter("head_rev").to_owned();
        below.insert(graph.id.clone(), Below { revision, previous });
    }
    let tasks = prepared.morphed.label_to_taskid.iter();
    let tasks = tasks.map(|(label, task_id)| {
        let verdict = prepared.optimized.verdicts.get(label);
        let replaced = verdict.filter(|v| matches!(v.action, Action::Replaced(_)));
        let source = match replaced {
            Some(verdict) if verdict.reason == Reason::ExistingTasks => {
                let (graph, revision) = origin(graphs, label, task_id).unzip();
                Source {
                    task_id: task_id.clone(),
                    how: How::Reused,
                    graph,
                    revision,
                }
            }
            Some(_) => Source {
                task_id: task_id.clone(),
                how: How::Found,
                graph: None,
                revision: None,
            },
            None => Source {
                task_id: task_id.clone(),
                how: How::Created,
                graph: Some(action.clone()),
                revision: Some(revision.to_owned()),
            },
        };
        (label.clone(), source)
    });
    Provenance {
        action: action.clone(),
        flavors,
        previous: graphs.iter().map(|graph| graph.id.clone()).collect(),
        tasks: tasks.collect(),
        graphs: below,
    }
}

/// The graph that created a task, and its revision.
fn origin(graphs: &[Graph], label: &Label, task_id: &TaskId) -> Option<(TaskId, String)> {
    let by_creation = graphs
        .iter()
        .rev()
        .find(|graph| graph.created.contains(task_id));
    if let Some(graph) = by_creation {
        return Some((graph.id.clone(), graph.parameter("head_rev").to_owned()));
    }
    // It is from below these graphs.
    graphs.iter().rev().find_map(|graph| {
        let source = graph.provenance.as_ref()?.tasks.get(label)?;
        (source.task_id == *task_id)
            .then(|| Some((source.graph.clone()?, source.revision.clone()?)))
            .flatten()
    })
}

/// Warns where the previous graphs, or graphs below them, were made from several revisions: a later
/// flavor may not be allowed to ship that.
pub fn warn_of_revisions(provenance: &Provenance, graphs: &[Graph]) {
    let mut revisions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for graph in graphs {
        let of = revisions.entry(graph.parameter("head_rev")).or_default();
        of.push(graph.id.as_str());
    }
    for (id, graph) in &provenance.graphs {
        let of = revisions.entry(&graph.revision).or_default();
        if !of.contains(&id.as_str()) {
            of.push(id.as_str());
        }
    }
    if revisions.len() < 2 {
        return;
    }
    let parts: Vec<String> = revisions
        .iter()
        .map(|(revision, ids)| format!("{} from {revision}", some(ids)))
        .collect();
    tracing::warn!(
        "the previous graphs were made from several revisions: {}; a flavor that ships refuses what \
         one phase has made from several, unless `allow_mixed_revisions` accepts it",
        parts.join("; ")
    );
}

/// The phase in which nothing is shipped any more that was not made from one revision.
const SHIP: &str = "ship";

/// Refuses to ship what was made from several revisions.
///
/// What is shipped may have been built from another revision than the one that the action was fired
/// from, since a fix of the graph may have landed. But all that one phase has made of it has to
/// come from one.
///
/// # Errors
/// Every phase whose tasks come from several, with the first task that would ship them.
pub fn check(provenance: &Provenance, prepared: &Prepared) -> Outcome<()> {
    let graph = &prepared.target.graph;
    let dag = graph.dag();
    let phase = |label: &Label| {
        let task = graph.get(label);
        task.and_then(|task| task.attribute_str("shipping_phase"))
            .unwrap_or("build")
            .to_owned()
    };
    let created = |label: &&Label| {
        let source = provenance.tasks.get(*label);
        source.is_some_and(|source| source.how == How::Created)
    };
    let mut shipping: Vec<&Label> = graph.labels().filter(created).collect();
    shipping.retain(|label| phase(label) == SHIP);
    shipping.sort_unstable();
    let mut wrong = Diagnostics::new();
    let mut told: BTreeSet<String> = BTreeSet::new();
    for label in shipping {
        let mut found: BTreeMap<String, BTreeMap<&str, Vec<&Label>>> = BTreeMap::new();
        let inputs = dag.closure([label]);
        for input in &inputs {
            let revision = provenance.tasks.get(input);
            if let Some(revision) = revision.and_then(|source| source.revision.as_deref()) {
                let of_phase = found.entry(phase(input)).or_default();
                of_phase.entry(revision).or_default().push(input);
            }
        }
        found.remove(SHIP);
        for (phase, revisions) in found {
            if revisions.len() > 1 && told.insert(phase.clone()) {
                wrong.push(mixed(label, &phase, &revisions));
            }
        }
    }
    wrong.or_ok(())
}

fn mixed(label: &Label, phase: &str, revisions: &BTreeMap<&str, Vec<&Label>>) -> Diagnostic {
    let parts: Vec<String> = revisions
        .iter()
        .map(|(revision, labels)| {
            let first = labels.first().map_or("", |label| label.as_str());
            match labels.len() {
                1 => format!("{first} from {revision}"),
                n => format!("{first} and {} more from {revision}", n - 1),
            }
        })
        .collect();
    Diagnostic::user(format!(
        "it would ship what the phase `{phase}` has made from several revisions"
    ))
    .in_task(label.as_str())
    .because(parts.join("; "))
    .help(
        "promote again from one revision; `allow_mixed_revisions: true` ships it all the same, when \
         that is meant",
    )
}
