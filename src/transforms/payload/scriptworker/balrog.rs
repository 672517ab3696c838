//! The payload of balrogscript, which changes what the update server offers.
//!
//! Fields that depend on the release may be keyed by `release-type`, `release-level` and `beta-number`.

use super::fields::{OS, UPSTREAM, copied, copy, implementation, refuse_nulls, unless_empty};
use super::release;
use crate::base::diagnostic::{Diagnostics, Outcome};
use crate::base::value::{Object, Value, py_str};
use crate::config::keyed_by::{self, Options};
use crate::config::release as derived;
use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::{Context, Item, fields};
use crate::transforms::payload::contract::Payload;
use crate::transforms::payload::images::Images;
use crate::transforms::payload::worker::take_worker;

const BY_TYPE: &[&str] = &["release-type"];
const BY_LEVEL: &[&str] = &["release-level"];
const BY_BOTH: &[&str] = &["release-type", "release-level"];
const BY_BETA: &[&str] = &["release-type", "beta-number"];
const TEXTS: Type = Type::List(&Type::Str);

static SCHEMA: Schema = Schema {
    name: "worker: balrog",
    fields: &[
        implementation(&["balrog"]),
        OS,
        required(
            "balrog-action",
            Type::Literal(&[
                "submit-locale",
                "submit-toplevel",
                "schedule",
                "set-readonly",
                "v2-submit-locale",
                "v2-submit-toplevel",
            ]),
            "what to do",
        ),
        optional(
            "product",
            Type::Str,
            "the product; needed unless a locale is submitted",
        ),
        optional(
            "platforms",
            TEXTS,
            "the platforms of the release (`submit-toplevel`)",
        ),
        optional(
            "release-eta",
            Type::Str,
            "when the release is published (default: the parameter `release_eta`)",
        ),
        optional(
            "channel-names",
            Type::KeyedBy(BY_TYPE, &TEXTS),
            "the channels that the release is offered on (`submit-toplevel`)",
        ),
        optional(
            "require-mirrors",
            Type::Bool,
            "whether all channels but those for local tests download from mirrors, not from the candidate's folder (`submit-toplevel`)",
        ),
        optional(
            "publish-rules",
            Type::KeyedBy(BY_BOTH, &Type::List(&Type::Int)),
            "the rules that offer the release to users (`schedule`)",
        ),
        optional(
            "rules-to-update",
            Type::KeyedBy(BY_BOTH, &TEXTS),
            "the rules for tests that are pointed to the release (`submit-toplevel`)",
        ),
        optional(
            "archive-domain",
            Type::KeyedBy(BY_LEVEL, &Type::Str),
            "the host of the archive (`submit-toplevel`)",
        ),
        optional(
            "download-domain",
            Type::KeyedBy(BY_LEVEL, &Type::Str),
            "the host of bouncer (`submit-toplevel`)",
        ),
        optional(
            "blob-suffix",
            Type::Str,
            "the end of the name of the release's blob",
        ),
        optional(
            "complete-mar-filename-pattern",
            Type::Str,
            "the name of complete updates, if it is not the ordinary one; needs the pattern for bouncer, too",
        ),
        optional(
            "complete-mar-bouncer-product-pattern",
            Type::Str,
            "the name of bouncer's product for complete updates, if it is not the ordinary one",
        ),
        optional(
            "update-line",
            Type::Any,
            "what users are told about the update: entries for each suffix of a blob",
        ),
        optional(
            "suffixes",
            TEXTS,
            "the ends of the names of the blobs that get the locale (`submit-locale`)",
        ),
        optional(
            "background-rate",
            Type::Any,
            "the percentage of users who are offered the update without asking (`schedule`), which may be keyed by `release-type` and `beta-number`; null keeps that of the rule",
        ),
        optional(
            "force-fallback-mapping-update",
            Type::KeyedBy(BY_BETA, &Type::Bool),
            "whether users who are not offered this update get the one before it (`schedule`)",
        ),
        optional(
            "pin-channels",
            Type::KeyedBy(BY_BOTH, &TEXTS),
            "the channels on which users can stay with this version",
        ),
        optional(
            "upstream-artifacts",
            UPSTREAM,
            "beetmover's manifest of the updates (`submit-locale`)",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// The fields that may be keyed.
const KEYED: [&str; 8] = [
    "archive-domain",
    "channel-names",
    "download-domain",
    "publish-rules",
    "rules-to-update",
    "background-rate",
    "force-fallback-mapping-update",
    "pin-channels",
];

/// `balrog`
pub static BALROG: Payload = Payload {
    name: "balrog",
    doc: "Changes what the update server offers.",
    schema: &SCHEMA,
    defaults: &[],
    automation: false,
    build,
};

fn build(images: &Images<'_, '_>, item: &mut Item, definition: &mut Object) -> Outcome<()> {
    let context = images.context();
    choose(context, item)?;
    let worker = take_worker(item)?;
    let mut wrong = Diagnostics::new();
    let mut given = worker.clone();
    given.retain(|name, _| name != "background-rate");
    wrong.keep(refuse_nulls(item, &given, &SCHEMA));
    if let Some(rate) = worker.get("background-rate")
        && !(rate.is_null() || rate.as_i64().is_some())
    {
        let path = ["worker", "background-rate"];
        wrong.push(fields::wrong_type(&item.origin, &path, "an integer", rate));
    }
    let behavior = worker.get("balrog-action").map(py_str).unwrap_or_default();
    let action = behavior.strip_prefix("v2-").unwrap_or(&behavior);
    for name in needed(action) {
        if !worker.contains_key(name) {
            let field = format!("worker.{name}");
            wrong.push(item.error_at(
                &field,
                format!("`{field}` is missing, which `{behavior}` needs"),
            ));
        }
    }
    wrong.or_ok(())?;
    let mut payload = Object::new();
    payload.insert("behavior", behavior.as_str());
    if action == "submit-locale" {
        let fields = [
            copied("upstreamArtifacts", "upstream-artifacts"),
            copied("suffixes", "suffixes"),
        ];
        copy(&mut payload, &worker, &fields);
    } else {
        let params = context.params();
        let version = release::version(params, item, "worker.balrog-action")?;
        payload.insert("build_number", release::build_number(params));
        copy(&mut payload, &worker, &[copied("product", "product")]);
        payload.insert("version", version);
        let fields = [
            copied("blob_suffix", "blob-suffix"),
            copied(
                "complete_mar_filename_pattern",
                "complete-mar-filename-pattern",
            ),
            copied(
                "complete_mar_bouncer_product_pattern",
                "complete-mar-bouncer-product-pattern",
            ),
            copied("pin_channels", "pin-channels"),
        ];
        copy(&mut payload, &worker, &fields);
        match action {
            "submit-toplevel" => {
                payload.insert("app_version", release::app_version(params, version));
                let fields = ["archive-domain", "channel-names", "download-domain"];
                copy_underscored(&mut payload, &worker, &fields);
                payload.insert("partial_versions", release::partial_versions(params));
                let fields = [
                    "platforms",
                    "rules-to-update",
                    "require-mirrors",
                    "update-line",
                ];
                copy_underscored(&mut payload, &worker, &fields);
            }
            "schedule" => {
                copy_underscored(&mut payload, &worker, &["publish-rules"]);
                let eta = worker.get("release-eta").or(params.get("release_eta"));
                let eta = eta.cloned().unwrap_or_else(|| Value::from(""));
                payload.insert("release_eta", eta);
                let force = unless_empty(
                    "force_fallback_mapping_update",
                    "force-fallback-mapping-update",
                );
                copy(&mut payload, &worker, &[force]);
                // The worker takes 0 for none, which only a staged task reports.
                let rate = worker.get("background-rate");
                if let Some(rate) = rate.filter(|rate| !rate.is_null()) {
                    payload.insert("background_rate", rate.clone());
                }
            }
            _ => {}
        }
    }
    definition.insert("payload", Value::Object(payload));
    Ok(())
}

/// The fields that an action needs.
fn needed(action: &str) -> &'static [&'static str] {
    match action {
        "submit-locale" => &["upstream-artifacts"],
        "submit-toplevel" => &[
            "product",
            "archive-domain",
            "channel-names",
            "download-domain",
            "platforms",
            "rules-to-update",
            "require-mirrors",
        ],
        "schedule" => &["product", "publish-rules"],
        _ => &["product"],
    }
}

/// Copies fields whose names have underscores in the payload.
fn copy_underscored(payload: &mut Object, worker: &Object, names: &[&str]) {
    for name in names {
        if let Some(value) = worker.get(name) {
            payload.insert(name.replace('-', "_"), value.clone());
        }
    }
}

/// Resolves the keyed fields.
fn choose(context: &Context<'_>, item: &mut Item) -> Outcome<()> {
    let params = context.params();
    let values = derived::derived(context.graph_config(), params);
    let mut attributes = Object::new();
    for (name, value) in [
        ("release-type", values.get("type")),
        ("release-level", values.get("level")),
        ("beta-number", values.get("beta_number")),
    ] {
        attributes.insert(name, value.cloned().unwrap_or_default());
    }
    let options = Options {
        defer: Vec::new(),
        allow_several: false,
    };
    let name = item.task.get("name").or_else(|| item.task.get("label"));
    let name = name.map(py_str).unwrap_or_default();
    let mut wrong = Diagnostics::new();
    for field in KEYED {
        let path = format!("worker.{field}");
        let chosen = keyed_by::resolve(&mut item.task, &path, &name, &attributes, &options);
        if let Err(error) = chosen {
            let mut diagnostic = item.error_at(&path, error.to_string());
            diagnostic.help = error.help();
            wrong.push(diagnostic);
        }
    }
    wrong.or_ok(())
}
