//! Cancels a task, or all tasks of a group.

use std::future::Future;
use std::pin::Pin;

use super::action::{Call, run_concurrently};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::TaskId;
use crate::base::text::plural;
use crate::ports::taskcluster::Taskcluster;

/// Cancels the task that the action is triggered on.
///
/// # Errors
/// When the queue refuses; a task past its deadline is ignored.
pub async fn task(call: Call<'_>) -> Outcome<()> {
    let task_id = call.task_id.as_ref().ok_or_else(|| {
        Diagnostic::user("the action cancel requires a task")
            .help("trigger it on a task, or pass --task-id")
    })?;
    Ok(cancel(call.context.taskcluster()?, task_id).await?)
}

/// Cancels every unresolved task of the group, except for the action task itself.
///
/// # Errors
/// When the group cannot be listed, or every task that the queue refuses to cancel.
pub async fn group(call: Call<'_>) -> Outcome<()> {
    let taskcluster = call.context.taskcluster()?;
    let group = call.task_group_id.as_ref().ok_or_else(|| {
        Diagnostic::user("the action cancel-all requires a task group")
            .help("trigger it on a push, or pass --task-group-id")
    })?;
    let members = taskcluster.task_group(group).await.map_err(|error| {
        error
            .diagnostic(format!("cannot list the tasks of the group {group}"))
            .help_user("trigger the action on a group that exists")
    })?;
    let open: Vec<TaskId> = members
        .into_iter()
        .filter(|task| task.state.is_cancellable() && task.task_id != call.action_task)
        .map(|task| task.task_id)
        .collect();
    tracing::info!("Cancelling {}", plural(open.len(), "task"));
    let mut calls: Vec<Pin<Box<dyn Future<Output = _> + Send>>> = Vec::new();
    for task_id in &open {
        calls.push(Box::pin(cancel(taskcluster, task_id)));
    }
    let answers = run_concurrently(calls).await;
    let mut wrong = Diagnostics::new();
    for refused in answers.into_iter().filter_map(Result::err) {
        wrong.push(refused);
    }
    wrong.or_ok(())
}

async fn cancel(taskcluster: &dyn Taskcluster, task_id: &TaskId) -> Result<(), Diagnostic> {
    // Before the call: a dry run reports only what it would have done.
    tracing::info!("Cancelling {task_id}");
    match taskcluster.cancel_task(task_id).await {
        Ok(()) => Ok(()),
        Err(error) if error.is_conflict() => {
            tracing::info!("Task {task_id} is past its deadline and cannot be cancelled");
            Ok(())
        }
        Err(error) => Err(error
            .diagnostic(format!("cannot cancel the task {task_id}"))
            .help_user(
                "check that the task exists, and that the action task has the scope to cancel it",
            )),
    }
}
