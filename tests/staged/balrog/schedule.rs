//! Defects of tasks that offer a release to users.

use snowman::base::value::{Value, json};

use super::given::{
    BEFORE, FOLDER, Promoted, after, effect, first, given, hash, promoted, rows, schedule, set,
    toplevel,
};
use crate::staged::world::{Task, World};

/// Why the task that schedules with another payload is red.
fn red_schedule(change: impl FnOnce(&mut Task)) -> String {
    let Promoted {
        mut world, locale, ..
    } = promoted();
    let mut task = schedule(&mut world, &[&locale]);
    change(&mut task);
    world.fail(&task).join("\n")
}

#[test]
fn times_of_the_past_are_now() {
    let Promoted {
        mut world, locale, ..
    } = promoted();
    for eta in ["2020-01-01T00:00:00Z", ""] {
        let mut task = schedule(&mut world, &[&locale]);
        set(&mut task, "release_eta", eta);
        let id = world.pass(&task);
        let change = effect(&world, &id, "balrog-scheduled", "145");
        // Five minutes after the task was created.
        assert_eq!(change["when"], 1_769_861_100_000_u64, "{eta}");
        let pin = effect(&world, &id, "balrog-pin", "Firefox release 94.");
        assert_eq!(pin["when"], 1_769_861_100_000_u64);
    }
    let red = red_schedule(|task| set(task, "release_eta", "tomorrow"));
    assert!(red.contains("\"tomorrow\" is not a date and time"), "{red}");
}

#[test]
fn rules_and_rates_that_do_not_fit_are_red() {
    let red = red_schedule(|task| set(task, "publish_rules", json!([99999])));
    assert!(red.contains("there is no rule 99999"), "{red}");
    for (rate, why) in [
        (json!(0), "keeps the rate of the rule"),
        (json!(101), "from 0 to 100"),
        (json!(-1), "from 0 to 100"),
    ] {
        let red = red_schedule(|task| set(task, "background_rate", rate));
        assert!(red.contains(why), "{red}");
    }
    let red = red_schedule(|task| set(task, "publish_rules", json!([501])));
    assert!(red.contains("which no users are on"), "{red}");
    let red = red_schedule(|task| set(task, "build_number", 2));
    assert!(red.contains("Firefox-94.0-build2 does not exist"), "{red}");
    // Also where no rule is known: production has others.
    let mut world = World::default();
    let task = toplevel(&mut world, &[]);
    let top = world.pass(&task);
    let mut task = schedule(&mut world, &[&top]);
    set(&mut task, "publish_rules", json!([99999]));
    let red = world.fail(&task).join("\n");
    assert!(red.contains("there is no rule 99999"), "{red}");
    assert!(red.contains("has no locales"), "{red}");
}

/// Columns that the rule gets, and what Balrog's own check of them says.
#[test]
fn columns_that_balrog_refuses_are_red() {
    for (column, value, why) in [
        (
            "comment",
            json!("x".repeat(501)),
            "`comment` has 501 characters, and may have 500",
        ),
        ("version", json!("<94.0b3"), "94.0b3"),
        (
            "buildID",
            json!(20260131000000_u64),
            "`buildID` is not a text",
        ),
        ("update_type", json!("tiny"), "`update_type` is `tiny`"),
    ] {
        let Promoted {
            mut world, locale, ..
        } = promoted();
        let mut rule = json!({
            "rule_id": 145, "alias": null, "priority": 90, "product": "Firefox", "channel": "release",
            "mapping": BEFORE, "fallbackMapping": null, "backgroundRate": 100, "update_type": "minor",
            "data_version": 5,
        });
        rule[column] = value;
        let state = after(&mut world, &locale, ("balrog-rule", "145", rule));
        let task = schedule(&mut world, &[&state]);
        let red = world.fail(&task).join("\n");
        assert!(red.contains("the rule 145 as Balrog gets it: "), "{red}");
        assert!(red.contains(why), "{red}");
    }
}

#[test]
fn a_rule_has_one_scheduled_change() {
    let Promoted {
        mut world, locale, ..
    } = promoted();
    let task = schedule(&mut world, &[&locale]);
    let first = world.pass(&task);
    let task = schedule(&mut world, &[&first]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("is already scheduled"), "{red}");
}

#[test]
fn sign_offs_come_from_the_history() {
    let Promoted {
        mut world, locale, ..
    } = promoted();
    let needed = |role: &str, count: u64| json!({"product": "Firefox", "channel": "release", "role": role, "signoffs_required": count});
    let effects: Vec<(&str, &str, Value)> = vec![
        (
            "balrog-required-signoff",
            "Firefox release relman",
            needed("relman", 2),
        ),
        (
            "balrog-required-signoff",
            "Firefox release qe",
            needed("qe", 1),
        ),
        (
            "balrog-required-signoff",
            "Firefox beta relman",
            json!({"product": "Firefox", "channel": "beta", "role": "relman", "signoffs_required": 5}),
        ),
        // One of a product as a whole is about permissions, not about rules.
        (
            "balrog-required-signoff",
            "Firefox  admin",
            json!({"product": "Firefox", "role": "admin", "signoffs_required": 1}),
        ),
    ];
    let state = given(&mut world, effects);
    let task = schedule(&mut world, &[&locale, &state]);
    let id = world.pass(&task);
    assert_eq!(rows(&world, &id, "Rules")[0][5], "qe: 1, relman: 2");
}

#[test]
fn a_release_whose_files_are_not_all_offered_or_not_pushed_is_red() {
    let Promoted {
        mut world, locale, ..
    } = promoted();
    let more = FOLDER.replace("/de", "/fr") + "/firefox-94.0.complete.mar";
    let file = json!({"size": 1, "sha512": hash("dd")});
    let state = given(&mut world, vec![("archive", &more, file.clone())]);
    let task = schedule(&mut world, &[&locale, &state]);
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains(&format!("{more} is in the archive, but")),
        "{red}"
    );
    let released = "pub/firefox/releases/94.0/update/win64/de/firefox-94.0.complete.mar";
    let other = after(&mut world, &locale, ("archive", released, file));
    let task = schedule(&mut world, &[&other]);
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains(&format!(
            "offered what is not released: {released} is another file"
        )),
        "{red}"
    );
}

#[test]
fn a_version_does_not_get_to_users_of_another_channel() {
    let red = red_schedule(|task| set(task, "version", "94.0b1"));
    assert!(
        red.contains("94.0b1 is not a version for the channel `release`"),
        "{red}"
    );
}

#[test]
fn a_rule_that_was_made_up_says_nothing_about_others() {
    // Without history, a candidate goes to users of the beta channel first, by a rule that is assumed.
    let (mut world, submitted) = first();
    let mut task = schedule(&mut world, &[&submitted]);
    set(&mut task, "publish_rules", json!([32]));
    set(&mut task, "pin_channels", json!(["beta"]));
    let candidate = world.pass(&task);
    let change = effect(&world, &candidate, "balrog-scheduled", "32");
    assert_eq!(change["channel"], "beta");
    // That there is one for beta does not mean that there is none for the release.
    let task = schedule(&mut world, &[&candidate]);
    let released = world.pass(&task);
    let change = effect(&world, &released, "balrog-scheduled", "145");
    assert_eq!(change["channel"], "release");
}
