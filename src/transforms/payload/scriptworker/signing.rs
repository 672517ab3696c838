//! The payload of signingscript, which signs artifacts of other tasks.
//!
//! The attribute `release_artifacts` lists the signed artifacts for later tasks, so that these need
//! not know how signing changes names.

use std::collections::BTreeSet;

use super::definition::{scope_prefix, set_payload, sort_scopes};
use super::fields::implementation;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::value::{Object, Value, py_str};
use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::fields::{self, Preset};
use crate::transform::{Item, checks};
use crate::transforms::payload::contract::Payload;
use crate::transforms::payload::images::Images;
use crate::transforms::payload::worker::take_worker;

static UPSTREAM_ARTIFACT: Schema = Schema {
    name: "upstream artifact to sign",
    fields: &[
        required("taskId", Type::TaskRef, "the task with the artifacts"),
        required(
            "taskType",
            Type::Str,
            "the type of that task, for the chain of trust",
        ),
        required(
            "paths",
            Type::List(&Type::Str),
            "the paths of the artifacts",
        ),
        required(
            "formats",
            Type::List(&Type::Str),
            "the formats to sign each artifact with",
        ),
        optional(
            "authenticode_comment",
            Type::Str,
            "the comment in the signature of a Windows installer (MSI)",
        ),
    ],
    open: true,
    exclusive: &[],
};

static SCHEMA: Schema = Schema {
    name: "worker: scriptworker-signing",
    fields: &[
        implementation(&["scriptworker-signing"]),
        required(
            "signing-type",
            Type::Str,
            "the signing certificate, e.g. `release-signing`",
        ),
        required(
            "upstream-artifacts",
            Type::List(&Type::Struct(&UPSTREAM_ARTIFACT)),
            "the artifacts to sign",
        ),
        optional("max-run-time", Type::Int, "the time limit, in seconds"),
    ],
    open: true,
    exclusive: &[],
};

/// `scriptworker-signing`
pub static SIGNING: Payload = Payload {
    name: "scriptworker-signing",
    doc: "Signs artifacts.",
    schema: &SCHEMA,
    defaults: &[("max-run-time", Preset::Int(600))],
    automation: false,
    build,
};

/// The attribute that lists the signed artifacts.
const ATTRIBUTE: [&str; 2] = ["attributes", "release_artifacts"];

fn build(images: &Images<'_, '_>, item: &mut Item, definition: &mut Object) -> Outcome<()> {
    let worker = take_worker(item)?;
    let prefix = scope_prefix(images.context())?;
    let get = |key: &str| worker.get(key).cloned().unwrap_or_default();
    let upstream = get("upstream-artifacts");
    let mut signed = listed(item)?;
    for artifacts in upstream.as_array().into_iter().flatten() {
        let formats = checks::strings(artifacts.get("formats"));
        for path in checks::strings(artifacts.get("paths")) {
            signed.extend(signed_artifacts(&path, &formats));
        }
    }
    let payload = [("upstreamArtifacts", upstream)].into_iter();
    let max_run_time = worker.get("max-run-time").cloned();
    set_payload(
        definition,
        payload.chain(max_run_time.map(|seconds| ("maxRunTime", seconds))),
    );
    let signing_type = py_str(&get("signing-type"));
    sort_scopes(
        definition,
        [format!("{prefix}:signing:cert:{signing_type}")],
    );
    *fields::list(item, &ATTRIBUTE)? = signed.into_iter().map(Value::from).collect();
    Ok(())
}

/// The current values of the attribute.
fn listed(item: &mut Item) -> Result<BTreeSet<String>, Diagnostic> {
    let names = fields::list(item, &ATTRIBUTE)?.clone();
    let text = |name: &Value| match name {
        Value::String(text) => Ok(text.to_string()),
        other => Err(fields::wrong_type(
            &item.origin,
            &ATTRIBUTE,
            "a list of strings",
            other,
        )),
    };
    names.iter().map(text).collect()
}

/// The artifacts after signing `input` with these formats.
fn signed_artifacts(input: &str, formats: &[String]) -> BTreeSet<String> {
    // Signing an image for macOS unpacks it and does not pack it again.
    let signed = if input.ends_with(".dmg") {
        input.replace(".dmg", ".tar.gz")
    } else {
        input.to_owned()
    };
    let detached = formats
        .iter()
        .any(|format| format == "gcp_prod_autograph_gpg")
        .then(|| format!("{input}.asc"));
    BTreeSet::from_iter([signed].into_iter().chain(detached))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_changes_names() {
        let signed = |input: &str, formats: &[&str]| {
            let formats: Vec<_> = formats.iter().map(|f| (*f).to_owned()).collect();
            Vec::from_iter(signed_artifacts(input, &formats))
        };
        assert_eq!(signed("a.zip", &["autograph_apk"]), ["a.zip"]);
        assert_eq!(
            signed("a.dmg", &["gcp_prod_autograph_gpg"]),
            ["a.dmg.asc", "a.tar.gz"]
        );
    }
}
