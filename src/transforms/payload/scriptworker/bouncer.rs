//! Payloads of bouncerscript, which changes where download links lead.

use super::fields::{OS, build, copied, copy, implementation};
use super::release;
use crate::base::value::{Object, Value};
use crate::config::schema::{Schema, Type, required};
use crate::transforms::payload::contract::Payload;
use crate::transforms::payload::worker::take_worker;

static SUBMISSION_SCHEMA: Schema = Schema {
    name: "worker: bouncer-submission",
    fields: &[
        implementation(&["bouncer-submission"]),
        OS,
        required(
            "locales",
            Type::List(&Type::Str),
            "the locales of the products",
        ),
        required(
            "entries",
            Type::Map(&Type::Any),
            "the products, each with its options and the path of its file for each platform",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// `bouncer-submission`
pub static SUBMISSION: Payload = Payload {
    name: "bouncer-submission",
    doc: "Adds the links to the files of a release.",
    schema: &SUBMISSION_SCHEMA,
    defaults: &[],
    automation: false,
    build: |_, item, definition| {
        let fields = [
            copied("locales", "locales"),
            copied("submission_entries", "entries"),
        ];
        build(item, definition, &SUBMISSION_SCHEMA, &fields).map(|_| ())
    },
};

static ALIASES_SCHEMA: Schema = Schema {
    name: "worker: bouncer-aliases",
    fields: &[
        implementation(&["bouncer-aliases"]),
        OS,
        required(
            "entries",
            Type::Map(&Type::Str),
            "the product that each alias leads to",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// `bouncer-aliases`
pub static ALIASES: Payload = Payload {
    name: "bouncer-aliases",
    doc: "Points the links without a version to a release.",
    schema: &ALIASES_SCHEMA,
    defaults: &[],
    automation: false,
    build: |_, item, definition| {
        let fields = [copied("aliases_entries", "entries")];
        build(item, definition, &ALIASES_SCHEMA, &fields).map(|_| ())
    },
};

static LOCATIONS_SCHEMA: Schema = Schema {
    name: "worker: bouncer-locations",
    fields: &[
        implementation(&["bouncer-locations"]),
        OS,
        required(
            "bouncer-products",
            Type::List(&Type::Str),
            "the products whose paths change",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// `bouncer-locations`
pub static LOCATIONS: Payload = Payload {
    name: "bouncer-locations",
    doc: "Changes the paths of nightly products to the version.",
    schema: &LOCATIONS_SCHEMA,
    defaults: &[],
    automation: false,
    build: |images, item, definition| {
        const FIELD: &str = "worker.bouncer-products";
        let product = release::product(item, FIELD)?.to_owned();
        let version = release::version(images.context().params(), item, FIELD)?;
        let worker = take_worker(item)?;
        let mut payload = Object::new();
        copy(
            &mut payload,
            &worker,
            &[copied("bouncer_products", "bouncer-products")],
        );
        payload.insert("version", version);
        payload.insert("product", product);
        definition.insert("payload", Value::Object(payload));
        Ok(())
    },
};
