//! The payload of iscript, which signs on macOS.

use super::definition::{scope_prefix, sort_scopes};
use super::fields::{OS, copied, copy, implementation, refuse_nulls, unless_empty};
use crate::base::diagnostic::Outcome;
use crate::base::value::{Object, Value, py_str};
use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::Item;
use crate::transforms::payload::contract::Payload;
use crate::transforms::payload::images::Images;
use crate::transforms::payload::worker::take_worker;

static TO_SIGN: Schema = Schema {
    name: "artifact to sign on macOS",
    fields: &[
        required("taskId", Type::TaskRef, "the task with the artifacts"),
        required("taskType", Type::Str, "the type of that task"),
        required(
            "paths",
            Type::List(&Type::Str),
            "the names of the artifacts",
        ),
        required(
            "formats",
            Type::List(&Type::Str),
            "the formats to sign each artifact with, e.g. `macapp`",
        ),
        optional(
            "singleFileGlobs",
            Type::List(&Type::Str),
            "the files in an archive that are signed one by one",
        ),
    ],
    open: false,
    exclusive: &[],
};

static HARDENED: Schema = Schema {
    name: "hardened signing",
    fields: &[
        optional("deep", Type::Bool, "whether nested code is signed, too"),
        optional(
            "runtime",
            Type::Bool,
            "whether the hardened runtime is used",
        ),
        optional("force", Type::Bool, "whether signatures are replaced"),
        optional("entitlements", Type::Str, "the URL of the entitlements"),
        optional("requirements", Type::Str, "the URL of the requirements"),
        required("globs", Type::List(&Type::Str), "the files to sign"),
    ],
    open: false,
    exclusive: &[],
};

static PROFILE: Schema = Schema {
    name: "provisioning profile",
    fields: &[
        required("profile_name", Type::Str, "the name of the profile"),
        required("target_path", Type::Str, "its path in the application"),
    ],
    open: false,
    exclusive: &[],
};

static SCHEMA: Schema = Schema {
    name: "worker: iscript",
    fields: &[
        implementation(&["iscript"]),
        OS,
        required(
            "signing-type",
            Type::Str,
            "the signing certificate, e.g. `release-signing`",
        ),
        optional("max-run-time", Type::Int, "the time limit, in seconds"),
        required(
            "upstream-artifacts",
            Type::List(&Type::Struct(&TO_SIGN)),
            "the artifacts to sign",
        ),
        optional(
            "mac-behavior",
            Type::Literal(&[
                "mac_geckodriver",
                "mac_sign",
                "mac_sign_hardened",
                "mac_sign_and_pkg",
                "mac_sign_and_pkg_hardened",
                "mac_sign_and_pkg_vpn",
                "mac_sign_pkg",
                "mac_single_file",
            ]),
            "what is signed, and whether a package is made",
        ),
        optional("entitlements-url", Type::Str, "the URL of the entitlements"),
        optional(
            "requirements-plist-url",
            Type::Str,
            "the URL of the requirements",
        ),
        optional(
            "provisioning-profile-config",
            Type::List(&Type::Struct(&PROFILE)),
            "the provisioning profiles",
        ),
        optional(
            "hardened-sign-config",
            Type::List(&Type::Struct(&HARDENED)),
            "how the files of the application are signed",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// `iscript`
pub static ISCRIPT: Payload = Payload {
    name: "iscript",
    doc: "Signs applications on macOS.",
    schema: &SCHEMA,
    defaults: &[],
    automation: false,
    build,
};

fn build(images: &Images<'_, '_>, item: &mut Item, definition: &mut Object) -> Outcome<()> {
    let prefix = scope_prefix(images.context())?;
    let worker = take_worker(item)?;
    refuse_nulls(item, &worker, &SCHEMA)?;
    let mut payload = Object::new();
    let fields = [
        copied("upstreamArtifacts", "upstream-artifacts"),
        copied("maxRunTime", "max-run-time"),
        copied("behavior", "mac-behavior"),
    ];
    copy(&mut payload, &worker, &fields);
    if worker.contains_key("mac-behavior") {
        let fields = [
            "entitlements-url",
            "requirements-plist-url",
            "hardened-sign-config",
            "provisioning-profile-config",
        ];
        copy(
            &mut payload,
            &worker,
            &fields.map(|name| unless_empty(name, name)),
        );
    }
    definition.insert("payload", Value::Object(payload));
    let signing_type = worker.get("signing-type").map(py_str).unwrap_or_default();
    sort_scopes(
        definition,
        [format!("{prefix}:signing:cert:{signing_type}")],
    );
    Ok(())
}
