//! The parameter `existing_tasks`.

use std::collections::BTreeMap;

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{Label, TaskId};
use crate::base::value::Value;
use crate::config::parameters::Parameters;

/// Reads the parameter `existing_tasks`.
///
/// # Errors
/// Every entry that is not a label with a taskId.
pub(super) fn existing_tasks(params: &Parameters) -> Outcome<BTreeMap<Label, TaskId>> {
    let mut wrong = Diagnostics::new();
    let mut existing = BTreeMap::new();
    let entries = params.get("existing_tasks").and_then(Value::as_object);
    for (label, task_id) in entries.into_iter().flatten() {
        match (
            Label::parse(label),
            TaskId::parse(task_id.as_str().unwrap_or_default()),
        ) {
            (Ok(label), Ok(task_id)) => {
                existing.insert(label, task_id);
            }
            (Err(error), _) | (_, Err(error)) => wrong.push(Diagnostic::user(format!(
                "parameters: `existing_tasks`: {error}"
            ))),
        }
    }
    wrong.or_ok(existing)
}
