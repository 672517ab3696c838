//! Payloads of signingscript and iscript, which sign files.

use super::{SCOPES, SOME_TEXTS, TEXTS, TaskShape, list, open};
use crate::base::shape::{Shape, TEXT, optional, required};

/// Files for Linux, Windows and Android, and everything that Autograph signs.
pub static SIGNING: TaskShape = open(
    SCOPES,
    &[required(
        "upstreamArtifacts",
        Shape::List(&list(
            Shape::Open(&[
                required("taskId", TEXT),
                required("taskType", TEXT),
                required("paths", SOME_TEXTS),
                required("formats", TEXTS),
                optional("authenticode_comment", TEXT),
            ]),
            1,
            true,
        )),
    )],
);

const MAC_FORMATS: &[&str] = &[
    "macapp",
    "widevine",
    "omnija",
    "autograph_widevine",
    "autograph_omnija",
    "mac_geckodriver",
    "mac_single_file",
    "autograph_langpack",
    "stage_autograph_widevine",
    "stage_autograph_omnija",
    "stage_autograph_langpack",
    "gcp_prod_autograph_widevine",
    "gcp_prod_autograph_omnija",
    "gcp_prod_autograph_langpack",
];

const MAC_BEHAVIORS: &[&str] = &[
    "mac_geckodriver",
    "mac_sign",
    "mac_sign_hardened",
    "mac_sign_and_pkg_hardened",
    "mac_sign_and_pkg",
    "mac_single_file",
    "mac_sign_pkg",
    "mac_sign_and_pkg_vpn",
];

/// Applications for macOS, signed on macOS.
pub static MAC_SIGNING: TaskShape = open(
    SCOPES,
    &[
        required(
            "upstreamArtifacts",
            Shape::List(&list(
                Shape::Open(&[
                    required("taskId", TEXT),
                    required("taskType", TEXT),
                    required("paths", SOME_TEXTS),
                    optional(
                        "formats",
                        Shape::List(&list(Shape::OneOf(MAC_FORMATS), 0, true)),
                    ),
                ]),
                1,
                true,
            )),
        ),
        optional("behavior", Shape::OneOf(MAC_BEHAVIORS)),
        optional(
            "product",
            Shape::OneOf(&["firefox", "mozillavpn", "mozregression"]),
        ),
        optional("entitlements-url", TEXT),
        optional("provisioning-profile-url", TEXT),
        optional("requirements-plist-url", TEXT),
        optional(
            "hardened-sign-config",
            Shape::List(&list(
                Shape::Open(&[
                    optional("deep", Shape::Boolean),
                    optional("runtime", Shape::Boolean),
                    optional("force", Shape::Boolean),
                    optional("entitlements", TEXT),
                    optional("libconstraints", TEXT),
                    optional("globs", Shape::List(&list(TEXT, 1, false))),
                ]),
                0,
                true,
            )),
        ),
        optional(
            "provisioning-profile-config",
            Shape::List(&list(
                Shape::Open(&[
                    optional("profile_name", TEXT),
                    optional("target_path", TEXT),
                ]),
                0,
                true,
            )),
        ),
    ],
);
