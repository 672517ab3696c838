//! Fields that several workers have, and how they are copied into payloads.

use crate::base::diagnostic::Outcome;
use crate::base::value::{Object, Value, truthy};
use crate::config::schema::{Field, Schema, Type, optional, required};
use crate::transform::{Item, checks};
use crate::transforms::payload::worker::take_worker;

/// What the worker implements, which `workers.aliases` sets.
pub(super) const fn implementation(name: &'static [&'static str]) -> Field {
    required("implementation", Type::Literal(name), "")
}

/// The operating system of the worker, which `workers.aliases` sets.
pub(super) const OS: Field = optional("os", Type::Str, "");

static UPSTREAM_ARTIFACT: Schema = Schema {
    name: "artifacts of a task",
    fields: &[
        required("taskId", Type::TaskRef, "the task with the artifacts"),
        required("taskType", Type::Str, "the type of that task"),
        required(
            "paths",
            Type::List(&Type::Str),
            "the names of the artifacts",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// Artifacts of other tasks.
pub(super) const UPSTREAM: Type = Type::List(&Type::Struct(&UPSTREAM_ARTIFACT));

/// The artifacts that a worker pushes.
pub(super) const TO_PUSH: Field = required("upstream-artifacts", UPSTREAM, "the artifacts to push");

/// How a field of `worker` is copied into the payload.
pub(super) struct Copied {
    /// Its name in the payload.
    pub to: &'static str,
    /// Its name in `worker`.
    pub from: &'static str,
    /// Whether it is left out if it is false, zero or empty.
    pub unless_empty: bool,
}

/// A field that is copied if it is given.
pub(super) const fn copied(to: &'static str, from: &'static str) -> Copied {
    Copied {
        to,
        from,
        unless_empty: false,
    }
}

/// A field that is copied if it is neither false nor empty.
pub(super) const fn unless_empty(to: &'static str, from: &'static str) -> Copied {
    Copied {
        to,
        from,
        unless_empty: true,
    }
}

/// Adds fields of `worker` to a payload.
pub(super) fn copy(payload: &mut Object, worker: &Object, fields: &[Copied]) {
    for field in fields {
        let given = worker.get(field.from);
        let given = given.filter(|value| !field.unless_empty || truthy(value));
        if let Some(value) = given {
            payload.insert(field.to, value.clone());
        }
    }
}

/// Refuses null in the optional fields of `worker`.
///
/// # Errors
/// Every field that is null.
pub(super) fn refuse_nulls(item: &Item, worker: &Object, schema: &Schema) -> Outcome<()> {
    let optional = schema.fields.iter().filter(|field| !field.required);
    let names: Vec<&str> = optional.map(|field| field.name).collect();
    checks::refuse_null(item, "worker", worker, &names)
}

/// Makes the payload of a task from fields of `worker`, which is taken out of the item and returned.
///
/// # Errors
/// Every optional field that is null.
pub(super) fn build(
    item: &mut Item,
    definition: &mut Object,
    schema: &Schema,
    fields: &[Copied],
) -> Outcome<Object> {
    let worker = take_worker(item)?;
    refuse_nulls(item, &worker, schema)?;
    let mut payload = Object::new();
    copy(&mut payload, &worker, fields);
    definition.insert("payload", Value::Object(payload));
    Ok(worker)
}

/// A mapping with underscores for the dashes in its names.
pub(super) fn underscored(map: &Value) -> Object {
    let entries = map.as_object().into_iter().flatten();
    entries
        .map(|(key, value)| (key.replace("-", "_"), value.clone()))
        .collect()
}

/// A mapping with underscores for the dashes in its names, also in the entries of one of its lists.
pub(super) fn underscored_with(map: &Value, list: &str) -> Object {
    let mut map = underscored(map);
    if let Some(Value::Array(entries)) = map.get_mut(list) {
        for entry in entries {
            *entry = Value::Object(underscored(entry));
        }
    }
    map
}
