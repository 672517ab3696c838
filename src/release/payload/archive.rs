//! Payloads of beetmover, which publishes files for download.

use super::{DEPENDENCIES, SOME_TEXTS, TEXTS, TaskShape, UPSTREAM, UPSTREAM_OR_ABSENT, list, open};
use crate::base::shape::{Choice, Field, Shape, TEXT, optional, required};
use crate::base::value::Value;

const PRODUCT: Shape = Shape::Open(&[required("appName", TEXT)]);

const PROPERTIES: Shape = Shape::Open(&[
    required("appName", TEXT),
    optional("buildid", TEXT),
    optional("appVersion", TEXT),
    optional("hashType", TEXT),
    optional("platform", TEXT),
    optional("branch", TEXT),
]);

const DESTINATIONS: Shape = Shape::List(&list(TEXT, 1, false));

/// Where each file goes.
const MAP: Shape = Shape::List(&list(
    Shape::Open(&[
        required("taskId", TEXT),
        required("locale", TEXT),
        required(
            "paths",
            Shape::Map(&Shape::Open(&[
                required("destinations", DESTINATIONS),
                required("checksums_path", TEXT),
                optional("expiry", TEXT),
            ])),
        ),
    ]),
    1,
    true,
));

const UPLOAD_DATE: Field = optional("upload_date", Shape::Number);
const BUILD_NUMBER: Field = optional("build_number", Shape::Number);
const LOCALE: Field = optional("locale", TEXT);
const MAX_RUN_TIME: Field = optional("maxRunTime", Shape::Number);
const VERSION: Field = optional("version", TEXT);

/// `push-to-candidates`, `push-to-nightly`, `push-to-partner` and others with a map of artifacts.
pub static WITH_MAP: TaskShape = open(
    DEPENDENCIES,
    &[
        required("upstreamArtifacts", UPSTREAM),
        required("releaseProperties", PROPERTIES),
        required("artifactMap", MAP),
        UPLOAD_DATE,
        BUILD_NUMBER,
        LOCALE,
        MAX_RUN_TIME,
        VERSION,
    ],
);

/// The older form of [`WITH_MAP`], without a map.
pub static WITHOUT_MAP: TaskShape = open(
    DEPENDENCIES,
    &[
        required("upload_date", Shape::Number),
        required(
            "upstreamArtifacts",
            Shape::List(&list(
                Shape::Open(&[
                    required("taskId", TEXT),
                    required("taskType", TEXT),
                    required("paths", SOME_TEXTS),
                    required("locale", TEXT),
                ]),
                1,
                true,
            )),
        ),
        required(
            "releaseProperties",
            Shape::Open(&[
                required("appName", TEXT),
                required("buildid", TEXT),
                required("appVersion", TEXT),
                required("hashType", TEXT),
                required("platform", TEXT),
                required("branch", TEXT),
            ]),
        ),
        BUILD_NUMBER,
        LOCALE,
        MAX_RUN_TIME,
        VERSION,
    ],
);

/// The rules for a payload with or without a map.
pub fn with_or_without_map(payload: &Value) -> Option<&'static TaskShape> {
    Some(match payload.get("artifactMap") {
        Some(_) => &WITH_MAP,
        None => &WITHOUT_MAP,
    })
}

/// The rules of `push-to-maven`, with or without a map.
pub fn maven(payload: &Value) -> Option<&'static TaskShape> {
    Some(match payload.get("artifactMap") {
        Some(_) => &WITH_MAP,
        None => &MAVEN,
    })
}

/// `push-to-maven`.
pub static MAVEN: TaskShape = open(
    DEPENDENCIES,
    &[
        required("upstreamArtifacts", UPSTREAM),
        required("releaseProperties", PROPERTIES),
        UPLOAD_DATE,
        BUILD_NUMBER,
        LOCALE,
        MAX_RUN_TIME,
        VERSION,
    ],
);

/// `push-to-releases`.
pub static RELEASES: TaskShape = open(
    DEPENDENCIES,
    &[
        required("product", TEXT),
        required("build_number", Shape::Number),
        required("version", TEXT),
        MAX_RUN_TIME,
        optional("partners", TEXTS),
        optional(
            "upstreamArtifacts",
            Shape::List(&list(
                Shape::Open(&[
                    required("taskId", TEXT),
                    required("taskType", TEXT),
                    required("paths", SOME_TEXTS),
                    LOCALE,
                ]),
                0,
                true,
            )),
        ),
    ],
);

/// `import-from-gcs-to-artifact-registry`: packages for apt and yum.
pub static REGISTRY: TaskShape = open(
    DEPENDENCIES,
    &[
        required("product", TEXT),
        required("gcs_sources", TEXTS),
        MAX_RUN_TIME,
    ],
);

/// `upload-data`: files in the payload itself.
pub static DATA: TaskShape = open(
    DEPENDENCIES,
    &[
        required("releaseProperties", PRODUCT),
        required(
            "dataMap",
            Shape::List(&list(
                Shape::Open(&[
                    required("data", TEXT),
                    required("contentType", TEXT),
                    required("destinations", SOME_TEXTS),
                ]),
                1,
                false,
            )),
        ),
    ],
);

const SOME_PATHS: Choice = Choice {
    doc: "a mapping with at least one path",
    pick: |value: &Value| {
        let map = value.as_object()?;
        (!map.is_empty()).then_some(&PATHS)
    },
};

static PATHS: Shape = Shape::Map(&Shape::Object(&[optional("destinations", DESTINATIONS)]));

/// `upload-translations-artifacts`.
pub static TRANSLATIONS: TaskShape = open(
    DEPENDENCIES,
    &[
        required(
            "releaseProperties",
            Shape::Object(&[required("appName", TEXT)]),
        ),
        optional("allow_overwrites", Shape::Boolean),
        required("upstreamArtifacts", UPSTREAM_OR_ABSENT),
        required(
            "artifactMap",
            Shape::List(&list(
                Shape::Object(&[
                    required("taskId", TEXT),
                    required("paths", Shape::Choice(&SOME_PATHS)),
                ]),
                1,
                true,
            )),
        ),
    ],
);
