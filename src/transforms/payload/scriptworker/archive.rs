//! Payloads of beetmover that need no map of a candidate: Maven repositories, buckets, and the repositories
//! for apt and yum.

use super::definition::{scope_prefix, set_payload};
use super::fields::{OS, UPSTREAM, build, copied, copy, implementation, refuse_nulls};
use crate::base::diagnostic::{Diagnostics, Outcome};
use crate::base::value::{Object, Value, py_str};
use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::Item;
use crate::transforms::payload::contract::Payload;
use crate::transforms::payload::images::Images;
use crate::transforms::payload::worker::{add_scope, take_worker};

static REGISTRY_SCHEMA: Schema = Schema {
    name: "worker: beetmover-import-from-gcs-to-artifact-registry",
    fields: &[
        implementation(&["beetmover-import-from-gcs-to-artifact-registry"]),
        OS,
        optional("max-run-time", Type::Int, "the time limit, in seconds"),
        required(
            "gcs-sources",
            Type::List(&Type::Str),
            "the paths of the packages in the archive",
        ),
        required(
            "product",
            Type::Str,
            "the product, which selects the repository",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// `beetmover-import-from-gcs-to-artifact-registry`
pub static REGISTRY: Payload = Payload {
    name: "beetmover-import-from-gcs-to-artifact-registry",
    doc: "Imports packages from the archive into an apt or yum repository.",
    schema: &REGISTRY_SCHEMA,
    defaults: &[],
    automation: false,
    build: |_, item, definition| {
        let fields = [
            copied("product", "product"),
            copied("gcs_sources", "gcs-sources"),
        ];
        build(item, definition, &REGISTRY_SCHEMA, &fields).map(|_| ())
    },
};

static PLACE: Schema = Schema {
    name: "place of an artifact",
    fields: &[required(
        "destinations",
        Type::List(&Type::Str),
        "its paths in the bucket",
    )],
    open: false,
    exclusive: &[],
};

static MAP_ENTRY: Schema = Schema {
    name: "places of artifacts",
    fields: &[
        required("taskId", Type::TaskRef, "the task with the artifacts"),
        required(
            "paths",
            Type::Map(&Type::Struct(&PLACE)),
            "the artifacts, each with its place",
        ),
    ],
    open: false,
    exclusive: &[],
};

static BUCKET_SCHEMA: Schema = Schema {
    name: "worker: scriptworker-beetmover",
    fields: &[
        implementation(&["scriptworker-beetmover"]),
        OS,
        required(
            "action",
            Type::Str,
            "what to do, which is part of the scope, e.g. `direct-push-to-bucket` or `push-to-maven`",
        ),
        required("version", Type::Str, "the version"),
        required(
            "artifact-map",
            Type::List(&Type::Struct(&MAP_ENTRY)),
            "the place of each artifact",
        ),
        required("beetmover-application-name", Type::Str, "the product"),
        required(
            "bucket",
            Type::Str,
            "the bucket, which is part of the scope",
        ),
        required("upstream-artifacts", UPSTREAM, "the artifacts to publish"),
    ],
    open: false,
    exclusive: &[],
};

/// `scriptworker-beetmover`
pub static BUCKET: Payload = Payload {
    name: "scriptworker-beetmover",
    doc: "Copies artifacts to a bucket or a Maven repository.",
    schema: &BUCKET_SCHEMA,
    defaults: &[],
    automation: false,
    build: bucket,
};

fn bucket(images: &Images<'_, '_>, item: &mut Item, definition: &mut Object) -> Outcome<()> {
    let prefix = scope_prefix(images.context())?;
    let worker = take_worker(item)?;
    let text = |key: &str| worker.get(key).map(py_str).unwrap_or_default();
    let mut map = worker.get("artifact-map").cloned().unwrap_or_default();
    for entry in list_of(&mut map) {
        if let Value::Object(entry) = entry {
            entry.insert("locale", "en-US");
            if let Some(Value::Object(paths)) = entry.get_mut("paths") {
                for (_, place) in paths.iter_mut() {
                    if let Value::Object(place) = place {
                        place.insert("checksums_path", "");
                    }
                }
            }
        }
    }
    let product = [("appName", Value::from(text("beetmover-application-name")))];
    let get = |key: &str| worker.get(key).cloned().unwrap_or_default();
    let payload = [
        ("artifactMap", map),
        (
            "releaseProperties",
            Value::Object(product.into_iter().collect()),
        ),
        ("upstreamArtifacts", get("upstream-artifacts")),
        ("version", get("version")),
    ];
    set_payload(definition, payload);
    add_scope(
        definition,
        format!("{prefix}:beetmover:action:{}", text("action")),
    );
    add_scope(
        definition,
        format!("{prefix}:beetmover:bucket:{}", text("bucket")),
    );
    Ok(())
}

fn list_of(value: &mut Value) -> impl Iterator<Item = &mut Value> {
    match value {
        Value::Array(items) => Some(items),
        _ => None,
    }
    .into_iter()
    .flatten()
}

static PROPERTIES: Schema = Schema {
    name: "release properties of a library",
    fields: &[
        required("app-name", Type::Str, "the name of the product"),
        required("app-version", Type::Str, "the version of the product"),
        required("branch", Type::Str, "the branch that it was built from"),
        required("build-id", Type::Str, "the ID of the build"),
        required("artifact-id", Type::Str, "the name of the library"),
        optional("hash-type", Type::Str, "the hash algorithm"),
        optional("platform", Type::Str, "the platform"),
    ],
    open: false,
    exclusive: &[],
};

static LIBRARY: Schema = Schema {
    name: "library",
    fields: &[
        required("taskId", Type::TaskRef, "the task with the artifacts"),
        required("taskType", Type::Str, "the type of that task"),
        required(
            "paths",
            Type::List(&Type::Str),
            "the names of the artifacts",
        ),
        optional(
            "zipExtract",
            Type::Bool,
            "whether the files in the archive are published, not the archive",
        ),
    ],
    open: false,
    exclusive: &[],
};

static MAVEN_SCHEMA: Schema = Schema {
    name: "worker: beetmover-maven",
    fields: &[
        implementation(&["beetmover-maven"]),
        OS,
        optional("max-run-time", Type::Int, "the time limit, in seconds"),
        required(
            "release-properties",
            Type::Struct(&PROPERTIES),
            "the properties of the release",
        ),
        required(
            "upstream-artifacts",
            Type::List(&Type::Struct(&LIBRARY)),
            "the libraries to publish",
        ),
        optional("artifact-map", Type::Any, "the place of each file"),
    ],
    open: false,
    exclusive: &[],
};

/// `beetmover-maven`
pub static MAVEN: Payload = Payload {
    name: "beetmover-maven",
    doc: "Copies libraries to a Maven repository.",
    schema: &MAVEN_SCHEMA,
    defaults: &[],
    automation: false,
    build: maven,
};

fn maven(images: &Images<'_, '_>, item: &mut Item, definition: &mut Object) -> Outcome<()> {
    let params = images.context().params();
    let worker = take_worker(item)?;
    let mut wrong = Diagnostics::new();
    wrong.keep(refuse_nulls(item, &worker, &MAVEN_SCHEMA));
    let properties = worker
        .get("release-properties")
        .cloned()
        .unwrap_or_default();
    let property = |key: &str| properties.get(key).map(py_str).unwrap_or_default();
    let version = library_version(&property("app-version"), &property("build-id"));
    if version.is_none() {
        wrong.push(
            item.error_at(
                "worker.release-properties",
                format!(
                    "the version of the library cannot be made from the version `{}`",
                    property("app-version")
                ),
            )
            .help("set `app-version` to the version that the program reports, e.g. `92.0` or `94.0a1`"),
        );
    }
    wrong.or_ok(())?;
    let kept = ["app-name", "app-version", "branch", "build-id"];
    let names = ["appName", "appVersion", "branch", "buildid"];
    let values = kept.iter().map(|key| Value::from(property(key)));
    let mut payload = Object::new();
    payload.insert(
        "releaseProperties",
        Value::Object(names.into_iter().zip(values).collect()),
    );
    payload.insert("upload_date", params.build_date());
    let fields = [
        copied("upstreamArtifacts", "upstream-artifacts"),
        copied("artifactMap", "artifact-map"),
    ];
    copy(&mut payload, &worker, &fields);
    payload.insert("build_number", super::release::build_number(params));
    payload.insert("artifact_id", property("artifact-id"));
    payload.insert("version", version);
    definition.insert("payload", Value::Object(payload));
    Ok(())
}

/// The version of a library: the first two numbers of the version, and the build ID as the third.
fn library_version(version: &str, build_id: &str) -> Option<String> {
    let mut numbers = version.split('.');
    let major = numbers.next()?;
    let minor = numbers.next()?;
    let minor: String = minor.chars().take_while(char::is_ascii_digit).collect();
    let valid =
        !minor.is_empty() && !major.is_empty() && major.bytes().all(|one| one.is_ascii_digit());
    valid.then(|| format!("{major}.{minor}.{build_id}"))
}
