//! Each rule finds what breaks it, and nothing else.

use std::collections::BTreeSet;

use super::check::{CheckedTask, RULES, Setting, check};
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

/// The rules about several tasks, which have tests of their own.
const ELSEWHERE: [&str; 2] = ["staging-format", "staging-dependency"];

#[test]
fn each_rule_fires_and_is_silent() {
    const STAGING: Planned = Planned {
        pool: ("scriptworker-k8s", "fox-1-balrog"),
        scopes: &["project:releng:balrog:server:dep"],
        ..UPDATES
    };
    type Case = (
        &'static str,
        &'static str,
        &'static [&'static str],
        Planned,
        &'static [&'static str],
    );
    let cases: [Case; 24] = [
        ("staging below level 3", "1", &[], STAGING, &[]),
        ("production at level 3", "3", &[], UPDATES, &[]),
        (
            "a scope of production below level 3",
            "1",
            &[],
            Planned {
                scopes: &[PRODUCTION_SCOPE],
                ..STAGING
            },
            &["level-scope", "mixed-pool"],
        ),
        (
            "a pool of production below level 3",
            "1",
            &[],
            Planned {
                pool: ("fox-3", "b-linux"),
                ..BUILD
            },
            &["level-pool"],
        ),
        (
            "a pool of the same level",
            "1",
            &[],
            Planned {
                pool: ("fox-1", "b-linux"),
                ..BUILD
            },
            &[],
        ),
        (
            "scopes of both",
            "3",
            &[],
            Planned {
                scopes: &[PRODUCTION_SCOPE, "project:releng:balrog:server:dep"],
                ..UPDATES
            },
            &["mixed-scope"],
        ),
        (
            "a scope of staging in a pool of production",
            "3",
            &[],
            Planned {
                scopes: &["project:releng:bouncer:server:staging"],
                ..UPDATES
            },
            &["mixed-scope"],
        ),
        (
            "dep keys may be used beside releases",
            "3",
            &[],
            Planned {
                scopes: &["project:releng:signing:cert:dep-signing"],
                ..UPDATES
            },
            &[],
        ),
        (
            "a scope of production in a pool of staging",
            "3",
            &[],
            Planned {
                pool: ("scriptworker-k8s", "fox-1-balrog"),
                ..UPDATES
            },
            &["mixed-pool"],
        ),
        (
            "a host of staging in a task of production",
            "3",
            &[],
            Planned {
                text: STAGING_HOST,
                ..UPDATES
            },
            &["production-host"],
        ),
        (
            "a host of production in a task of production",
            "3",
            &[],
            Planned {
                text: "https://addons.mozilla.org",
                ..UPDATES
            },
            &[],
        ),
        (
            "a host of staging in staging",
            "1",
            &[],
            Planned {
                text: STAGING_HOST,
                ..STAGING
            },
            &[],
        ),
        (
            "a host of staging in a build at level 1",
            "1",
            &[],
            Planned {
                text: STAGING_HOST,
                ..BUILD
            },
            &["ci-host"],
        ),
        (
            "a host of staging in a build at level 3",
            "3",
            &[],
            Planned {
                text: STAGING_HOST,
                ..BUILD
            },
            &["ci-host"],
        ),
        (
            "another host of staging",
            "3",
            &[],
            Planned {
                text: "https://stage.new.nonprod.cloudops.mozgcp.net/",
                ..BUILD
            },
            &["ci-host"],
        ),
        (
            "a part of another name",
            "3",
            &[],
            Planned {
                text: "https://ftp.stage.mozaws.network",
                ..BUILD
            },
            &[],
        ),
        (
            "a host of production that may be read",
            "1",
            &[],
            Planned {
                text: "https://archive.mozilla.org/pub",
                ..STAGING
            },
            &[],
        ),
        (
            "a host of production that may not be read",
            "1",
            &[],
            Planned {
                text: "https://addons.mozilla.org/api",
                ..STAGING
            },
            &["production-read"],
        ),
        (
            "a pool of development",
            "1",
            &[],
            Planned {
                pool: ("scriptworker-k8s", "fox-1-balrog-dev"),
                ..STAGING
            },
            &["dev-pool"],
        ),
        (
            "a pool of development that the push names",
            "1",
            &["scriptworker-k8s/fox-1-balrog-dev"],
            Planned {
                pool: ("scriptworker-k8s", "fox-1-balrog-dev"),
                ..STAGING
            },
            &[],
        ),
        (
            "a pool of development in place of that which the push names",
            "1",
            &["scriptworker-k8s/fox-1-beetmover-dev"],
            Planned {
                pool: ("scriptworker-k8s", "fox-1-balrog-dev"),
                ..STAGING
            },
            &["dev-pool"],
        ),
        (
            "a format of staging that nothing depends on",
            "1",
            &[],
            Planned {
                format: Some("stage_autograph_gpg"),
                ..BUILD
            },
            &[],
        ),
        (
            "a format of the production service",
            "1",
            &[],
            Planned {
                format: Some("gcp_prod_autograph_stage_mar384"),
                ..BUILD
            },
            &[],
        ),
        (
            "a product without a grant",
            "1",
            &[],
            Planned {
                scopes: &["project:releng:googleplay:product:fenix"],
                ..STAGING
            },
            &["level-scope", "mixed-pool"],
        ),
    ];
    let mut fired = BTreeSet::from(ELSEWHERE);
    for (name, level, overrides, task, rules) in cases {
        let found = broken(level, overrides, &[&task]);
        let found: Vec<&str> = found.iter().map(|(rule, _)| *rule).collect();
        assert_eq!(found, rules, "{name}");
        fired.extend(rules);
    }
    let all: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(fired, all);
}

