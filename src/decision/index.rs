//! A look into the index by a path that somebody gave or that a convention makes.

use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::{IndexPath, TaskId};
use crate::ports::taskcluster::Taskcluster;

/// The task at an index path; `None` when the index has none.
///
/// # Errors
/// When the path is none, or the index cannot be asked.
pub async fn task_at(taskcluster: &dyn Taskcluster, path: &str) -> Outcome<Option<TaskId>> {
    let path = IndexPath::parse(path).map_err(|error| Diagnostic::user(error.to_string()))?;
    let found = taskcluster
        .find_tasks(std::slice::from_ref(&path))
        .await
        .map_err(|error| {
            Diagnostic::environment(format!("the index could not be asked for `{path}`"))
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
