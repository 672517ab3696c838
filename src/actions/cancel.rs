//! Cancels a task.

use super::Call;
use super::callback::not_had;
use crate::base::diagnostic::{Diagnostic, Outcome};

/// Cancels the task that the action is triggered on.
///
/// # Errors
/// When the queue refuses; a task past its deadline is let be.
pub async fn task(call: Call<'_>) -> Outcome<()> {
    let task_id = call.task_id.as_ref().ok_or_else(|| {
        Diagnostic::user("cancel needs a task").help("trigger it on a task, or give --task-id")
    })?;
    match call.world.taskcluster()?.cancel_task(task_id).await {
        Ok(()) => {
            tracing::info!("Cancelled {task_id}");
            Ok(())
        }
        Err(error) if error.status == Some(409) => {
            tracing::info!("Task {task_id} is past its deadline and cannot be cancelled");
            Ok(())
        }
        Err(error) => Err(not_had(
            &format!("the task {task_id} was not cancelled"),
            &error,
            "the task has to exist, and the action task needs the scope to cancel it",
        )
        .into()),
    }
}
