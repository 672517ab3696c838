//! The payload of beetmover, which publishes artifacts for download.

use super::contract::Payload;
use super::images::Images;
use super::worker::take_worker;
use crate::base::diagnostic::{Diagnostics, Outcome};
use crate::base::value::{Object, Value, truthy};
use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::Item;
use crate::transform::fields::Preset;

static RELEASE_PROPERTIES: Schema = Schema {
    name: "release properties",
    fields: &[
        optional("app-name", Type::Str, "the name of the product"),
        optional("app-version", Type::Str, "the version of the product"),
        optional("branch", Type::Str, "the branch that it was built from"),
        optional("build-id", Type::Str, "the ID of the build"),
        optional("hash-type", Type::Str, "the hash algorithm"),
        optional("platform", Type::Str, "the platform"),
    ],
    open: false,
    exclusive: &[],
};

/// The release properties with the names that beetmover has for them.
static PROPERTIES: &[(&str, &str)] = &[
    ("appName", "app-name"),
    ("appVersion", "app-version"),
    ("branch", "branch"),
    ("buildid", "build-id"),
    ("hashType", "hash-type"),
    ("platform", "platform"),
];

static UPSTREAM_ARTIFACT: Schema = Schema {
    name: "upstream artifact",
    fields: &[
        required("taskId", Type::TaskRef, "the task with the artifacts"),
        required("taskType", Type::Str, "the type of that task"),
        required(
            "paths",
            Type::List(&Type::Str),
            "the paths of the artifacts",
        ),
        required(
            "locale",
            Type::Str,
            "the locale, which is part of the destination",
        ),
    ],
    open: false,
    exclusive: &[],
};

static SCHEMA: Schema = Schema {
    name: "worker: beetmover",
    fields: &[
        required("implementation", Type::Literal(&["beetmover"]), ""),
        required("max-run-time", Type::Int, "the time limit, in seconds"),
        required(
            "release-properties",
            Type::Struct(&RELEASE_PROPERTIES),
            "the properties of the release",
        ),
        required(
            "upstream-artifacts",
            Type::List(&Type::Struct(&UPSTREAM_ARTIFACT)),
            "the artifacts to publish",
        ),
        optional(
            "locale",
            Type::Str,
            "the locale, if it is the same for all artifacts",
        ),
        optional(
            "partner-public",
            Type::Bool,
            "whether this is a public build for a partner",
        ),
        optional(
            "artifact-map",
            Type::Any,
            "the destination of each artifact",
        ),
        optional(
            "version",
            Type::Str,
            "the version in the manifest for the update server",
        ),
        optional(
            "build-number",
            Type::OneOf(&[Type::Int, Type::Str]),
            "the number of the build in the manifest for the update server",
        ),
    ],
    open: true,
    exclusive: &[],
};

/// `beetmover`
pub static BEETMOVER: Payload = Payload {
    name: "beetmover",
    doc: "Publishes artifacts for download.",
    schema: &SCHEMA,
    defaults: &[("max-run-time", Preset::Int(600))],
    automation: false,
    build,
};

fn build(images: &Images<'_, '_>, item: &mut Item, definition: &mut Object) -> Outcome<()> {
    let worker = take_worker(item)?;
    let mut wrong = Diagnostics::new();
    let mut properties = Object::new();
    for (name, key) in PROPERTIES {
        match worker
            .get("release-properties")
            .and_then(|all| all.get(key))
        {
            Some(value) => {
                properties.insert((*name).to_owned(), value.clone());
            }
            None => wrong.push(item.error_at(
                "worker.release-properties",
                format!("`worker.release-properties.{key}` is missing"),
            )),
        }
    }
    let get = |key: &str| worker.get(key).cloned().unwrap_or_default();
    let date = images.context().params().build_date();
    let mut payload = vec![
        ("maxRunTime", get("max-run-time")),
        ("releaseProperties", Value::Object(properties)),
        ("upload_date", Value::from(date)),
        ("upstreamArtifacts", get("upstream-artifacts")),
    ];
    let optional = [
        ("version", "version"),
        ("locale", "locale"),
        ("artifactMap", "artifact-map"),
        ("is_partner_repack_public", "partner-public"),
    ];
    payload.extend(
        optional
            .map(|(name, key)| (name, get(key)))
            .into_iter()
            .filter(|(_, v)| truthy(v)),
    );
    let build_number = worker.get("build-number").map(|number| match number {
        Value::String(text) => text.parse::<i64>().map_or(number.clone(), Value::from),
        number => number.clone(),
    });
    payload.extend(build_number.map(|number| ("build_number", number)));
    let payload = payload.into_iter();
    definition.insert("payload", Value::Object(payload.collect()));
    wrong.or_ok(())
}