#[test]
fn a_push_must_not_wait_for_staging() {
    // The release task may use staging below level 3, but nothing else may depend on it.
    const FETCH: Planned = Planned {
        label: "fetch",
        pool: ("fox-1", "b-linux"),
        text: STAGING_HOST,
        ships: true,
        ..BUILD
    };
    const RUN: Planned = Planned {
        label: "run",
        dependencies: &["fetch"],
        ..BUILD
    };
    const REPORT: Planned = Planned {
        label: "report",
        dependencies: &["run"],
        ..BUILD
    };
    const SHIP: Planned = Planned {
        label: "ship",
        ships: true,
        dependencies: &["fetch"],
        ..BUILD
    };
    let found = broken("1", &[], &[&FETCH, &RUN, &REPORT, &SHIP]);
    let expected = ["run", "report"].map(|label| ("staging-dependency", label.to_owned()));
    assert_eq!(found, expected);
    let alone = broken("1", &[], &[&FETCH, &SHIP, &BUILD]);
    assert_eq!(alone, []);
}

#[test]
fn formats_of_staging_must_not_be_depended_on() {
    const SIGN: Planned = Planned {
        label: "sign",
        format: Some("stage_autograph_gpg"),
        ..BUILD
    };
    const TEST: Planned = Planned {
        label: "test",
        dependencies: &["sign"],
        ..BUILD
    };
    assert_eq!(broken("3", &[], &[&SIGN, &BUILD]), []);
    let found = broken("3", &[], &[&SIGN, &TEST]);
    assert_eq!(found, [("staging-format", "sign".to_owned())]);
}

#[test]
fn a_graph_without_releases_of_production_may_use_staging() {
    // Autoland is of level 3, but its release tasks are those of staging.
    const STAGING: Planned = Planned {
        pool: ("scriptworker-k8s", "fox-1-balrog"),
        scopes: &["project:releng:balrog:server:dep"],
        text: STAGING_HOST,
        ..UPDATES
    };
    const OTHER: Planned = Planned {
        label: "other",
        ..UPDATES
    };
    assert_eq!(broken("3", &[], &[&STAGING]), []);
    let found = broken("3", &[], &[&STAGING, &OTHER]);
    let rules = ["mixed-scope", "mixed-pool", "production-host"];
    assert_eq!(found, rules.map(|rule| (rule, "updates".to_owned())));
}

