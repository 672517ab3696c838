//! Rules about a whole graph, a release of production, overrides and scopes that end with a star.

use std::collections::BTreeSet;

use super::*;

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
fn one_task_of_production_makes_no_release_of_production() {
    // Some tasks hold a scope of production on every branch; what the others use says what the graph is.
    const STAGING: Planned = Planned {
        pool: ("scriptworker-k8s", "fox-1-balrog"),
        scopes: &["project:releng:balrog:server:dep"],
        text: STAGING_HOST,
        ..UPDATES
    };
    const ANOTHER: Planned = Planned {
        label: "another",
        ..STAGING
    };
    const PRODUCTION: Planned = Planned {
        label: "production",
        ..UPDATES
    };
    assert_eq!(broken("3", &[], &[&STAGING, &ANOTHER, &PRODUCTION]), []);
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
