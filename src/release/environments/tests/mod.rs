//! Each rule finds what breaks it, and nothing else.

mod each_rule;
mod messages;
mod several_tasks;

use super::check::{CheckedTask, Setting, check};
use super::{Environments, Tier};
use crate::base::value::{Object, Value, json};

const STAGING_HOST: &str = "curl https://ftp.stage.mozaws.net/pub";
const PRODUCTION_SCOPE: &str = "project:releng:balrog:server:release";

/// A task in these tests: pool, scopes, a text in the payload, whether it ships, and what it depends on.
struct Planned {
    label: &'static str,
    pool: (&'static str, &'static str),
    scopes: &'static [&'static str],
    text: &'static str,
    format: Option<&'static str>,
    ships: bool,
    dependencies: &'static [&'static str],
}

const BUILD: Planned = Planned {
    label: "build",
    pool: ("fox-t", "t-linux"),
    scopes: &["queue:get-artifact:private/*"],
    text: "make",
    format: None,
    ships: false,
    dependencies: &[],
};

const UPDATES: Planned = Planned {
    label: "updates",
    pool: ("scriptworker-k8s", "fox-3-balrog"),
    scopes: &[PRODUCTION_SCOPE],
    text: "",
    ships: true,
    dependencies: &["build"],
    ..BUILD
};

fn definition(planned: &Planned) -> Object {
    let (provisioner, worker_type) = planned.pool;
    let scopes: Vec<Value> = planned.scopes.iter().map(|one| json!(*one)).collect();
    let formats: Vec<Value> = planned.format.iter().map(|one| json!(*one)).collect();
    let Value::Object(definition) = json!({
        "provisionerId": provisioner,
        "workerType": worker_type,
        "scopes": scopes,
        "payload": {
            "command": ["sh", planned.text],
            "upstreamArtifacts": [{"formats": formats}],
        },
    }) else {
        return Object::new();
    };
    definition
}

/// The rules that tasks break, with the labels.
fn broken(level: &str, overrides: &[&str], planned: &[&Planned]) -> Vec<(&'static str, String)> {
    let setting = Setting {
        level,
        is_production: None,
        trust_domain: "fox",
        overrides: overrides.iter().copied().collect(),
    };
    let found = found(&setting, planned).into_iter();
    found.map(|(rule, label, _)| (rule, label)).collect()
}

/// What tasks break: the rules with the labels and messages.
fn found(setting: &Setting<'_>, planned: &[&Planned]) -> Vec<(&'static str, String, String)> {
    let environments = Environments::known();
    let definitions: Vec<Object> = planned.iter().map(|one| definition(one)).collect();
    let tasks: Vec<CheckedTask<'_>> = planned
        .iter()
        .zip(&definitions)
        .map(|(one, definition)| CheckedTask {
            label: one.label,
            definition,
            ships: one.ships,
        })
        .collect();
    let dependencies = |label: &str| {
        let task = planned.iter().find(|one| one.label == label);
        task.map(|one| one.dependencies.to_vec())
            .unwrap_or_default()
    };
    let findings = check(&environments, setting, &tasks, &dependencies);
    let found = findings.found.iter();
    found
        .map(|one| (one.rule, one.label.to_owned(), one.message.clone()))
        .collect()
}

#[test]
fn scopes_and_pools_have_tiers() {
    let environments = Environments::known();
    let scope = |scope: &str| environments.of_scope(scope).map(|(_, tier)| tier);
    assert_eq!(
        scope("project:releng:googleplay:product:fenix:dep"),
        Some(Tier::Staging)
    );
    assert_eq!(
        scope("project:releng:googleplay:product:fenix"),
        Some(Tier::Production)
    );
    assert_eq!(
        scope("project:releng:lando:repo:staging-firefox-main"),
        Some(Tier::Staging)
    );
    assert_eq!(
        scope("project:releng:lando:repo:beta"),
        Some(Tier::Production)
    );
    assert_eq!(
        scope("project:releng:services/tooltool/api/download/public"),
        None
    );
    let pool = |pool: &str| environments.of_pool(pool, "gecko");
    assert_eq!(
        pool("scriptworker-k8s/gecko-t-signing"),
        Some(Tier::Staging)
    );
    assert_eq!(
        pool("scriptworker-prov-v1/dep-gecko-signing-mac14m2"),
        Some(Tier::Staging)
    );
    assert_eq!(
        pool("scriptworker-prov-v1/gecko-signing-mac14m2"),
        Some(Tier::Production)
    );
    assert_eq!(pool("scriptworker-k8s/gecko-1-tree-dev"), Some(Tier::Dev));
    assert_eq!(
        pool("releng-hardware/gecko-3-b-osx-1015"),
        Some(Tier::Production)
    );
    assert_eq!(pool("gecko-t/win11-64-24h2"), None);
}
