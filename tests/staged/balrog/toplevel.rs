//! Defects of tasks that make a release.

use snowman::base::value::{Object, json};

use super::given::{
    BEFORE, NAME, Promoted, after, archive, effect, entry, given, history, locale, promoted, set,
    toplevel,
};
use crate::staged::world::{Task, World};

/// Why the task for a release with another payload is red.
fn red_toplevel(change: impl FnOnce(&mut Task)) -> String {
    let mut world = World::default();
    let history = history(&mut world);
    let mut task = toplevel(&mut world, &[&history]);
    change(&mut task);
    world.fail(&task).join("\n")
}

#[test]
fn a_test_channel_has_to_lead_to_candidates() {
    // Without addresses of its own, the channel gets the default ones, which lead to releases.
    let red =
        red_toplevel(|task| set(task, "channel_names", json!(["release", "release-cdntest"])));
    assert!(
        red.contains("`release-localtest`, which the release has no addresses for"),
        "{red}"
    );
    let red = red_toplevel(|task| {
        set(
            task,
            "complete_mar_filename_pattern",
            "../../../../../../releases/94.0/%s-%s.complete.mar",
        );
        set(
            task,
            "complete_mar_bouncer_product_pattern",
            "%s-%s-complete",
        );
    });
    assert!(red.contains("which is not among the candidates"), "{red}");
}

#[test]
fn a_rule_of_a_wrong_channel_is_red() {
    let red = red_toplevel(|task| set(task, "rules_to_update", json!(["145"])));
    assert!(red.contains("`release`, which users are on"), "{red}");
    let red =
        red_toplevel(|task| set(task, "rules_to_update", json!(["firefox-beta-localtest-x"])));
    assert!(red.contains("matches none of the test channels"), "{red}");
    let mut world = World::default();
    let rule = json!({
        "rule_id": 501, "alias": "firefox-release-localtest", "priority": 90, "product": "Firefox",
        "channel": "release", "mapping": null, "backgroundRate": 100, "update_type": "minor",
        "data_version": 4,
    });
    let history = given(&mut world, vec![("balrog-rule", "501", rule)]);
    let task = toplevel(&mut world, &[&history]);
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains("firefox-release-localtest is for the channel `release`"),
        "{red}"
    );
    let red = red_toplevel(|task| set(task, "pin_channels", json!(["release"])));
    assert!(red.contains("would be pinned"), "{red}");
}

#[test]
fn a_rule_that_needs_sign_offs_is_red() {
    let needed = |channel: &str| json!({"product": "Firefox", "channel": channel, "role": "qe", "signoffs_required": 2});
    for (channel, is_red) in [("release-localtest", true), ("release", false)] {
        let mut world = World::default();
        let history = history(&mut world);
        let key = format!("Firefox {channel} qe");
        let signoffs = given(
            &mut world,
            vec![("balrog-required-signoff", &key, needed(channel))],
        );
        let task = toplevel(&mut world, &[&history, &signoffs]);
        if !is_red {
            world.pass(&task);
            continue;
        }
        let red = world.fail(&task);
        assert_eq!(
            red,
            [
                "the rule firefox-release-localtest changes only with sign-offs (qe: 2), so Balrog refuses to change it at once"
            ]
        );
    }
}

#[test]
fn an_alias_that_balrog_refuses_is_red() {
    let red = red_toplevel(|task| {
        set(
            task,
            "rules_to_update",
            json!(["firefox_release-localtest", "firefox-release-cdntest"]),
        );
    });
    assert!(
        red.contains("as Balrog gets it: the alias `firefox_release-localtest` does not begin"),
        "{red}"
    );
}

#[test]
fn a_host_that_updates_must_not_come_from_is_red() {
    let red = red_toplevel(|task| set(task, "download_domain", "evil.example.com"));
    assert!(
        red.contains("must not be served from https://evil.example.com/"),
        "{red}"
    );
    let red = red_toplevel(|task| set(task, "archive_domain", "archive.example.com"));
    assert!(
        red.contains("must not be served from https://archive.example.com/"),
        "{red}"
    );
}

#[test]
fn a_payload_that_balrog_would_refuse_is_red() {
    let red = red_toplevel(|task| set(task, "platforms", json!(["linux64", "win46"])));
    assert!(
        red.contains("no client is on the platform `win46`"),
        "{red}"
    );
    let red = red_toplevel(|task| set(task, "app_version", "94.0b3"));
    assert!(red.contains("which Balrog cannot compare"), "{red}");
    let red = red_toplevel(|task| set(task, "partial_versions", "93.0"));
    assert!(
        red.contains("\"93.0\" is not a version with a build number"),
        "{red}"
    );
    let red = red_toplevel(|task| set(task, "partial_versions", "92.0build1"));
    assert!(
        red.contains("Firefox-92.0-build1, which is not in the history"),
        "{red}"
    );
    // Two lines for the same clients.
    let line = |url: &str| json!({"for": {}, "fields": {"detailsURL": url, "type": "minor"}});
    let lines = json!({"": [line("https://x/"), line("https://y/")]});
    let red = red_toplevel(|task| set(task, "update_line", lines));
    assert!(
        red.contains("Multiple values found for updateLine items"),
        "{red}"
    );
    let red = red_toplevel(|task| {
        task.staged
            .scopes
            .push("project:hail:releng:balrog:server:release".into())
    });
    assert!(
        red.contains("the worker asks for one scope for the server, but the task has several"),
        "{red}"
    );
    let red = red_toplevel(|task| {
        task.staged
            .scopes
            .push("project:hail:releng:balrog:action:submit-toplevel".into());
    });
    assert!(red.contains("Only one behavior can be used"), "{red}");
}

