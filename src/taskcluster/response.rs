//! Reads the parts of responses.

use serde_json::Value;

use crate::base::name::TaskId;
use crate::base::task_state::TaskState;
use crate::ports::taskcluster::ApiError;

pub(super) fn token(answer: &Value) -> Option<String> {
    answer
        .get("continuationToken")
        .and_then(Value::as_str)
        .filter(|token| !token.is_empty())
        .map(str::to_owned)
}

pub(super) fn malformed(call: &str, why: &dyn std::fmt::Display) -> ApiError {
    ApiError {
        call: call.to_owned(),
        status: None,
        message: format!("unexpected response: {why}"),
    }
}

/// Refuses names that are steps in a path: no encoding keeps URLs from reading them as such.
pub(super) fn one_part(call: &str, name: &str) -> Result<(), ApiError> {
    if matches!(name, "" | "." | "..") {
        return Err(ApiError {
            call: call.to_owned(),
            status: Some(400),
            message: format!("{name:?} is not a valid name"),
        });
    }
    Ok(())
}

pub(super) fn string(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::to_owned)
}

/// The state of a task; [`TaskState::Unknown`] if it is none of those that the queue documents.
pub(super) fn state(status: &Value) -> Option<TaskState> {
    let name = status.get("state")?.as_str()?;
    Some(TaskState::from_name(name).unwrap_or_default())
}

pub(super) fn task_id(row: &Value, name: &str) -> Option<TaskId> {
    TaskId::parse(row.get(name)?.as_str()?).ok()
}

/// Whether any run of a task has started.
pub(super) fn has_started(status: &Value) -> bool {
    let runs = status.get("runs").and_then(Value::as_array);
    runs.into_iter()
        .flatten()
        .any(|run| run.get("started").is_some_and(|at| !at.is_null()))
}
