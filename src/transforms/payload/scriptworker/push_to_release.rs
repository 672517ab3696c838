//! The payload of beetmover that copies a candidate to the folder of its release.

use super::definition::set_payload;
use super::fields::implementation;
use super::release;
use crate::base::diagnostic::Outcome;
use crate::base::value::{Object, Value};
use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::Item;
use crate::transform::fields::Preset;
use crate::transforms::payload::contract::Payload;
use crate::transforms::payload::images::Images;
use crate::transforms::payload::worker::take_worker;

static SCHEMA: Schema = Schema {
    name: "worker: beetmover-push-to-release",
    fields: &[
        implementation(&["beetmover-push-to-release"]),
        required(
            "product",
            Type::Str,
            "the product, as its folder in the archive is called",
        ),
        required("max-run-time", Type::Int, "the time limit, in seconds"),
        optional(
            "partners",
            Type::List(&Type::Str),
            "the partners whose files are copied too",
        ),
    ],
    open: true,
    exclusive: &[],
};

/// `beetmover-push-to-release`
pub static PUSH_TO_RELEASE: Payload = Payload {
    name: "beetmover-push-to-release",
    doc: "Copies a candidate to the folder of its release.",
    schema: &SCHEMA,
    defaults: &[("max-run-time", Preset::Int(600))],
    automation: false,
    build,
};

fn build(images: &Images<'_, '_>, item: &mut Item, definition: &mut Object) -> Outcome<()> {
    let worker = take_worker(item)?;
    let params = images.context().params();
    let get = |key: &str| worker.get(key).cloned().unwrap_or_default();
    let mut payload = vec![
        ("maxRunTime", get("max-run-time")),
        ("product", get("product")),
        ("version", Value::from(params.str("version"))),
        ("build_number", release::build_number(params)),
    ];
    payload.extend(
        worker
            .get("partners")
            .map(|partners| ("partners", partners.clone())),
    );
    set_payload(definition, payload);
    Ok(())
}
