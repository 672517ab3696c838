//! Completed tasks, instead of those that other projects or earlier pushes have created.

use std::collections::BTreeSet;

use super::push::Push;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::text::{list_some, plural};
use crate::base::time::{Span, Timestamp};
use crate::base::value::{Value, json};
use crate::sandbox::{Sandbox, ServiceError};

/// The lifetime of an external task in seconds: longer than the deadline of any task that depends on it.
const EXPIRES: i64 = 365 * 24 * 60 * 60;

/// An artifact of an external task.
#[derive(Debug, Clone)]
pub struct ExternalArtifact {
    /// Its name.
    pub name: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// Its content.
    pub content: Vec<u8>,
}

/// Creates a completed task on the queue, indexed by its routes.
///
/// # Errors
/// When the sandbox refuses it.
pub fn create_completed(
    sandbox: &Sandbox,
    push: &Push,
    task_id: &TaskId,
    name: &str,
    routes: &[String],
    now: Timestamp,
) -> Result<(), ServiceError> {
    create_with(sandbox, push, (task_id, name), (routes, None), now)
}

/// Creates a completed task on the queue, with this id and name, indexed by its routes, and perhaps with an artifact.
///
/// # Errors
/// When the sandbox refuses it.
pub fn create_with(
    sandbox: &Sandbox,
    push: &Push,
    (task_id, name): (&TaskId, &str),
    (routes, artifact): (&[String], Option<ExternalArtifact>),
    now: Timestamp,
) -> Result<(), ServiceError> {
    let definition = json!({
        "taskGroupId": task_id.as_str(),
        "provisionerId": "rehearsal",
        "workerType": "elsewhere",
        "created": now.to_string(),
        "deadline": now.plus(Span::seconds(24 * 60 * 60)).to_string(),
        "expires": now.plus(Span::seconds(EXPIRES)).to_string(),
        "routes": routes,
        "payload": {},
        "metadata": {
            "name": name,
            "description": "Placeholder for a task of another project",
            "owner": push.owner,
            "source": push.repository,
        },
    });
    let state = sandbox.state();
    let id = task_id.as_str();
    state.create_task(id, &definition.into())?;
    state.claim(id)?;
    if let Some(artifact) = artifact {
        let (name, kind) = (artifact.name, artifact.media_type);
        state.put_artifact(id, None, name, kind, artifact.content)?;
    }
    state.report_completed(id).map(drop)
}

/// Creates the tasks that a decision or action task depends on and that the sandbox does not have; returns a remark
/// about them.
///
/// # Errors
/// When the sandbox refuses one.
pub fn add_missing(
    sandbox: &Sandbox,
    push: &Push,
    task_id: &TaskId,
    definition: &Value,
    now: Timestamp,
) -> Outcome<Option<String>> {
    let needed = missing_dependencies(sandbox, task_id, definition);
    for id in &needed {
        create_completed(sandbox, push, id, id.as_str(), &[], now).map_err(|error| {
            Diagnostic::bug(format!(
                "cannot create the external task {id} in the sandbox"
            ))
            .because(error)
        })?;
    }
    if needed.is_empty() {
        return Ok(None);
    }
    let names: Vec<String> = needed.iter().map(ToString::to_string).collect();
    Ok(Some(format!(
        "the task depends on {} outside the rehearsal: {}",
        plural(names.len(), "task"),
        list_some(&names)
    )))
}

/// Returns the tasks that a decision or action task needs and that do not exist: its dependencies, and
/// the task of its image.
fn missing_dependencies(sandbox: &Sandbox, own: &TaskId, definition: &Value) -> Vec<TaskId> {
    let dependencies = definition["dependencies"].as_array().into_iter().flatten();
    let image = &definition["payload"]["image"]["taskId"];
    let ids: BTreeSet<&str> = dependencies
        .chain([image])
        .filter_map(Value::as_str)
        .collect();
    let state = sandbox.state();
    ids.into_iter()
        .filter_map(|id| TaskId::parse(id).ok())
        .filter(|id| id != own && state.task(id.as_str()).is_none())
        .collect()
}
