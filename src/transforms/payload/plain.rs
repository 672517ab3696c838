//! Payloads of tasks that no worker runs.

use super::contract::Payload;
use super::images::Images;
use crate::base::diagnostic::Outcome;
use crate::base::value::{Object, Value};
use crate::config::schema::{Schema, Type, required};
use crate::transform::Item;

static ALWAYS_OPTIMIZED_SCHEMA: Schema = Schema {
    name: "worker: always-optimized",
    fields: &[required(
        "implementation",
        Type::Literal(&["always-optimized"]),
        "",
    )],
    open: true,
    exclusive: &[],
};

/// `always-optimized`
pub static ALWAYS_OPTIMIZED: Payload = Payload {
    name: "always-optimized",
    doc: "A task that must be replaced or removed by optimization and is never created.",
    schema: &ALWAYS_OPTIMIZED_SCHEMA,
    defaults: &[],
    automation: false,
    build: empty_payload,
};

static INVALID_SCHEMA: Schema = Schema {
    name: "worker: invalid",
    fields: &[required("implementation", Type::Literal(&["invalid"]), "")],
    open: true,
    exclusive: &[],
};

/// `invalid`
pub static INVALID: Payload = Payload {
    name: "invalid",
    doc: "A task that is invalid and must never be created.",
    schema: &INVALID_SCHEMA,
    defaults: &[],
    automation: false,
    build: |_, _, definition| {
        let text = "invalid task - should never be created";
        definition.insert("payload", Value::from(text));
        Ok(())
    },
};

static SUCCEED_SCHEMA: Schema = Schema {
    name: "worker: succeed",
    fields: &[required("implementation", Type::Literal(&["succeed"]), "")],
    open: false,
    exclusive: &[],
};

/// `succeed`
pub static SUCCEED: Payload = Payload {
    name: "succeed",
    doc: "A task that succeeds immediately.",
    schema: &SUCCEED_SCHEMA,
    defaults: &[],
    automation: false,
    build: empty_payload,
};

fn empty_payload(_: &Images<'_, '_>, _: &mut Item, definition: &mut Object) -> Outcome<()> {
    definition.insert("payload", Value::Object(Object::new()));
    Ok(())
}
