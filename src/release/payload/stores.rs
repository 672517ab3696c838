//! Payloads of the workers that push to stores.

use super::{
    BOTH, DEPENDENCIES, MAPPING, Needs, SCOPES, TaskShape, UPSTREAM, UPSTREAM_ALONE,
    UPSTREAM_OR_ABSENT, UPSTREAM_OR_NONE, closed, list, open, text,
};
use crate::base::shape::{Shape, TEXT, optional, required};

/// The field `scopes` is needed, but may be empty.
const ANY_SCOPES: Needs = Needs {
    scopes: Some(0),
    dependencies: true,
};

/// pushapkscript: Android packages and bundles.
pub static APK: TaskShape = closed(
    BOTH,
    &[
        required("upstreamArtifacts", UPSTREAM_OR_ABSENT),
        optional("target_store", TEXT),
        optional("certificate_alias", TEXT),
        optional("google_play_track", TEXT),
        optional("channel", TEXT),
        optional("rollout_percentage", Shape::Integer { min: 0, max: 100 }),
        optional("commit", Shape::Boolean),
        optional("submit", Shape::Boolean),
    ],
);

/// pushflatpakscript.
pub static FLATPAK: TaskShape = closed(
    ANY_SCOPES,
    &[
        required("upstreamArtifacts", UPSTREAM_ALONE),
        optional("channel", TEXT),
    ],
);

/// pushmsixscript.
pub static MSIX: TaskShape = closed(
    ANY_SCOPES,
    &[
        required("upstreamArtifacts", UPSTREAM_OR_ABSENT),
        text("channel"),
        optional("publishMode", TEXT),
    ],
);

/// pushsnapscript, which has no published schema any more: the fields that taskgraph's builders write.
pub static SNAP: TaskShape = open(
    BOTH,
    &[text("channel"), required("upstreamArtifacts", UPSTREAM)],
);

/// addonscript: language packs and other add-ons.
pub static ADDONS: TaskShape = open(
    SCOPES,
    &[
        required("upstreamArtifacts", UPSTREAM),
        required("channel", Shape::OneOf(&["listed", "unlisted"])),
    ],
);

/// githubscript, which has no schema among those published: the fields that its action `release` reads.
pub static GITHUB: TaskShape = open(
    DEPENDENCIES,
    &[
        text("gitRevision"),
        text("gitTag"),
        required("isPrerelease", Shape::Boolean),
        // For people: the worker knows the repository of each project.
        optional("githubRepoUrl", TEXT),
        text("releaseName"),
        required("upstreamArtifacts", UPSTREAM_OR_NONE),
        optional("artifactMap", Shape::List(&list(MAPPING, 0, false))),
    ],
);
