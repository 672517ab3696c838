//! The task that this process runs in, and what is logged about the tasks that it creates.

use crate::base::diagnostic::Diagnostic;
use crate::base::name::TaskId;
use crate::ports::environment::Environment;
use crate::submit::SubmitEvent;

/// Returns the task that this process runs in.
///
/// # Errors
/// When the environment does not contain its id.
pub fn own_task(environment: &Environment) -> Result<TaskId, Diagnostic> {
    let name = environment.filled("TASK_ID").ok_or_else(|| {
        Diagnostic::environment("TASK_ID is not set, so the id of this task is unknown")
            .help("run this command in a task, where the worker sets TASK_ID; locally, show graphs with `snowman morphed`, try actions with `snowman test-action-callback`, or rehearse releases with `snowman rehearse`")
    })?;
    let wrong = |problem: String| Diagnostic::environment(format!("TASK_ID: {problem}"));
    let id = TaskId::parse(name).map_err(|error| wrong(error.to_string()))?;
    if !id.is_slugid() {
        return Err(wrong(format!("`{id}` is not a valid taskId")));
    }
    Ok(id)
}

/// Logs the outcome of creating one task.
pub fn log_event(event: SubmitEvent<'_>) {
    match event {
        SubmitEvent::Created {
            creation,
            kept: false,
        } => {
            tracing::info!(
                "Created task with taskId {} for {}",
                creation.task_id,
                creation.label
            );
        }
        SubmitEvent::Created {
            creation,
            kept: true,
        } => {
            tracing::info!(
                "Task {} for {} already exists",
                creation.task_id,
                creation.label
            );
        }
        SubmitEvent::Retried {
            creation,
            attempts,
            pause,
            error,
        } => tracing::warn!(
            "Attempt {attempts} to create {} failed ({error}); retrying in {:.1} s",
            creation.label,
            pause.as_secs_f64()
        ),
        SubmitEvent::Failed { creation, message } => {
            // The reason is reported at the end, together with all other failures.
            tracing::warn!("Task {} was not created", creation.label);
            tracing::debug!("{}: {message}", creation.label);
        }
        SubmitEvent::Skipped { creation, .. } => {
            tracing::warn!("Task {} was not sent", creation.label);
        }
    }
}
