//! Payloads of shipitscript, which records in Ship It what has been released.

use super::definition::set_payload;
use super::fields::{OS, build, copied, copy, implementation};
use super::release;
use crate::base::diagnostic::Outcome;
use crate::base::value::{Object, Value};
use crate::config::schema::{Schema, Type, required};
use crate::transform::Item;
use crate::transforms::payload::contract::Payload;
use crate::transforms::payload::images::Images;
use crate::transforms::payload::worker::take_worker;

static RELEASE_SCHEMA: Schema = Schema {
    name: "worker: scriptworker-shipit",
    fields: &[
        implementation(&["scriptworker-shipit"]),
        required(
            "release-name",
            Type::Str,
            "the name of the release in Ship It",
        ),
    ],
    open: true,
    exclusive: &[],
};

/// `scriptworker-shipit`
pub static SHIPIT: Payload = Payload {
    name: "scriptworker-shipit",
    doc: "Marks a release as shipped in Ship It.",
    schema: &RELEASE_SCHEMA,
    defaults: &[],
    automation: false,
    build: |_, item, definition| {
        let worker = take_worker(item)?;
        let release = worker.get("release-name").cloned().unwrap_or_default();
        set_payload(definition, [("release_name", release)]);
        Ok(())
    },
};

static SHIPPED_SCHEMA: Schema = Schema {
    name: "worker: shipit-shipped",
    fields: &[
        implementation(&["shipit-shipped"]),
        OS,
        required(
            "release-name",
            Type::Str,
            "the name of the release in Ship It",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// `shipit-shipped`
pub static SHIPPED: Payload = Payload {
    name: "shipit-shipped",
    doc: "Marks a release as shipped in Ship It.",
    schema: &SHIPPED_SCHEMA,
    defaults: &[],
    automation: false,
    build: |_, item, definition| {
        let fields = [copied("release_name", "release-name")];
        build(item, definition, &SHIPPED_SCHEMA, &fields).map(|_| ())
    },
};

static MERGED_SCHEMA: Schema = Schema {
    name: "worker: shipit-merged",
    fields: &[
        implementation(&["shipit-merged"]),
        OS,
        required(
            "merge-automation-id",
            Type::Int,
            "the number of the merge in Ship It",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// `shipit-merged`
pub static MERGED: Payload = Payload {
    name: "shipit-merged",
    doc: "Marks a merge of branches as done in Ship It.",
    schema: &MERGED_SCHEMA,
    defaults: &[],
    automation: false,
    build: |_, item, definition| {
        let fields = [copied("automation_id", "merge-automation-id")];
        build(item, definition, &MERGED_SCHEMA, &fields).map(|_| ())
    },
};

static CHANNEL_SCHEMA: Schema = Schema {
    name: "worker: shipit-update-product-channel-version",
    fields: &[
        implementation(&["shipit-update-product-channel-version"]),
        OS,
        required("product", Type::Str, "the product"),
        required("channel", Type::Str, "the channel"),
        required("version", Type::Str, "the current version of the channel"),
    ],
    open: false,
    exclusive: &[],
};

/// `shipit-update-product-channel-version`
pub static CHANNEL_VERSION: Payload = Payload {
    name: "shipit-update-product-channel-version",
    doc: "Sets the current version of a channel in Ship It.",
    schema: &CHANNEL_SCHEMA,
    defaults: &[],
    automation: false,
    build: |_, item, definition| {
        let fields = [
            copied("product", "product"),
            copied("version", "version"),
            copied("channel", "channel"),
        ];
        build(item, definition, &CHANNEL_SCHEMA, &fields).map(|_| ())
    },
};

static MAYBE_SCHEMA: Schema = Schema {
    name: "worker: shipit-maybe-release",
    fields: &[
        implementation(&["shipit-maybe-release"]),
        OS,
        required("phase", Type::Str, "the phase to start with"),
    ],
    open: false,
    exclusive: &[],
};

/// `shipit-maybe-release`
pub static MAYBE_RELEASE: Payload = Payload {
    name: "shipit-maybe-release",
    doc: "Starts a release in Ship It if there is something to release.",
    schema: &MAYBE_SCHEMA,
    defaults: &[],
    automation: false,
    build: maybe_release,
};

fn maybe_release(images: &Images<'_, '_>, item: &mut Item, definition: &mut Object) -> Outcome<()> {
    let params = images.context().params();
    let product = release::product(item, "worker.phase")?.to_owned();
    let version = release::version(params, item, "worker.phase")?;
    let worker = take_worker(item)?;
    let mut payload = Object::new();
    payload.insert("product", product);
    payload.insert("branch", branch(params.str("head_repository")));
    copy(&mut payload, &worker, &[copied("phase", "phase")]);
    payload.insert("version", version);
    payload.insert("cron_revision", params.str("head_rev"));
    definition.insert("payload", Value::Object(payload));
    Ok(())
}

/// The branch, as Ship It calls it: the path of the repository, such as `releases/mozilla-beta`.
fn branch(repository: &str) -> &str {
    match repository.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or(rest, |(_, path)| path),
        None => repository,
    }
}
