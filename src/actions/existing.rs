//! The graph that an action is triggered on, and what actions and cron tasks have added to it.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;

use super::action::{Call, run_concurrently};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{IndexPath, Label, TaskId};
use crate::base::time::Timestamp;
use crate::base::value::{Object, Value};
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::Parameters;
use crate::decision::index::task_at;
use crate::model::label_graph::LabelGraph;
use crate::ports::taskcluster::{ApiError, Taskcluster};

/// A pending response.
type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A graph that was created on the queue.
#[derive(Debug)]
pub struct ExistingGraph {
    /// The decision task.
    pub decision: TaskId,
    /// The full task graph.
    pub graph: LabelGraph,
    /// The newest taskId of each label.
    pub label_to_taskid: BTreeMap<Label, TaskId>,
}

impl ExistingGraph {
    /// Reads the graph that an action is triggered on, as of when the action was triggered.
    ///
    /// # Errors
    /// When an artifact is missing or malformed.
    pub async fn from_call(call: &Call<'_>) -> Outcome<Self> {
        Self::fetch(
            call.context.taskcluster()?,
            call.graph_config,
            call.params,
            call.task_group_id.as_ref(),
            &call.action_task,
        )
        .await
    }

    /// Reads the graph of a push. If the index does not have its decision task, as with pull requests,
    /// it is that of the group.
    ///
    /// Actions and cron tasks that were created before `action_task` take precedence over the decision,
    /// and later ones over earlier ones.
    ///
    /// # Errors
    /// When an artifact is missing or malformed.
    pub async fn fetch(
        taskcluster: &dyn Taskcluster,
        graph_config: &GraphConfig,
        params: &Parameters,
        group: Option<&TaskId>,
        action_task: &TaskId,
    ) -> Outcome<Self> {
        let decision = match decision_task(taskcluster, graph_config, params).await? {
            Some(decision) => decision,
            None => group.cloned().ok_or_else(|| {
                Diagnostic::user(
                    "the index has no decision task of this push, and no task group was given",
                )
                .help("pass --task-group-id")
            })?,
        };
        let graph = full_task_graph(taskcluster, &decision).await?;
        let mut labels = label_to_taskid(taskcluster, &decision)
            .await?
            .ok_or_else(|| {
                Diagnostic::user(format!(
                    "the decision task {decision} has no label-to-taskid.json"
                ))
            })?;
        let later = actions_and_cron_tasks(taskcluster, graph_config, params).await?;
        let later = sorted_by_creation(taskcluster, later, action_task).await?;
        let mut calls: Vec<Answer<_>> = Vec::new();
        for task_id in &later {
            calls.push(Box::pin(label_to_taskid(taskcluster, task_id)));
        }
        let answers = run_concurrently(calls).await;
        let mut wrong = Diagnostics::new();
        for answer in answers {
            labels.extend(wrong.keep(answer).flatten().unwrap_or_default());
        }
        wrong.or_ok(Self {
            decision,
            graph,
            label_to_taskid: labels,
        })
    }

