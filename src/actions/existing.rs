//! The graph that an action is triggered on, and what actions and cron tasks have made of it since.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;

use super::callback::not_had;
use super::{Call, together};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{IndexPath, Label, TaskId};
use crate::base::time::Timestamp;
use crate::base::value::Value;
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::Parameters;
use crate::decision::index::task_at;
use crate::model::label_graph::LabelGraph;
use crate::ports::taskcluster::{ApiError, Taskcluster};

/// An answer that is under way.
type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A graph as it stands on the queue.
#[derive(Debug)]
pub struct Existing {
    /// The decision task.
    pub decision: TaskId,
    /// The full task graph.
    pub graph: LabelGraph,
    /// The newest taskId of each label.
    pub label_to_taskid: BTreeMap<Label, TaskId>,
}

impl Existing {
    /// The label of a task of this graph, by its definition.
    ///
    /// # Errors
    /// When the graph has no such task.
    pub fn label_of(&self, definition: &Value) -> Outcome<Label> {
        let name = definition["metadata"]["name"].as_str().unwrap_or_default();
        let label = Label::parse(name).map_err(|error| Diagnostic::user(error.to_string()))?;
        if self.graph.get(&label).is_some() {
            return Ok(label);
        }
        Err(Diagnostic::user(format!(
            "the full task graph of {} has no task `{label}`",
            self.decision
        ))
        .help("trigger the action on a task of that graph")
        .into())
    }
}

/// The decision task of a push, by the index; `None` when the index has none.
///
/// # Errors
/// When the index cannot be asked.
pub async fn decision_task(
    taskcluster: &dyn Taskcluster,
    graph_config: &GraphConfig,
    params: &Parameters,
) -> Outcome<Option<TaskId>> {
    let path = match params.str("repository_type") {
        "git" => by_revision(graph_config, params.project(), params.str("head_rev")),
        _ => by_push(graph_config, params.project(), params.str("pushlog_id")),
    };
    task_at(taskcluster, &path).await
}

/// The index path of the decision task of a revision.
pub fn by_revision(graph_config: &GraphConfig, project: &str, revision: &str) -> String {
    let domain = graph_config.trust_domain();
    format!("{domain}.v2.{project}.revision.{revision}.taskgraph.decision")
}

/// The index path of the decision task of a push by its number.
pub fn by_push(graph_config: &GraphConfig, project: &str, pushlog_id: &str) -> String {
    let domain = graph_config.trust_domain();
    format!("{domain}.v2.{project}.pushlog-id.{pushlog_id}.decision")
}

/// The graph that an action is triggered on, as it was when the action was triggered.
///
/// # Errors
/// When an artifact is missing or malformed.
pub async fn of_call(call: &Call<'_>) -> Outcome<Existing> {
    fetch(
        call.context.taskcluster()?,
        call.graph_config,
        call.params,
        call.task_group_id.as_ref(),
        &call.own,
    )
    .await
}

/// The graph of a push. Where the index does not know its decision task, as for pull requests, the
/// group is that of it.
///
/// Actions and cron tasks that were created before `own` win over the decision, and the later of
/// them over the earlier.
///
/// # Errors
/// When an artifact is missing or malformed.
pub async fn fetch(
    taskcluster: &dyn Taskcluster,
    graph_config: &GraphConfig,
    params: &Parameters,
    group: Option<&TaskId>,
    own: &TaskId,
) -> Outcome<Existing> {
    let decision = match decision_task(taskcluster, graph_config, params).await? {
        Some(decision) => decision,
        None => group.cloned().ok_or_else(|| {
            Diagnostic::user("the index knows no decision task of this push, and no group is given")
                .help("give --task-group-id")
        })?,
    };
    let graph = full_task_graph(taskcluster, &decision).await?;
    let mut label_to_taskid = labels(taskcluster, &decision).await?.ok_or_else(|| {
        Diagnostic::user(format!(
            "the decision task {decision} has no label-to-taskid.json"
        ))
    })?;
    let later = later_tasks(taskcluster, graph_config, params).await?;
    let later = in_order(taskcluster, later, own).await?;
    let mut calls: Vec<Answer<_>> = Vec::new();
    for task_id in &later {
        calls.push(Box::pin(labels(taskcluster, task_id)));
    }
    let answers = together(calls).await;
    let mut wrong = Diagnostics::new();
    for answer in answers {
        label_to_taskid.extend(wrong.keep(answer).flatten().unwrap_or_default());
    }
    wrong.or_ok(Existing {
        decision,
        graph,
        label_to_taskid,
    })
}

