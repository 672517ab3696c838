//! The graph that an action is triggered on, and what actions and cron tasks have made of it since.

use std::collections::{BTreeMap, BTreeSet};

use super::callback::not_had;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::{IndexPath, Label, TaskId};
use crate::base::value::Value;
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::Parameters;
use crate::decision::index::task_at;
use crate::model::label_graph::LabelGraph;
use crate::ports::taskcluster::{ApiError, Taskcluster};

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

/// The decision task of a push, by the index; `None` when the index has none.
///
/// # Errors
/// When the index cannot be asked.
pub async fn decision_task(
    taskcluster: &dyn Taskcluster,
    graph_config: &GraphConfig,
    params: &Parameters,
) -> Outcome<Option<TaskId>> {
    let (domain, project) = (graph_config.trust_domain(), params.project());
    let path = match params.str("repository_type") {
        "git" => format!(
            "{domain}.v2.{project}.revision.{}.taskgraph.decision",
            params.str("head_rev")
        ),
        _ => format!(
            "{domain}.v2.{project}.pushlog-id.{}.decision",
            params.str("pushlog_id")
        ),
    };
    task_at(taskcluster, &path).await
}

/// The graph of a push. Where the index does not know its decision task, as for pull requests, the
/// group is that of it.
///
/// Later actions win over earlier ones, and these over the decision.
///
/// # Errors
/// When an artifact is missing or malformed.
pub async fn fetch(
    taskcluster: &dyn Taskcluster,
    graph_config: &GraphConfig,
    params: &Parameters,
    group: Option<&TaskId>,
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
    let mut seen = BTreeSet::new();
    for later in later_tasks(taskcluster, graph_config, params).await? {
        if seen.insert(later.clone())
            && let Some(labels) = labels(taskcluster, &later).await?
        {
            label_to_taskid.extend(labels);
        }
    }
    Ok(Existing {
        decision,
        graph,
        label_to_taskid,
    })
}

async fn later_tasks(
    taskcluster: &dyn Taskcluster,
    graph_config: &GraphConfig,
    params: &Parameters,
) -> Outcome<Vec<TaskId>> {
    let base = format!("{}.v2.{}", graph_config.trust_domain(), params.project());
    let revision = params.str("head_rev");
    let mut tasks = Vec::new();
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

fn missing(task_id: &TaskId, name: &str, error: &ApiError) -> Diagnostic {
    not_had(
        &format!("the artifact {name} of the task {task_id} cannot be had"),
        error,
        "it has to be a decision task, or an action task that decided; see its artifacts",
    )
}
