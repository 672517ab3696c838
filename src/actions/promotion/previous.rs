//! The previous graphs, on top of which a promotion is created.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::IgnoredAny;

use super::super::action::Call;
use super::super::existing::{self, decision_task};
use super::input::PromotionInput;
use super::provenance::{self, Provenance};
use crate::base::dag::Dag;
use crate::base::diagnostic::{Class, Diagnostic, Diagnostics, Outcome};
use crate::base::name::{KindName, Label, TaskId};
use crate::base::task_state::TaskState;
use crate::base::time::Timestamp;
use crate::base::value::{Object, Value};
use crate::decision::index::task_at;
use crate::ports::taskcluster::Taskcluster;

/// A graph that is promoted.
#[derive(Debug)]
pub struct PreviousGraph {
    /// Its decision or action task.
    pub id: TaskId,
    /// Its parameters.
    pub parameters: Object,
    /// The kinds of its labels.
    pub kinds: BTreeMap<Label, KindName>,
    /// The taskIds of its labels, including those that it reuses.
    pub label_to_taskid: BTreeMap<Label, TaskId>,
    /// The tasks that it created itself.
    pub created: BTreeSet<TaskId>,
    /// Where the tasks of its labels came from, if it has recorded it.
    pub provenance: Option<Provenance>,
}

impl PreviousGraph {
    /// Whether an action created it, on top of other graphs.
    pub fn is_of_action(&self) -> bool {
        self.parameter("tasks_for") == "action"
    }

    /// Whether it was created on top of another graph: according to its provenance, or, if it has
    /// none, because an action created this graph and no action created the other.
    pub fn is_on(&self, other: &Self) -> bool {
        match &self.provenance {
            Some(provenance) => provenance.graphs.contains_key(&other.id),
            None => self.is_of_action() && !other.is_of_action(),
        }
    }