    /// Returns the label of a task of this graph, from its definition.
    ///
    /// # Errors
    /// When the graph does not have the task.
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

/// Finds the decision task of a push in the index; `None` if the index has none.
///
/// # Errors
/// When the index cannot be queried.
pub async fn decision_task(
    taskcluster: &dyn Taskcluster,
    graph_config: &GraphConfig,
    params: &Parameters,
) -> Outcome<Option<TaskId>> {
    let path = match params.str("repository_type") {
        "git" => revision_path(graph_config, params.project(), params.str("head_rev")),
        _ => push_path(graph_config, params.project(), params.str("pushlog_id")),
    };
    task_at(taskcluster, &path).await
}

/// Returns the index path of the decision task of a revision.
pub fn revision_path(graph_config: &GraphConfig, project: &str, revision: &str) -> String {
    let domain = graph_config.trust_domain();
    format!("{domain}.v2.{project}.revision.{revision}.taskgraph.decision")
}

/// Returns the index path of the decision task of a push, by its number.
pub fn push_path(graph_config: &GraphConfig, project: &str, pushlog_id: &str) -> String {
    let domain = graph_config.trust_domain();
    format!("{domain}.v2.{project}.pushlog-id.{pushlog_id}.decision")
}

/// Sorts tasks by their creation, and drops those that were created after `action_task`.
///
/// The ranks of the index are not comparable across namespaces. Later tasks are dropped so that a rerun
/// of an action sees what its first run has seen.
async fn sorted_by_creation(
    taskcluster: &dyn Taskcluster,
    tasks: BTreeSet<TaskId>,
    action_task: &TaskId,
) -> Outcome<Vec<TaskId>> {
    let until = match created_at(taskcluster, action_task).await {
        Ok(until) => until,
        // The action runs locally, without an action task.
        Err(error) if error.is_absent() => None,
        Err(error) => {
            return Err(
                Diagnostic::environment("cannot read the definition of the action task")
                    .because(error)
                    .into(),
            );
        }
    };
    let tasks: Vec<TaskId> = tasks.into_iter().filter(|id| id != action_task).collect();
    let mut calls: Vec<Answer<_>> = Vec::new();
    for task_id in &tasks {
        calls.push(Box::pin(created_at(taskcluster, task_id)));
    }
    let answers = run_concurrently(calls).await;
    let mut wrong = Diagnostics::new();
    let mut dated = Vec::new();
    for (answer, task_id) in answers.into_iter().zip(tasks) {
        match answer {
            Ok(created) => dated.push((created, task_id)),
            Err(error) if error.is_not_found() => {
                tracing::warn!(
                    "Ignoring the task {task_id}: it is in the index but not in the queue"
                );
            }
            Err(error) => wrong.push(
                Diagnostic::environment(format!("cannot read the task {task_id} of the push"))
                    .because(error),
            ),
        }
    }
    dated.retain(|(created, _)| until.is_none() || *created <= until);
    dated.sort();
    wrong.or_ok(dated.into_iter().map(|(_, task_id)| task_id).collect())
}

/// Returns when a task was created.
async fn created_at(
    taskcluster: &dyn Taskcluster,
    task_id: &TaskId,
) -> Result<Option<Timestamp>, ApiError> {
    let definition = taskcluster.task(task_id).await?;
    Ok(definition["created"].as_str().and_then(Timestamp::parse))
}

async fn actions_and_cron_tasks(
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
            Err(error) if error.is_not_found() => {}
            Err(error) => {
                return Err(Diagnostic::environment(format!(
                    "cannot list the index namespace `{namespace}`"
                ))
                .because(error)
                .into());
            }
        }
    }
    Ok(tasks)
}

/// Reads the parameters of the decision task whose graph an action is triggered on.
///
/// # Errors
/// When they cannot be read.
pub async fn parameters(taskcluster: &dyn Taskcluster, group: &TaskId) -> Outcome<Object> {
    let name = "public/parameters.yml";
    let text = taskcluster.artifact(group, name).await.map_err(|error| {
        error
            .diagnostic(format!(
                "cannot read the parameters of the decision task {group}"
            ))
            .help_user("specify a decision task that has written its artifacts")
    })?;
    Parameters::read(&format!("{group}/{name}"), &text)
}

/// Reads the full task graph of a decision task, or of an action task that made a graph.
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
        .map_err(|e| artifact_error(task_id, name, &e))?;
    let value: Value = serde_json::from_slice(&text).map_err(|error| {
        Diagnostic::user(format!("{name} of {task_id} is not valid JSON")).because(error)
    })?;
    LabelGraph::from_json(&value)
        .map_err(|all| all.map(|d| d.because(format!("{name} of {task_id}"))))
}

/// Reads `label-to-taskid.json` of a task; `None` if it has none.
///
/// # Errors
/// When it cannot be read or is malformed.
pub async fn label_to_taskid(
    taskcluster: &dyn Taskcluster,
    task_id: &TaskId,
) -> Outcome<Option<BTreeMap<Label, TaskId>>> {
    let name = "public/label-to-taskid.json";
    let text = match taskcluster.artifact(task_id, name).await {
        Ok(text) => text,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(artifact_error(task_id, name, &error).into()),
    };
    serde_json::from_slice(&text).map(Some).map_err(|error| {
        Diagnostic::user(format!("{name} of {task_id} is malformed"))
            .because(error)
            .into()
    })
}

/// Makes the diagnostic for an artifact of a graph that cannot be read.
pub fn artifact_error(task_id: &TaskId, name: &str, error: &ApiError) -> Diagnostic {
    error
        .diagnostic(format!(
            "cannot read the artifact {name} of the task {task_id}"
        ))
        .help_user(
            "specify a decision task, or an action task that creates a graph; check its artifacts",
        )
}
