//! Reruns a task: a new run of the same taskId.

use super::action::{Call, triggering_task};
use super::existing::ExistingGraph;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::task_state::TaskState;
use crate::base::value::{Value, json};
use crate::ports::taskcluster::ApiError;

/// The schema of the input.
#[must_use]
pub fn schema() -> Value {
    json!({"type": "object", "properties": {}})
}

/// Reruns the task that the action is triggered on.
///
/// # Errors
/// When it belongs to another graph, or the queue refuses.
pub async fn task(call: Call<'_>) -> Outcome<()> {
    let (task_id, definition) = triggering_task(&call, "rerun").await?;
    let existing = ExistingGraph::from_call(&call).await?;
    let label = definition["metadata"]["name"].as_str().unwrap_or_default();
    let known = existing.label_to_taskid.values().any(|id| id == task_id);
    // An earlier copy of a task is known by its group alone.
    if !known && definition["taskGroupId"] != existing.decision.as_str() {
        return Err(Diagnostic::user(format!(
            "the task {task_id} (`{label}`) does not belong to the graph of {}",
            existing.decision
        ))
        .help("trigger the action on a task of that graph")
        .into());
    }
    rerun(&call, task_id, label).await
}

/// Reruns the newest task of a label.
///
/// # Errors
/// When it was never created, or the queue refuses.
pub async fn label(call: &Call<'_>, existing: &ExistingGraph, label: &str) -> Outcome<()> {
    match existing.label_to_taskid.get(label) {
        Some(task_id) => rerun(call, task_id, label).await,
        None => Err(never_created(existing, label).into()),
    }
}

/// Makes the diagnostic for a label without a task.
pub fn never_created(existing: &ExistingGraph, label: &str) -> Diagnostic {
    Diagnostic::user(format!(
        "cannot rerun the task `{label}`: neither {} nor a later action created it",
        existing.decision
    ))
    .help("add it with the action add-new-jobs")
}

async fn rerun(call: &Call<'_>, task_id: &TaskId, label: &str) -> Outcome<()> {
    let taskcluster = call.context.taskcluster()?;
    let failed = |error: ApiError| {
        error
            .diagnostic(format!("cannot rerun the task {task_id} (`{label}`)"))
            .help_user(
                "check that the task exists and is before its deadline, and that the action task has \
                 the scope to rerun it",
            )
    };
    let ids = std::slice::from_ref(task_id);
    let statuses = taskcluster.statuses(ids).await.map_err(failed)?;
    let state = statuses
        .get(task_id)
        .map_or(TaskState::Unknown, |status| status.state);
    if !state.is_failure() {
        tracing::warn!("No need to rerun {label}: it is {state}, not exception or failed");
        return Ok(());
    }
    // Before the call: a dry run reports only what it would have done.
    tracing::info!("Rerunning {label} ({task_id})");
    taskcluster.rerun_task(task_id).await.map_err(failed)?;
    Ok(())
}
