//! Reading `worker`, and what the payloads of several workers share.

use crate::base::diagnostic::Diagnostic;
use crate::base::value::{List, Object, Value};
use crate::transform::item::list_mut;
use crate::transform::{Item, fields};

/// Takes `worker` out of an item.
pub(super) fn take_worker(item: &mut Item) -> Result<Object, Diagnostic> {
    match item.task.shift_remove("worker") {
        Some(Value::Object(worker)) => Ok(worker),
        other => {
            let found = other.unwrap_or_default();
            Err(fields::wrong_type(
                &item.origin,
                &["worker"],
                "a mapping",
                &found,
            ))
        }
    }
}

/// The list at a key of `worker`, if the key exists.
pub(super) fn worker_list<'w>(
    item: &Item,
    worker: &'w Object,
    key: &str,
) -> Result<Option<&'w List>, Diagnostic> {
    match worker.get(key) {
        None => Ok(None),
        Some(Value::Array(values)) => Ok(Some(values)),
        Some(other) => Err(fields::wrong_type(
            &item.origin,
            &["worker", key],
            "a list",
            other,
        )),
    }
}

/// A required field of an entry in a list of `worker`.
pub(super) fn entry_field<'w>(
    item: &Item,
    entry: &'w Value,
    [list, key]: [&str; 2],
) -> Result<&'w Value, Diagnostic> {
    entry.get(key).ok_or_else(|| {
        item.error_at(
            &format!("worker.{list}"),
            format!("`{key}` is missing in an entry of `worker.{list}`"),
        )
    })
}

/// A required string field of an entry in a list of `worker`.
pub(super) fn entry_text<'w>(
    item: &Item,
    entry: &'w Value,
    [list, key]: [&str; 2],
) -> Result<&'w str, Diagnostic> {
    match entry_field(item, entry, [list, key])? {
        Value::String(text) => Ok(text),
        other => Err(fields::wrong_type(
            &item.origin,
            &["worker", list, key],
            "a string",
            other,
        )),
    }
}

/// Adds a scope to a definition.
pub(super) fn add_scope(definition: &mut Object, scope: impl Into<Value>) {
    list_mut(definition, "scopes").push(scope.into());
}

/// The variables that configure sccache for a task.
pub(super) const fn sccache(used: bool) -> &'static [(&'static str, &'static str)] {
    if used {
        // The server must not stop while it is idle.
        &[("USE_SCCACHE", "1"), ("SCCACHE_IDLE_TIMEOUT", "0")]
    } else {
        &[("SCCACHE_DISABLE", "1")]
    }
}
