//! Runs a task of docker-worker on this machine, in its own docker image.

use super::build::build;
use super::container::TaskContainer;
use super::context::{ImageContext, parse_task_id};
use super::load;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::value::Value;

/// Runs a task and returns the exit code of its container; `image` overrides the task's image.
///
/// # Errors
/// When the task cannot be run this way, or its image cannot be loaded or built.
pub async fn run(
    context: &ImageContext<'_>,
    task: TaskContainer,
    image: Option<&str>,
) -> Outcome<i32> {
    let image = match image {
        Some(image) => load_image(context, &Value::from(image)).await?,
        None => load_image(context, task.image()).await?,
    };
    task.run(context, &image)
}

/// Loads or builds an image where needed, and returns its name in docker.
async fn load_image(context: &ImageContext<'_>, image: &Value) -> Outcome<String> {
    let text = |key: &str| image.get(key).and_then(Value::as_str).unwrap_or_default();
    let task_id = match image {
        Value::String(name) => {
            if context.is_in_tree(name)? {
                return build(context, name, None).await;
            }
            if let Some(id) = name.strip_prefix("task-id=") {
                parse_task_id(id)?
            } else if let Some(path) = name.strip_prefix("index=") {
                context.task_at(path).await?
            } else {
                return Ok(name.to_string());
            }
        }
        _ => match text("type") {
            "task-image" => parse_task_id(text("taskId"))?,
            "indexed-image" => context.task_at(text("namespace")).await?,
            other => {
                return Err(Diagnostic::user(format!(
                    "tasks with images of the type {other:?} are not supported"
                ))
                .into());
            }
        },
    };
    load::load(context, &task_id, None).await
}