/// Those tasks that were created before `own`, in the order in which they were created.
///
/// The index tells when tasks expire, which says nothing across namespaces. What came after `own`
/// is left out, so that a rerun of an action finds what its first run has found.
async fn in_order(
    taskcluster: &dyn Taskcluster,
    tasks: BTreeSet<TaskId>,
    own: &TaskId,
) -> Outcome<Vec<TaskId>> {
    let until = match created(taskcluster, own).await {
        Ok(until) => until,
        // Somebody tries the action at a desk.
        Err(error) if matches!(error.status, Some(400 | 404)) => None,
        Err(error) => {
            return Err(Diagnostic::environment(
                "the definition of the action task itself could not be read",
            )
            .because(error)
            .into());
        }
    };
    let tasks: Vec<TaskId> = tasks.into_iter().filter(|id| id != own).collect();
    let mut calls: Vec<Answer<_>> = Vec::new();
    for task_id in &tasks {
        calls.push(Box::pin(created(taskcluster, task_id)));
    }
    let answers = together(calls).await;
    let mut wrong = Diagnostics::new();
    let mut dated = Vec::new();
    for (answer, task_id) in answers.into_iter().zip(tasks) {
        match answer {
            Ok(created) => dated.push((created, task_id)),
            Err(error) if error.is_missing() => {
                tracing::warn!("The index knows the task {task_id}, and the queue does not");
            }
            Err(error) => wrong.push(
                Diagnostic::environment(format!("the task {task_id} of the push cannot be had"))
                    .because(error),
            ),
        }
    }
    dated.retain(|(created, _)| until.is_none() || *created <= until);
    dated.sort();
    wrong.or_ok(dated.into_iter().map(|(_, task_id)| task_id).collect())
}

/// When a task was created.
async fn created(
    taskcluster: &dyn Taskcluster,
    task_id: &TaskId,
) -> Result<Option<Timestamp>, ApiError> {
    let definition = taskcluster.task(task_id).await?;
    Ok(definition["created"].as_str().and_then(Timestamp::parse))
}

async fn later_tasks(
    taskcluster: &dyn Taskcluster,
    graph_config: &GraphConfig,
    params: &Parameters,
) -> Outcome<BTreeSet<TaskId>> {
    let base = format!("{}.v2.{}", graph_config.trust_domain(), params.project());
    let revision = params.str("head_rev");
    let mut tasks = BTreeSet::new();
    for namespace in [
        format!("{base}.pushlog-id.{}.actions", params.str("pushlog_id")),
        format!("{base}.revision.{revision}.actions"),
        format!("{base}.revision.{revision}.cron"),
    ] {
        let namespace =
            IndexPath::parse(&namespace).map_err(|e| Diagnostic::user(e.to_string()))?;
        match taskcluster.list_index(&namespace).await {
            Ok(found) => tasks.extend(found),
            Err(error) if error.is_missing() => {}
            Err(error) => {
                return Err(Diagnostic::environment(format!(
                    "the index could not be asked for `{namespace}`"
                ))
                .because(error)
                .into());
            }
        }
    }
    Ok(tasks)
}

/// The full task graph of a decision or an action that decided.
///
/// # Errors
/// When it is missing or malformed.
pub async fn full_task_graph(
    taskcluster: &dyn Taskcluster,
    task_id: &TaskId,
) -> Outcome<LabelGraph> {
    let name = "public/full-task-graph.json";
    let text = taskcluster
        .artifact(task_id, name)
        .await
        .map_err(|e| missing(task_id, name, &e))?;
    let value: Value = serde_json::from_slice(&text).map_err(|error| {
        Diagnostic::user(format!("{name} of {task_id} is no JSON")).because(error)
    })?;
    LabelGraph::from_json(&value)
        .map_err(|all| all.map(|d| d.because(format!("{name} of {task_id}"))))
}

/// The taskIds of labels that a task has made; `None` when it has made none.
///
/// # Errors
/// When they cannot be had or are malformed.
pub async fn labels(
    taskcluster: &dyn Taskcluster,
    task_id: &TaskId,
) -> Outcome<Option<BTreeMap<Label, TaskId>>> {
    let name = "public/label-to-taskid.json";
    let text = match taskcluster.artifact(task_id, name).await {
        Ok(text) => text,
        Err(error) if error.is_missing() => return Ok(None),
        Err(error) => return Err(missing(task_id, name, &error).into()),
    };
    serde_json::from_slice(&text).map(Some).map_err(|error| {
        Diagnostic::user(format!("{name} of {task_id} is malformed"))
            .because(error)
            .into()
    })
}

/// Says that an artifact of a graph cannot be had.
pub fn missing(task_id: &TaskId, name: &str, error: &ApiError) -> Diagnostic {
    not_had(
        &format!("the artifact {name} of the task {task_id} cannot be had"),
        error,
        "it has to be a decision task, or an action task that decided; see its artifacts",
    )
}
