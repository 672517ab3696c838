//! Lookup of a single index path.

use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::{IndexPath, TaskId};
use crate::ports::taskcluster::Taskcluster;

/// Returns the task at an index path, if there is one.
///
/// # Errors
/// The path is malformed, or the index does not answer.
pub async fn task_at(taskcluster: &dyn Taskcluster, path: &str) -> Outcome<Option<TaskId>> {
    let path = IndexPath::parse(path).map_err(|error| Diagnostic::user(error.to_string()))?;
    let found = taskcluster
        .find_tasks(std::slice::from_ref(&path))
        .await
        .map_err(|error| {
            Diagnostic::environment(format!("cannot look up the index path `{path}`"))
                .because(error)
        })?;
    Ok(found.get(&path).cloned())
}

/// The task at an index path that must have one.
///
/// # Errors
/// Those of [`task_at`], or when the index has no such task.
pub async fn existing_task_at(taskcluster: &dyn Taskcluster, path: &str) -> Outcome<TaskId> {
    let found = task_at(taskcluster, path).await?;
    found.ok_or_else(|| Diagnostic::user(format!("the index has no task at `{path}`")).into())
}
