//! Completed tasks that stand for those which other projects, or earlier pushes, have made.

use std::collections::BTreeSet;

use super::push::Push;
use crate::base::name::TaskId;
use crate::base::time::{Span, Timestamp};
use crate::base::value::{Value, json};
use crate::sandbox::{Sandbox, ServiceError};

/// For how many seconds a stand-in is kept: longer than any deadline of a task that depends on it.
const EXPIRES: i64 = 365 * 24 * 60 * 60;

/// Puts a completed task into the queue, and into the index by its routes.
///
/// # Errors
/// When the sandbox does not take it.
pub fn put(
    sandbox: &Sandbox,
    push: &Push,
    task_id: &TaskId,
    name: &str,
    routes: &[String],
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
            "description": "Stands for a task of another project",
            "owner": push.owner,
            "source": push.repository,
        },
    });
    let state = sandbox.state();
    let id = task_id.as_str();
    state.create_task(id, &definition.into())?;
    state.claim(id)?;
    state.report_completed(id).map(drop)
}

/// The tasks that a decision or action task needs and the rehearsal has not made: its dependencies, and
/// the one that has built its image.
pub fn needed(sandbox: &Sandbox, own: &TaskId, definition: &Value) -> Vec<TaskId> {
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