#[test]
fn a_release_is_not_made_without_the_platform_of_its_locales() {
    let Promoted {
        mut world,
        locale: submitted,
        ..
    } = promoted();
    let mut other = toplevel(&mut world, &[&submitted]);
    set(&mut other, "platforms", json!(["linux64"]));
    // The worker merges, so the platform stays.
    world.pass(&other);
    let mut world = World::default();
    let history = history(&mut world);
    let archive = archive(&mut world);
    let mut task = toplevel(&mut world, &[&history]);
    set(&mut task, "platforms", json!(["linux64"]));
    let top = world.pass(&task);
    let task = locale(&mut world, &json!([entry()]), &[&archive, &top]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("not one of its platforms with files"), "{red}");
}

#[test]
fn a_second_submission_appends_to_lists() {
    let Promoted {
        mut world,
        toplevel: top,
        ..
    } = promoted();
    let task = toplevel(&mut world, &[&top]);
    let again = world.pass(&task);
    let release = effect(&world, &again, "balrog-release", NAME);
    assert_eq!(release["blob"]["updateLine"].as_array().unwrap().len(), 2);
    let would = world.report(&again)["wouldHappen"].to_string();
    assert!(would.contains("merges lists by appending"), "{would}");
}

#[test]
fn tasks_for_other_channels_and_locales_do_not_meet() {
    let mut world = World::default();
    let history = history(&mut world);
    let task = toplevel(&mut world, &[&history]);
    let first = world.pass(&task);
    let mut task = toplevel(&mut world, &[&history]);
    for (key, value) in [
        (
            "channel_names",
            json!(["beta", "beta-localtest", "beta-cdntest"]),
        ),
        (
            "rules_to_update",
            json!(["firefox-beta-cdntest", "firefox-beta-localtest"]),
        ),
        ("pin_channels", json!(["beta-localtest"])),
        ("require_mirrors", json!(false)),
    ] {
        set(&mut task, key, value);
    }
    let second = world.pass(&task);
    let urls = effect(
        &world,
        &second,
        "balrog-release-urls",
        &format!("{NAME} beta"),
    );
    assert_eq!(
        urls["completes"]["*"],
        "https://dev.bouncer.nonprod.webservices.mozgcp.net/?product=firefox-94.0build1-complete&os=%OS_BOUNCER%&lang=%LOCALE%"
    );
    let archive = archive(&mut world);
    let task = locale(&mut world, &json!([entry()]), &[&archive, &first, &second]);
    world.pass(&task);
}

#[test]
fn a_rule_that_comes_first_is_red() {
    let Promoted {
        mut world,
        locale: submitted,
        ..
    } = promoted();
    let other = json!({
        "rule_id": 900, "alias": null, "priority": 100, "product": "Firefox", "channel": "release*",
        "mapping": BEFORE, "backgroundRate": 100, "update_type": "minor", "data_version": 1,
    });
    let state = given(&mut world, vec![("balrog-rule", "900", other)]);
    let task = toplevel(&mut world, &[&submitted, &state]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("matches the rule 900 instead of"), "{red}");
}

#[test]
fn a_product_of_which_nothing_is_known_gets_rules_of_its_own() {
    let mut world = World::default();
    let mut task = toplevel(&mut world, &[]);
    set(&mut task, "product", "hail");
    set(
        &mut task,
        "rules_to_update",
        json!(["hail-release-localtest"]),
    );
    let top = world.pass(&task);
    let unchecked = world.report(&top)["notChecked"].to_string();
    assert!(
        unchecked.contains("that Balrog lets Hail be served from its hosts"),
        "{unchecked}"
    );
    let rule = effect(&world, &top, "balrog-rule", "hail-release-localtest");
    let columns: Object = rule.as_object().unwrap().clone();
    assert_eq!(columns["product"], "Hail");
    assert!(columns["rule_id"].as_u64().unwrap() >= 1_000_000);
    // Hosts of its own have to be known.
    set(&mut task, "archive_domain", "archive.hail.example");
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains("must not be served from https://archive.hail.example/"),
        "{red}"
    );
    let domains = given(
        &mut world,
        vec![
            ("balrog-domain", "archive.hail.example", json!(["Hail"])),
            (
                "balrog-domain",
                "dev.bouncer.nonprod.webservices.mozgcp.net",
                json!(["Hail"]),
            ),
        ],
    );
    task.staged.from = vec![domains];
    world.pass(&task);
    // Production does not serve files of staging.
    let red = red_toplevel(|task| {
        task.staged.scopes = vec!["project:hail:releng:balrog:server:release".to_owned()];
    });
    assert!(
        red.contains("must not be served from https://dev.bouncer"),
        "{red}"
    );
}

#[test]
fn a_release_that_users_have_is_not_changed() {
    let Promoted {
        mut world, history, ..
    } = promoted();
    let mut task = toplevel(&mut world, &[&history]);
    for (key, value) in [
        ("version", json!("93.0")),
        ("app_version", json!("93.0")),
        ("build_number", json!(2)),
        ("partial_versions", json!("")),
    ] {
        set(&mut task, key, value);
    }
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains("is offered on the channel `release` already"),
        "{red}"
    );
    // Also if it is what those get whom the background rate leaves out.
    let rule = json!({
        "rule_id": 145, "alias": null, "priority": 90, "product": "Firefox", "channel": "release",
        "mapping": "Firefox-93.0.1-build1", "fallbackMapping": BEFORE, "backgroundRate": 25,
        "update_type": "minor", "data_version": 5,
    });
    let later = after(&mut world, &history, ("balrog-rule", "145", rule));
    task.staged.from = vec![later];
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains("is offered on the channel `release` already"),
        "{red}"
    );
}
