//! Each rule about one task fires and is silent.

use std::collections::BTreeSet;

use super::*;
use crate::release::environments::check::RULES;

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