    /// Returns a parameter that is a string.
    pub fn parameter(&self, name: &str) -> &str {
        self.parameters
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

/// Returns the graphs to promote, in order: those of the input, or that of the push.
///
/// # Errors
/// When they cannot be found.
pub async fn ids(call: &Call<'_>, input: &PromotionInput<'_>) -> Outcome<Vec<TaskId>> {
    if !input.previous.is_empty() {
        return Ok(input.previous.clone());
    }
    let taskcluster = call.context.taskcluster()?;
    let revision = call.input.get("revision").and_then(Value::as_str);
    if let Some(revision) = revision.filter(|text| !text.is_empty()) {
        return Ok(vec![by_revision(call, taskcluster, revision).await?]);
    }
    let found = decision_task(taskcluster, call.graph_config, call.params).await?;
    let found = found.or_else(|| call.task_group_id.clone());
    let found = found.ok_or_else(|| {
        Diagnostic::user("the index has no decision task of this push")
            .help("list the graphs to promote in `previous_graph_ids`")
    })?;
    Ok(vec![found])
}

async fn by_revision(
    call: &Call<'_>,
    taskcluster: &dyn Taskcluster,
    revision: &str,
) -> Outcome<TaskId> {
    let path = existing::revision_path(call.graph_config, call.params.project(), revision);
    task_at(taskcluster, &path).await?.ok_or_else(|| {
        Diagnostic::user(format!(
            "the index has no decision task of the revision {revision}"
        ))
        .because(format!("the index has no task at `{path}`"))
        .help("use the full revision of a push, or list the graphs in `previous_graph_ids`")
        .into()
    })
}

/// Reads the graphs.
///
/// # Errors
/// Every graph that cannot be read, belongs to another project, or was created on top of this one.
pub async fn read(call: &Call<'_>, ids: &[TaskId]) -> Outcome<Vec<PreviousGraph>> {
    let mut wrong = Diagnostics::new();
    if ids.contains(&call.action_task) {
        wrong.push(
            Diagnostic::user(format!(
                "`previous_graph_ids` contains {}, which is this action task itself",
                call.action_task
            ))
            .help("list graphs that were created before it"),
        );
        return wrong.or_ok(Vec::new());
    }
    let mut graphs = Vec::new();
    for id in ids {
        graphs.extend(wrong.keep(read_graph(call, id).await));
    }
    for graph in &graphs {
        for name in ["project", "head_repository"] {
            let (actual, expected) = (graph.parameter(name), call.params.str(name));
            if actual != expected {
                wrong.push(
                    Diagnostic::user(format!(
                        "the graph {} belongs to another project: its {name} is `{actual}`, but that of this \
                         project is `{expected}`",
                        graph.id
                    ))
                    .help("list only graphs of this project in `previous_graph_ids`"),
                );
                break;
            }
        }
    }
    wrong.or_ok(())?;
    check_cycle(call, &graphs)?;
    Ok(graphs)
}

/// Refuses graphs that depend on each other: the ids in their artifacts were tampered with.
fn check_cycle(call: &Call<'_>, graphs: &[PreviousGraph]) -> Outcome<()> {
    let mut edges: BTreeSet<(TaskId, TaskId)> = graphs
        .iter()
        .map(|graph| (call.action_task.clone(), graph.id.clone()))
        .collect();
    for provenance in graphs.iter().filter_map(|graph| graph.provenance.as_ref()) {
        edges.extend(provenance.edges());
    }
    let nodes: BTreeSet<TaskId> = edges
        .iter()
        .flat_map(|(from, to)| [from.clone(), to.clone()])
        .collect();
    let dag = Dag::new(nodes, edges);
    let Err(cycle) = dag.dependencies_first() else {
        return Ok(());
    };
    let path: Vec<&str> = cycle
        .0
        .iter()
        .chain(cycle.0.first())
        .map(TaskId::as_str)
        .collect();
    Err(Diagnostic::user(format!(
        "the previous graphs depend on each other: {}",
        path.join(" -> ")
    ))
    .because(format!(
        "according to their artifacts {}",
        provenance::ARTIFACT
    ))
    .help("leave one of them out of `previous_graph_ids`")
    .into())
}

async fn read_graph(call: &Call<'_>, id: &TaskId) -> Outcome<PreviousGraph> {
    let taskcluster = call.context.taskcluster()?;
    let read = async {
        let mut wrong = Diagnostics::new();
        let full = wrong.keep(existing::full_task_graph(taskcluster, id).await);
        let labels = existing::label_to_taskid(taskcluster, id).await;
        // Without the taskIds, everything that the graph has built would be built again. If the
        // graph is missing too, that error is enough.
        if full.is_some() && labels == Ok(None) {
            wrong.push(
                Diagnostic::user(format!("the graph {id} has no label-to-taskid.json"))
                    .help("list only graphs in `previous_graph_ids` whose decision or action task has completed"),
            );
        }
        let labels = wrong.keep(labels).flatten();
        wrong.or_ok(())?;
        let parameters = existing::parameters(taskcluster, id).await?;
        let tasks = full.iter().flat_map(|full| full.tasks());
        Ok(PreviousGraph {
            id: id.clone(),
            parameters,
            kinds: tasks
                .map(|task| (task.label.clone(), task.kind.clone()))
                .collect(),
            label_to_taskid: labels.unwrap_or_default(),
            created: created(taskcluster, id).await?,
            provenance: provenance::fetch(taskcluster, id).await?,
        })
    };
    match read.await {
        Ok(graph) => Ok(graph),
        Err(wrong) => Err(with_cause(call, id, wrong).await),
    }
}

/// Adds why a graph has no artifacts, if the queue knows.
async fn with_cause(call: &Call<'_>, id: &TaskId, wrong: Diagnostics) -> Diagnostics {
    let Ok(taskcluster) = call.context.taskcluster() else {
        return wrong;
    };
    let why = match taskcluster.task(id).await {
        Err(error) if error.is_not_found() => Some(
            "the queue has no such task: the taskId is wrong, or the task has expired".to_owned(),
        ),
        Err(_) => None,
        Ok(task) => {
            let expires = task["expires"].as_str().and_then(Timestamp::parse);
            let expired = expires.filter(|expires| *expires <= call.context.clock.now());
            match expired {
                Some(expires) => Some(format!("the task and its artifacts expired on {expires}")),
                None => unfinished(taskcluster, id).await,
            }
        }
    };
    match why {
        Some(why) => wrong.map(|diagnostic| match (&diagnostic.cause, diagnostic.class) {
            (Some(cause), Class::User) if cause.starts_with("HTTP 4") => {
                let cause = format!("{cause}; {why}");
                diagnostic.because(cause)
            }
            _ => diagnostic,
        }),
        None => wrong,
    }
}

async fn unfinished(taskcluster: &dyn Taskcluster, id: &TaskId) -> Option<String> {
    let statuses = taskcluster.statuses(std::slice::from_ref(id)).await.ok()?;
    let state = statuses.get(id)?.state;
    (state != TaskState::Completed).then(|| format!("the task is {state}"))
}

/// Reads the taskIds that a graph created: the keys of its `task-graph.json`.
async fn created(taskcluster: &dyn Taskcluster, id: &TaskId) -> Outcome<BTreeSet<TaskId>> {
    let name = "public/task-graph.json";
    let text = match taskcluster.artifact(id, name).await {
        Ok(text) => text,
        Err(error) if error.is_not_found() => return Ok(BTreeSet::new()),
        Err(error) => return Err(existing::artifact_error(id, name, &error).into()),
    };
    let tasks: BTreeMap<TaskId, IgnoredAny> = serde_json::from_slice(&text)
        .map_err(|error| Diagnostic::user(format!("{name} of {id} is malformed")).because(error))?;
    Ok(tasks.into_keys().collect())
}

/// Returns the existing task of each label, except for labels that are built again; if several graphs
/// have a label, the last one counts.
pub fn existing_tasks(
    graphs: &[PreviousGraph],
    input: &PromotionInput<'_>,
) -> BTreeMap<Label, TaskId> {
    let mut kinds: BTreeMap<&Label, &KindName> = BTreeMap::new();
    let mut existing = BTreeMap::new();
    for graph in graphs {
        kinds.extend(&graph.kinds);
        existing.extend(graph.label_to_taskid.clone());
    }
    existing.retain(|label: &Label, _| {
        let rebuilt = |kind: &&KindName| input.rebuild_kinds.iter().any(|k| k == kind.as_str());
        let known = kinds.get(label).is_some_and(|kind| !rebuilt(kind));
        known
            && !input
                .do_not_optimize
                .iter()
                .any(|name| name == label.as_str())
    });
    existing
}
