//! Payloads of the workers that push to stores.

use super::definition::{scope_prefix, set_tag, sort_scopes};
use super::fields::{Copied, OS, TO_PUSH, build, copied, implementation, unless_empty};
use crate::base::diagnostic::Outcome;
use crate::base::value::{Object, Value, py_str};
use crate::config::schema::{Field, Schema, Type, optional, required};
use crate::transform::Item;
use crate::transforms::payload::contract::Payload;
use crate::transforms::payload::images::Images;
use crate::transforms::payload::worker::add_scope;

const CHANNEL: Field = required("channel", Type::Str, "the channel of the store");
const COPIED_CHANNEL: Copied = copied("channel", "channel");
const COPIED_UPSTREAM: Copied = copied("upstreamArtifacts", "upstream-artifacts");

static APK_SCHEMA: Schema = Schema {
    name: "worker: push-apk",
    fields: &[
        implementation(&["push-apk"]),
        OS,
        TO_PUSH,
        required(
            "google-play-track",
            Type::Str,
            "the track of Google Play, e.g. `internal`",
        ),
        required(
            "commit",
            Type::Bool,
            "whether the change is published, or only tried",
        ),
        optional(
            "rollout-percentage",
            Type::Int,
            "the percentage of users who get the packages",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// `push-apk`
pub static APK: Payload = Payload {
    name: "push-apk",
    doc: "Pushes Android packages to a track of Google Play.",
    schema: &APK_SCHEMA,
    defaults: &[],
    automation: false,
    build: |_, item, definition| {
        let fields = [
            copied("commit", "commit"),
            COPIED_UPSTREAM,
            copied("google_play_track", "google-play-track"),
            unless_empty("rollout_percentage", "rollout-percentage"),
        ];
        build(item, definition, &APK_SCHEMA, &fields).map(|_| ())
    },
};

static PUSHAPK_SCHEMA: Schema = Schema {
    name: "worker: scriptworker-pushapk",
    fields: &[
        implementation(&["scriptworker-pushapk"]),
        OS,
        TO_PUSH,
        optional(
            "certificate-alias",
            Type::Str,
            "the certificate that the packages must be signed with",
        ),
        optional(
            "target-store",
            Type::Str,
            "the store: `google` or `samsung`",
        ),
        CHANNEL,
        required(
            "commit",
            Type::Bool,
            "whether the change is published, or only tried",
        ),
        required(
            "product",
            Type::Str,
            "the product, which is part of the scope",
        ),
        required(
            "dep",
            Type::Bool,
            "whether the worker is one for tests, which is part of the scope",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// `scriptworker-pushapk`
pub static PUSHAPK: Payload = Payload {
    name: "scriptworker-pushapk",
    doc: "Pushes Android packages and bundles to a store.",
    schema: &PUSHAPK_SCHEMA,
    defaults: &[],
    automation: false,
    build: pushapk,
};

fn pushapk(images: &Images<'_, '_>, item: &mut Item, definition: &mut Object) -> Outcome<()> {
    let prefix = scope_prefix(images.context())?;
    let fields = [
        COPIED_CHANNEL,
        copied("commit", "commit"),
        COPIED_UPSTREAM,
        copied("certificate_alias", "certificate-alias"),
        copied("target_store", "target-store"),
    ];
    let worker = build(item, definition, &PUSHAPK_SCHEMA, &fields)?;
    set_tag(definition);
    let product = worker.get("product").map(py_str).unwrap_or_default();
    let dep = worker
        .get("dep")
        .and_then(Value::as_bool)
        .unwrap_or_default();
    let end = if dep { ":dep" } else { "" };
    add_scope(
        definition,
        format!("{prefix}:googleplay:product:{product}{end}"),
    );
    Ok(())
}

static SNAP_SCHEMA: Schema = Schema {
    name: "worker: push-snap",
    fields: &[implementation(&["push-snap"]), OS, CHANNEL, TO_PUSH],
    open: false,
    exclusive: &[],
};

/// `push-snap`
pub static SNAP: Payload = Payload {
    name: "push-snap",
    doc: "Pushes a snap to a channel of the Snap Store.",
    schema: &SNAP_SCHEMA,
    defaults: &[],
    automation: false,
    build: |_, item, definition| {
        let fields = [COPIED_CHANNEL, COPIED_UPSTREAM];
        build(item, definition, &SNAP_SCHEMA, &fields).map(|_| ())
    },
};

static FLATPAK_SCHEMA: Schema = Schema {
    name: "worker: push-flatpak",
    fields: &[implementation(&["push-flatpak"]), OS, CHANNEL, TO_PUSH],
    open: false,
    exclusive: &[],
};

/// `push-flatpak`
pub static FLATPAK: Payload = Payload {
    name: "push-flatpak",
    doc: "Pushes a flatpak to a channel of Flathub.",
    schema: &FLATPAK_SCHEMA,
    defaults: &[],
    automation: false,
    build: |_, item, definition| {
        let fields = [COPIED_CHANNEL, COPIED_UPSTREAM];
        build(item, definition, &FLATPAK_SCHEMA, &fields).map(|_| ())
    },
};

static MSIX_SCHEMA: Schema = Schema {
    name: "worker: push-msix",
    fields: &[
        implementation(&["push-msix"]),
        OS,
        CHANNEL,
        optional(
            "publish-mode",
            Type::Str,
            "when the store publishes the packages: `Immediate` or `Manual`",
        ),
        TO_PUSH,
    ],
    open: false,
    exclusive: &[],
};

/// `push-msix`
pub static MSIX: Payload = Payload {
    name: "push-msix",
    doc: "Pushes MSIX packages to the Microsoft Store.",
    schema: &MSIX_SCHEMA,
    defaults: &[],
    automation: false,
    build: |_, item, definition| {
        let fields = [
            COPIED_CHANNEL,
            COPIED_UPSTREAM,
            unless_empty("publishMode", "publish-mode"),
        ];
        build(item, definition, &MSIX_SCHEMA, &fields).map(|_| ())
    },
};

static ADDONS_SCHEMA: Schema = Schema {
    name: "worker: push-addons",
    fields: &[
        implementation(&["push-addons"]),
        OS,
        required(
            "channel",
            Type::Literal(&["listed", "unlisted"]),
            "whether the add-ons are listed on the site",
        ),
        TO_PUSH,
    ],
    open: false,
    exclusive: &[],
};

/// `push-addons`
pub static ADDONS: Payload = Payload {
    name: "push-addons",
    doc: "Pushes language packs and other add-ons to the add-on site, which signs them.",
    schema: &ADDONS_SCHEMA,
    defaults: &[],
    automation: false,
    build: |_, item, definition| {
        let fields = [COPIED_CHANNEL, COPIED_UPSTREAM];
        build(item, definition, &ADDONS_SCHEMA, &fields).map(|_| ())
    },
};

static GITHUB_SCHEMA: Schema = Schema {
    name: "worker: scriptworker-github",
    fields: &[
        implementation(&["scriptworker-github"]),
        OS,
        required(
            "action",
            Type::Literal(&["release"]),
            "what to do, which is part of the scope",
        ),
        required(
            "github-project",
            Type::Str,
            "the project, which is part of the scope",
        ),
        required("github-repo-url", Type::Str, "the repository"),
        required("git-tag", Type::Str, "the tag of the release"),
        required("git-revision", Type::Str, "the commit that is tagged"),
        required("release-name", Type::Str, "the name of the release"),
        required("is-prerelease", Type::Bool, "whether it is a prerelease"),
        required(
            "artifact-map",
            Type::List(&Type::Any),
            "the names that the files have in the release",
        ),
        TO_PUSH,
    ],
    open: false,
    exclusive: &[],
};

/// `scriptworker-github`
pub static GITHUB: Payload = Payload {
    name: "scriptworker-github",
    doc: "Makes a release on GitHub.",
    schema: &GITHUB_SCHEMA,
    defaults: &[],
    automation: false,
    build: github,
};

fn github(images: &Images<'_, '_>, item: &mut Item, definition: &mut Object) -> Outcome<()> {
    let prefix = scope_prefix(images.context())?;
    let fields = [
        copied("artifactMap", "artifact-map"),
        copied("gitTag", "git-tag"),
        copied("gitRevision", "git-revision"),
        copied("githubRepoUrl", "github-repo-url"),
        copied("isPrerelease", "is-prerelease"),
        copied("releaseName", "release-name"),
        COPIED_UPSTREAM,
    ];
    let worker = build(item, definition, &GITHUB_SCHEMA, &fields)?;
    set_tag(definition);
    let text = |key: &str| worker.get(key).map(py_str).unwrap_or_default();
    let scopes = [
        format!("{prefix}:github:project:{}", text("github-project")),
        format!("{prefix}:github:action:{}", text("action")),
    ];
    sort_scopes(definition, scopes);
    Ok(())
}
