//! The payload of bitrisescript, which runs workflows on Bitrise.

use std::collections::BTreeSet;

use super::definition::{scope_prefix, set_payload};
use super::fields::implementation;
use crate::base::diagnostic::Outcome;
use crate::base::value::{Object, Value, truthy};
use crate::config::parameters::Parameters;
use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::Item;
use crate::transform::item::list_mut;
use crate::transforms::payload::contract::Payload;
use crate::transforms::payload::images::Images;
use crate::transforms::payload::worker::{add_scope, take_worker};

static BITRISE: Schema = Schema {
    name: "bitrise",
    fields: &[
        required(
            "app",
            Type::Str,
            "the Bitrise app, which is part of the scope",
        ),
        required(
            "workflows",
            Type::List(&Type::OneOf(&[
                Type::Str,
                Type::Map(&Type::List(&Type::Map(&Type::TaskRef))),
            ])),
            "the workflows: names, or mappings of names to lists of environments, with one environment for each run of the workflow",
        ),
        optional(
            "artifact_prefix",
            Type::Str,
            "the prefix of artifact names; `public` for public artifacts",
        ),
    ],
    open: true,
    exclusive: &[],
};

static SCHEMA: Schema = Schema {
    name: "worker: scriptworker-bitrise",
    fields: &[
        implementation(&["scriptworker-bitrise"]),
        required(
            "bitrise",
            Type::Struct(&BITRISE),
            "the app and the workflows to run",
        ),
    ],
    open: true,
    exclusive: &[],
};

/// `scriptworker-bitrise`
pub static BITRISE_PAYLOAD: Payload = Payload {
    name: "scriptworker-bitrise",
    doc: "Runs workflows on Bitrise.",
    schema: &SCHEMA,
    defaults: &[],
    automation: false,
    build,
};

fn build(images: &Images<'_, '_>, item: &mut Item, definition: &mut Object) -> Outcome<()> {
    let worker = take_worker(item)?;
    let context = images.context();
    let prefix = scope_prefix(context)?;
    let bitrise = worker.get("bitrise").cloned().unwrap_or_default();
    let mut names = BTreeSet::new();
    let mut runs = Object::new();
    let workflows = bitrise.get("workflows").and_then(Value::as_array);
    for workflow in workflows.into_iter().flatten() {
        match workflow {
            Value::Object(workflow) => {
                names.extend(workflow.keys().map(|key| key.as_str()));
                add_runs(&mut runs, workflow);
            }
            other => names.extend(other.as_str()),
        }
    }
    let app = bitrise
        .get("app")
        .and_then(Value::as_str)
        .unwrap_or_default();
    add_scope(definition, format!("{prefix}:bitrise:app:{app}"));
    for name in names {
        add_scope(definition, format!("{prefix}:bitrise:workflow:{name}"));
    }
    let mut payload = vec![(
        "global_params",
        Value::Object(build_params(context.params())),
    )];
    payload.extend((!runs.is_empty()).then_some(("workflow_params", Value::Object(runs))));
    let artifact_prefix = bitrise.get("artifact_prefix").filter(|value| truthy(value));
    payload.extend(artifact_prefix.map(|value| ("artifact_prefix", value.clone())));
    set_payload(definition, payload);
    Ok(())
}

/// Adds the environments of each workflow, in the form that Bitrise has for them.
fn add_runs(runs: &mut Object, workflow: &Object) {
    let pair = |name: &str, value: &Value| {
        let pair = [("mapped_to", Value::from(name)), ("value", value.clone())];
        Value::Object(pair.map(|(key, value)| (key, value)).into_iter().collect())
    };
    for (name, environments) in workflow {
        let runs = list_mut(runs, name);
        for environment in environments.as_array().into_iter().flatten() {
            let variables = environment.as_object().into_iter().flatten();
            let variables = variables.map(|(name, value)| pair(name, value)).collect();
            let run = [("environments", Value::Array(variables))];
            runs.push(Value::Object(run.into_iter().collect()));
        }
    }
}

/// The parameters that describe the built change.
fn build_params(params: &Parameters) -> Object {
    let text = |name: &str| Some(params.str(name)).filter(|text| !text.is_empty());
    let param = |name: &str| params.get(name).filter(|value| truthy(value)).cloned();
    let string = |value: Option<&str>| value.map(Value::from);
    let mut build_params = vec![
        ("commit_hash", string(Some(params.str("head_rev")))),
        (
            "branch_repo_owner",
            string(Some(params.str("head_repository"))),
        ),
        (
            "branch",
            string(text("head_ref").and_then(|name| short_ref(name, "heads"))),
        ),
        (
            "tag",
            string(text("head_tag").and_then(|name| short_ref(name, "tags"))),
        ),
        ("commit_message", param("commit_message")),
        ("pull_request_id", param("pull_request_number")),
    ];
    if params.tasks_for() == "github-pull-request" {
        build_params.extend([
            ("pull_request_author", string(Some(params.str("owner")))),
            (
                "branch_dest",
                string(text("base_ref").and_then(|name| short_ref(name, "heads"))),
            ),
            ("branch_dest_repo_owner", string(text("base_repository"))),
        ]);
    }
    build_params
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

/// The short name of a ref of this type; nothing for a ref of another type, or an empty name.
fn short_ref<'r>(name: &'r str, kind: &str) -> Option<&'r str> {
    let short = match name.strip_prefix("refs/") {
        None => name,
        Some(rest) => rest.strip_prefix(kind)?.strip_prefix('/')?,
    };
    Some(short).filter(|short| !short.is_empty())
}
