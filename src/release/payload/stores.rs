//! Payloads of the workers that push to stores.

use super::{
    BOTH, DEPENDENCIES, MAPPING, Needs, SCOPES, SOME_TEXTS, TaskShape, UPSTREAM,
    UPSTREAM_OR_ABSENT, UPSTREAM_OR_NONE, closed, list, open,
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
        required(
            "upstreamArtifacts",
            Shape::List(&list(
                Shape::Object(&[
                    required("taskId", TEXT),
                    required("taskType", TEXT),
                    required("paths", SOME_TEXTS),
                ]),
                1,
                true,
            )),
        ),
        optional("channel", TEXT),
    ],
);

/// pushmsixscript.
pub static MSIX: TaskShape = closed(
    ANY_SCOPES,
    &[
        required("upstreamArtifacts", UPSTREAM_OR_ABSENT),
        required("channel", TEXT),
        optional("publishMode", TEXT),
    ],
);

/// pushsnapscript, which has no published schema any more: the fields that taskgraph's builders write.
pub static SNAP: TaskShape = open(
    BOTH,
    &[
        required("channel", TEXT),
        required("upstreamArtifacts", UPSTREAM),
    ],
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
        required("gitRevision", TEXT),
        required("gitTag", TEXT),
        required("isPrerelease", Shape::Boolean),
        required("githubRepoUrl", TEXT),
        required("releaseName", TEXT),
        required("upstreamArtifacts", UPSTREAM_OR_NONE),
        optional("artifactMap", Shape::List(&list(MAPPING, 0, false))),
    ],
);
