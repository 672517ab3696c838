//! Payloads of balrogscript, which changes what the update server offers.

use super::{BOTH, SCOPES, TEXTS, TaskShape, UPSTREAM, list, open};
use crate::base::shape::{Shape, TEXT, optional, required};

const BUILD_NUMBER: Shape = Shape::Number;

/// `submit-locale`.
pub static SUBMIT_LOCALE: TaskShape = open(
    BOTH,
    &[
        optional(
            "behavior",
            Shape::OneOf(&["v2-submit-locale", "submit-locale"]),
        ),
        required("upstreamArtifacts", UPSTREAM),
    ],
);

/// `submit-toplevel`.
pub static SUBMIT_TOPLEVEL: TaskShape = TaskShape {
    needs: SCOPES,
    payload: Shape::Open(&[
        optional(
            "behavior",
            Shape::OneOf(&["v2-submit-toplevel", "submit-toplevel"]),
        ),
        required("app_version", TEXT),
        required("archive_domain", TEXT),
        required("build_number", BUILD_NUMBER),
        required("channel_names", TEXTS),
        required("download_domain", TEXT),
        required("partial_versions", TEXT),
        required("platforms", TEXTS),
        required("product", TEXT),
        required("require_mirrors", Shape::Boolean),
        required("rules_to_update", TEXTS),
        required("version", TEXT),
        optional("blob_suffix", TEXT),
        optional("complete_mar_filename_pattern", TEXT),
        optional("complete_mar_bouncer_product_pattern", TEXT),
        optional("pin_channels", TEXTS),
    ]),
    together: &[[
        "complete_mar_filename_pattern",
        "complete_mar_bouncer_product_pattern",
    ]],
};

/// `schedule`.
pub static SCHEDULE: TaskShape = open(
    SCOPES,
    &[
        optional("behavior", Shape::OneOf(&["schedule"])),
        required("build_number", BUILD_NUMBER),
        required("product", TEXT),
        required("publish_rules", Shape::List(&list(Shape::Number, 0, true))),
        required("version", Shape::Any),
        optional("release_eta", TEXT),
        optional("blob_suffix", TEXT),
        optional("background_rate", Shape::Number),
        optional("force_fallback_mapping_update", Shape::Boolean),
        optional("pin_channels", TEXTS),
    ],
);

/// `set-readonly`.
pub static SET_READONLY: TaskShape = open(
    SCOPES,
    &[
        optional("behavior", Shape::OneOf(&["set-readonly"])),
        required("build_number", BUILD_NUMBER),
        required("product", TEXT),
        required("version", TEXT),
        optional("blob_suffix", TEXT),
    ],
);

/// `submit-system-addons`.
pub static SUBMIT_SYSTEM_ADDONS: TaskShape = open(BOTH, &[required("upstreamArtifacts", UPSTREAM)]);
