//! A release without defects.

use snowman::base::value::{Value, json};

use super::given::{
    ALIAS, BEFORE, COMPLETE, FOLDER, NAME, PLATFORM, Promoted, archive, checked, effect, entry,
    first, hash, locale, promoted, rows, schedule, set, toplevel,
};
use crate::staged::world::World;

#[test]
fn a_release_is_offered() {
    let Promoted {
        mut world,
        toplevel: top,
        locale: submitted,
        ..
    } = promoted();
    // The release, its addresses and its locale are parts of their own.
    let release = effect(&world, &top, "balrog-release", NAME);
    assert_eq!(release["product"], "Firefox");
    assert_eq!(release["blob"]["schema_version"], 9);
    assert_eq!(release["blob"]["platforms"][ALIAS]["alias"], PLATFORM);
    assert_eq!(release["blob"]["fileUrls"], Value::Null);
    let urls = effect(
        &world,
        &top,
        "balrog-release-urls",
        &format!("{NAME} release-localtest"),
    );
    assert_eq!(
        urls["completes"]["*"],
        "https://ftp.stage.mozaws.net/pub/firefox/candidates/94.0-candidates/build1/update/%OS_FTP%/%LOCALE%/firefox-94.0.complete.mar"
    );
    let rule = effect(&world, &top, "balrog-rule", "firefox-release-localtest");
    assert_eq!(
        (&rule["mapping"], &rule["data_version"]),
        (&json!(NAME), &json!(5))
    );
    let pin = effect(
        &world,
        &top,
        "balrog-pin",
        "Firefox release-localtest 94.0.",
    );
    assert_eq!(pin["mapping"], NAME);
    let data = effect(
        &world,
        &submitted,
        "balrog-release-locale",
        &format!("{NAME} {PLATFORM} de"),
    );
    assert_eq!(data["partials"][0]["from"], BEFORE);
    assert_eq!(
        data["completes"],
        json!([{"from": "*", "filesize": 1000, "hashValue": hash(COMPLETE)}])
    );
    // Two files against the archive by the manifest, two by the addresses of the test channel.
    let files = "size and hash of each file against the file in the archive";
    assert_eq!(checked(&world, &submitted, files), 4);
    let starts = "the release that each partial update starts from";
    assert_eq!(checked(&world, &submitted, starts), 1);
    // Submitted again with all that is known, clients of the earlier release are offered the new one.
    let task = toplevel(&mut world, &[&submitted]);
    let again = world.pass(&task);
    let answers = rows(&world, &again, "Answers to clients");
    let local = answers
        .iter()
        .find(|row| row[0].contains("/release-localtest/"))
        .unwrap();
    assert!(
        local[0].contains("/Firefox/93.0/20251201000000/"),
        "{local:?}"
    );
    assert!(
        local[2].starts_with(&format!("{NAME}: https://ftp.stage.mozaws.net/{FOLDER}/")),
        "{local:?}"
    );
    // The time is that of the task.
    let task = schedule(&mut world, &[&submitted]);
    let scheduled = world.pass(&task);
    let change = effect(&world, &scheduled, "balrog-scheduled", "145");
    assert_eq!(change["mapping"], NAME);
    assert_eq!(change["fallbackMapping"], BEFORE);
    assert_eq!(change["backgroundRate"], 25);
    assert_eq!(change["when"], 1_769_925_600_000_u64);
    assert_eq!(change["priority"], 90);
    let row = &rows(&world, &scheduled, "Rules")[0];
    assert_eq!(row[1], "release");
    assert_eq!(row[2], format!("mapping {BEFORE}, rate 100, fallback None"));
    assert_eq!(
        row[3],
        format!("mapping {NAME}, rate 25, fallback {BEFORE}")
    );
    assert_eq!(
        row[4..],
        ["2026-02-01T06:00:00.000Z", "releng: 1, relman: 1"]
    );
    let answers = rows(&world, &scheduled, "Answers to clients");
    assert_eq!(answers[0][1], "no update");
    assert!(
        answers[0][2].contains("product=firefox-94.0-complete"),
        "{answers:?}"
    );
    // Protected, it takes no more changes.
    let payload = json!({"behavior": "set-readonly", "product": "firefox", "version": "94.0", "build_number": 1});
    let task = world.task("balrog", "set-readonly", payload, &[&scheduled]);
    let protected = world.pass(&task);
    let release = effect(&world, &protected, "balrog-release", NAME);
    assert_eq!(release["read_only"], true);
    let task = toplevel(&mut world, &[&protected]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("protected from changes"), "{red}");
}

#[test]
fn without_history_its_checks_are_listed_as_missing() {
    let mut world = World::default();
    let archive = archive(&mut world);
    let task = toplevel(&mut world, &[]);
    let top = world.pass(&task);
    let unchecked = world.report(&top)["notChecked"].to_string();
    assert!(
        unchecked.contains("that clients have Firefox-93.0-build2"),
        "{unchecked}"
    );
    assert!(
        unchecked.contains("firefox-release-localtest: not in the history"),
        "{unchecked}"
    );
    let rule = effect(&world, &top, "balrog-rule", "firefox-release-cdntest");
    assert_eq!(rule["channel"], "release-cdntest");
    assert_eq!(rule["product"], "Firefox");
    let task = locale(&mut world, &json!([entry()]), &[&archive, &top]);
    let submitted = world.pass(&task);
    let unchecked = world.report(&submitted)["notChecked"].to_string();
    assert!(unchecked.contains("there is no history"), "{unchecked}");
    // The rule of production is known by its id.
    let task = schedule(&mut world, &[&submitted]);
    let scheduled = world.pass(&task);
    let change = effect(&world, &scheduled, "balrog-scheduled", "145");
    assert_eq!(change["channel"], "release");
}

#[test]
fn an_earlier_release_is_history() {
    let Promoted {
        mut world,
        locale: submitted,
        ..
    } = promoted();
    let task = schedule(&mut world, &[&submitted]);
    let shipped = world.pass(&task);
    // The next one finds the rules as if the change of the earlier one was signed off.
    let mut task = toplevel(&mut world, &[]);
    task.staged.history = vec![shipped];
    for (key, value) in [
        ("version", "95.0"),
        ("app_version", "95.0"),
        ("partial_versions", "94.0build1"),
    ] {
        set(&mut task, key, value);
    }
    let top = world.pass(&task);
    assert_eq!(
        checked(&world, &top, "the releases that partial updates start from"),
        1
    );
    let unchecked = world.report(&top)["notChecked"].to_string();
    assert!(!unchecked.contains("no history"), "{unchecked}");
    set(&mut task, "partial_versions", "92.0build1");
    let red = world.fail(&task).join("\n");
    assert!(red.contains("which is not in the history"), "{red}");
}

#[test]
fn a_first_release_is_newer_than_its_clients() {
    let (mut world, submitted) = first();
    let task = schedule(&mut world, &[&submitted]);
    let scheduled = world.pass(&task);
    let answers = rows(&world, &scheduled, "Answers to clients");
    // Older than 0.1.0, too.
    assert!(
        answers[0][0].starts_with("/update/6/Firefox/0.0/"),
        "{answers:?}"
    );
    assert!(answers[0][2].starts_with(NAME), "{answers:?}");
}
