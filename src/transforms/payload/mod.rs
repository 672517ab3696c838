//! Payloads: what a worker implementation needs to know, made of the `worker` of a task description.

pub mod beetmover;
pub mod caches;
pub mod docker_worker;
pub mod generic_worker;
pub mod images;
pub mod plain;
pub mod scriptworker;

use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::suggest;
use crate::base::value::{List, Object, Value};
use crate::config::schema::Schema;
use crate::transform::Item;
use crate::transform::fields::{self, Presets};
use crate::transform::item::list_mut;

pub use images::Images;

/// The payload of a worker implementation.
#[derive(Debug)]
pub struct Payload {
    /// The worker implementation.
    pub name: &'static str,
    /// What it is, for the reference.
    pub doc: &'static str,
    /// What `worker` may hold.
    pub schema: &'static Schema,
    /// What `worker` holds where it says nothing else.
    pub defaults: Presets,
    /// Whether tasks find `MOZ_AUTOMATION` in their environment.
    pub automation: bool,
    /// Puts the payload into the definition, and the scopes that go with it. It may take `worker`
    /// out of the item, and add dependencies.
    pub build: fn(&Images<'_, '_>, &mut Item, &mut Object) -> Outcome<()>,
}

/// Every built-in payload.
pub static PAYLOADS: &[&Payload] = &[
    &plain::ALWAYS_OPTIMIZED,
    &beetmover::BEETMOVER,
    &docker_worker::DOCKER_WORKER,
    &generic_worker::GENERIC_WORKER,
    &plain::INVALID,
    &scriptworker::beetmover_data::BEETMOVER_DATA,
    &scriptworker::bitrise::BITRISE_PAYLOAD,
    &scriptworker::lando::LANDO,
    &scriptworker::shipit::SHIPIT,
    &scriptworker::signing::SIGNING,
    &plain::SUCCEED,
];

/// The payload for an item's `worker.implementation`.
///
/// # Errors
/// When there is none.
pub fn of(item: &Item) -> Result<&'static Payload, Diagnostic> {
    let name = fields::get(item, &["worker", "implementation"])
        .and_then(Value::as_str)
        .unwrap_or_default();
    PAYLOADS
        .iter()
        .find(|payload| payload.name == name)
        .copied()
        .ok_or_else(|| {
            item.wrong(
                "worker-type",
                format!("unknown worker implementation `{name}`"),
            )
            .help(format!(
                "{} (`workers.aliases` in config.yml says which one a `worker-type` has)",
                suggest::hint_native(name, PAYLOADS.iter().map(|payload| payload.name))
            ))
        })
}

/// Takes `worker` out of an item.
fn take_worker(item: &mut Item) -> Result<Object, Diagnostic> {
    match item.task.shift_remove("worker") {
        Some(Value::Object(worker)) => Ok(worker),
        other => {
            let found = other.unwrap_or_default();
            Err(fields::unfit(
                &item.origin,
                &["worker"],
                "a mapping",
                &found,
            ))
        }
    }
}

/// The list at a key of `worker`, when the key is there.
fn worker_list<'w>(
    item: &Item,
    worker: &'w Object,
    key: &str,
) -> Result<Option<&'w List>, Diagnostic> {
    match worker.get(key) {
        None => Ok(None),
        Some(Value::Array(values)) => Ok(Some(values)),
        Some(other) => Err(fields::unfit(
            &item.origin,
            &["worker", key],
            "a list",
            other,
        )),
    }
}

/// A field of an entry in a list of `worker` that has to be there.
fn entry_field<'w>(
    item: &Item,
    entry: &'w Value,
    [list, key]: [&str; 2],
) -> Result<&'w Value, Diagnostic> {
    entry.get(key).ok_or_else(|| {
        item.wrong(
            &format!("worker.{list}"),
            format!("an entry of `worker.{list}` has no `{key}`"),
        )
    })
}

/// A field of an entry in a list of `worker` that has to be a string.
fn entry_text<'w>(
    item: &Item,
    entry: &'w Value,
    [list, key]: [&str; 2],
) -> Result<&'w str, Diagnostic> {
    match entry_field(item, entry, [list, key])? {
        Value::String(text) => Ok(text),
        other => Err(fields::unfit(
            &item.origin,
            &["worker", list, key],
            "a string",
            other,
        )),
    }
}

/// Adds a scope to a definition.
fn add_scope(definition: &mut Object, scope: impl Into<Value>) {
    list_mut(definition, "scopes").push(scope.into());
}

/// The variables that tell a task whether and how sccache is used.
const fn sccache(used: bool) -> &'static [(&'static str, &'static str)] {
    if used {
        // A server that is idle for long is still needed.
        &[("USE_SCCACHE", "1"), ("SCCACHE_IDLE_TIMEOUT", "0")]
    } else {
        &[("SCCACHE_DISABLE", "1")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    #[test]
    fn the_table_is_sorted_and_has_no_doubles() {
        let names: Vec<_> = PAYLOADS.iter().map(|payload| payload.name).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
        assert!(PAYLOADS.iter().all(|payload| !payload.doc.is_empty()));
    }

    #[test]
    fn unknown_implementations_come_with_a_suggestion() {
        let task = json!({"worker": {"implementation": "docker-woker"}});
        let item = Item::new(task.as_object().cloned().unwrap_or_default());
        assert_eq!(
            of(&item).map(|payload| payload.name).map_err(|d| d.to_string()),
            Err("unknown worker implementation `docker-woker`\n  help: did you mean `docker-worker`? \
                 (`workers.aliases` in config.yml says which one a `worker-type` has)"
                .to_owned())
        );
    }
}