#[test]
fn a_release_of_production_uses_nothing_of_staging() {
    let setting = Setting {
        level: "3",
        is_production: Some(true),
        trust_domain: "fox",
        overrides: BTreeSet::new(),
    };
    let rules = |task: &Planned| -> Vec<&'static str> {
        let found = found(&setting, &[task]).into_iter();
        found.map(|(rule, ..)| rule).collect()
    };
    const STAGING: Planned = Planned {
        pool: ("scriptworker-k8s", "fox-1-balrog"),
        scopes: &["project:releng:balrog:server:dep"],
        ..UPDATES
    };
    assert_eq!(rules(&STAGING), ["mixed-scope", "mixed-pool"]);
    let alone = Planned {
        pool: ("fox-3", "b-linux"),
        ..STAGING
    };
    assert_eq!(rules(&alone), ["mixed-scope"]);
    let other = Planned {
        ships: false,
        ..STAGING
    };
    assert_eq!(rules(&other), [""; 0]);
    // Builds that are not shipped are signed with dep keys beside those that are.
    let dep = Planned {
        pool: ("scriptworker-k8s", "fox-t-signing"),
        scopes: &["project:releng:signing:cert:dep-signing"],
        ..STAGING
    };
    assert_eq!(rules(&dep), [""; 0]);
}

#[test]
fn an_override_gives_no_scope_of_production_to_a_pool_of_development() {
    let pool = ("scriptworker-k8s", "fox-1-balrog-dev");
    let task = Planned { pool, ..UPDATES };
    let found = broken("3", &["scriptworker-k8s/fox-1-balrog-dev"], &[&task]);
    assert_eq!(found, [("mixed-pool", "updates".to_owned())]);
}

#[test]
fn a_scope_for_all_servers_is_one_of_production() {
    let held = |scope: &'static [&'static str]| {
        let task = Planned {
            pool: ("fox-1", "b-linux"),
            scopes: scope,
            ..BUILD
        };
        let found = broken("1", &[], &[&task]).into_iter();
        found.map(|(rule, _)| rule).collect::<Vec<_>>()
    };
    for scope in [
        &["*"],
        &["project:releng:*"],
        &["project:releng:balrog:server:*"],
    ] {
        assert_eq!(held(scope), ["level-scope", "mixed-pool"], "{scope:?}");
    }
    assert_eq!(held(&["project:releng:balrog:action:*"]), [""; 0]);
    assert_eq!(held(&["queue:get-artifact:project/*"]), [""; 0]);
}

#[test]
fn messages_have_the_path_and_the_host() {
    let setting = Setting {
        level: "3",
        is_production: None,
        trust_domain: "fox",
        overrides: BTreeSet::new(),
    };
    let messages = |task: &Planned| -> Vec<String> {
        let found = found(&setting, &[task]).into_iter();
        found.map(|(.., message)| message).collect()
    };
    let host = Planned {
        text: "See https://New.nonprod.cloudops.mozgcp.net/ and https://ftp.stage.mozaws.net.",
        ..BUILD
    };
    let expected = |host: &str, service: &str| {
        format!(
            "`payload.command[1]` names {host}, a host of {service} in staging, but the task belongs to no release"
        )
    };
    assert_eq!(
        messages(&host),
        [
            expected("new.nonprod.cloudops.mozgcp.net", "other services"),
            expected("ftp.stage.mozaws.net", "archive"),
        ]
    );
    let scopes = Planned {
        scopes: &[PRODUCTION_SCOPE, "project:releng:bouncer:server:staging"],
        ..UPDATES
    };
    assert_eq!(
        messages(&scopes),
        [
            "`scopes[1]` is `project:releng:bouncer:server:staging`, a scope of bouncer in staging, but it also holds \
             one of production"
        ]
    );
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
