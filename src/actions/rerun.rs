//! Runs a task once more, without making another one of it.

use super::callback::not_had;
use super::existing::{self, Existing};
use super::{Call, task_of};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::value::{Value, json};

/// States in which there is something to run once more.
const STATES: &[&str] = &["exception", "failed"];

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
    let (task_id, definition) = task_of(&call, "rerun").await?;
    let existing = existing::of_call(&call).await?;
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
    one(&call, task_id, label).await
}

/// Reruns the newest task of a label.
///
/// # Errors
/// When it was never created, or the queue refuses.
pub async fn label(call: &Call<'_>, existing: &Existing, label: &str) -> Outcome<()> {
    match existing.label_to_taskid.get(label) {
        Some(task_id) => one(call, task_id, label).await,
        None => Err(never_created(existing, label).into()),
    }
}

/// Says that there is no task to rerun.
pub fn never_created(existing: &Existing, label: &str) -> Diagnostic {
    Diagnostic::user(format!(
        "the task `{label}` cannot be run once more: neither {} nor a later action has created it",
        existing.decision
    ))
    .help("add it with the action add-new-jobs")
}

async fn one(call: &Call<'_>, task_id: &TaskId, label: &str) -> Outcome<()> {
    let taskcluster = call.context.taskcluster()?;
    let had = |error| {
        not_had(
            &format!("the task {task_id} (`{label}`) was not run once more"),
            &error,
            "it has to exist and be before its deadline, and the action task needs the scope to rerun it",
        )
    };
    let ids = std::slice::from_ref(task_id);
    let statuses = taskcluster.statuses(ids).await.map_err(had)?;
    let state = statuses
        .get(task_id)
        .map_or("unknown", |status| status.state.as_str());
    if !STATES.contains(&state) {
        tracing::warn!(
            "No need to rerun {label}: it is {state}, not {}",
            STATES.join(" or ")
        );
        return Ok(());
    }
    taskcluster.rerun_task(task_id).await.map_err(had)?;
    tracing::info!("Reran {label} ({task_id})");
    Ok(())
}
