//! Several releases at once: they do not see each other, whatever the order, and what leaks is found.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use snowman::rehearse::defects::{DEFECTS, Defect};

use super::command::{json_of, rehearse};
use super::edits::some_of;
use super::small::{red, small_project, without_updates};

/// What a rehearsal of several releases of the small project says, which promises no updates.
fn rehearsed(args: &[&str]) -> Value {
    let project = small_project();
    without_updates(&project);
    let report = json_of(&rehearse(project.path(), &[&["--json"], args].concat()));
    report["concurrent"].clone()
}

fn releases(report: &Value) -> &Vec<Value> {
    report["releases"].as_array().unwrap()
}

/// The state that each release leaves: how many entries of what.
fn states(report: &Value) -> Vec<String> {
    let states = releases(report).iter();
    states.map(|release| release["state"].to_string()).collect()
}

/// What breaks the isolation.
fn leaks(report: &Value) -> Vec<String> {
    let checks = report["isolation"].as_array().unwrap().iter();
    let breaches = checks.flat_map(|check| check["breaches"].as_array().unwrap());
    breaches
        .map(|breach| breach.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn releases_of_one_version_do_not_see_each_other() {
    let kept = tempfile::tempdir().unwrap();
    let page = kept.path().join("page.html");
    let one = rehearsed(&["--concurrent", "3", "--html", page.to_str().unwrap()]);
    assert_eq!(one["holds"], true, "{one:#}");
    assert_eq!(one["releasesAtOnce"], 3);
    assert_eq!(one["releasesWithStagedTasksAtOnce"], 3);
    let names = ["decision", "revision"];
    for name in names {
        let all: BTreeSet<String> = releases(&one)
            .iter()
            .map(|release| release[name].to_string())
            .collect();
        assert_eq!(all.len(), 3, "{name}: {all:?}");
    }
    let page = fs::read_to_string(page).unwrap();
    for release in releases(&one) {
        let decision = release["decision"].as_str().unwrap();
        assert!(page.contains(&format!("<td>{decision}</td>")), "{decision}");
    }
    assert_eq!(page.matches("<strong>release ").count(), 3);
    let left: BTreeSet<String> = states(&one).into_iter().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    // Another order, workers that are killed and phases that are run again change nothing in what the releases leave.
    let other = rehearsed(&["--concurrent", "2", "--seed", "7", "--disturb"]);
    assert_eq!(other["holds"], true, "{other:#}");
    assert!(other["killedWorkers"].as_u64().unwrap() > 10, "{other:#}");
    let created = releases(&other)
        .iter()
        .map(|release| release["created"].as_u64().unwrap());
    let again = other["tasksRunAgain"].as_u64().unwrap();
    assert!(again > created.sum::<u64>() * 9 / 10, "{again}: {other:#}");
    assert_eq!(left, states(&other).into_iter().collect());
}

#[test]
fn the_same_seed_gives_the_same_order() {
    let order = |seed: &str| {
        let report = rehearsed(&["--concurrent", "2", "--seed", seed, "promote_snowfox"]);
        assert_eq!(report["holds"], true, "{report:#}");
        report["order"].as_str().unwrap().to_owned()
    };
    let first = order("3");
    assert_eq!(first.len(), 16);
    assert_eq!(first, order("3"));
    assert_ne!(first, order("4"));
}

#[test]
fn releases_of_different_versions_are_rehearsed_at_once() {
    let versions = ["--release-version", "0.1.0", "--release-version", "0.2.0"];
    let report = rehearsed(&[&["--concurrent", "3"], &versions[..], &["promote_snowfox"]].concat());
    assert_eq!(report["holds"], true, "{report:#}");
    let found: Vec<&Value> = releases(&report)
        .iter()
        .map(|release| &release["version"])
        .collect();
    assert_eq!(found, ["0.1.0", "0.2.0", "0.1.0"]);
}

#[test]
fn a_defect_of_one_release_turns_only_its_task_red() {
    let report = rehearsed(&["--concurrent", "3", "--defect", "unknown-product"]);
    assert_eq!(report["holds"], false);
    assert_eq!(leaks(&report), [""; 0]);
    let holds: Vec<bool> = releases(&report)
        .iter()
        .map(|release| release["holds"].as_bool().unwrap())
        .collect();
    assert_eq!(holds, [true, false, true], "{report:#}");
    let found = red(&releases(&report)[1]["phases"]);
    let label = "release-bouncer-aliases-snowfox: ";
    assert!(found.iter().all(|why| why.starts_with(label)), "{found:#?}");
    assert_eq!(report["planted"], label.trim_end_matches(": "));
}

#[test]
fn a_task_that_fails_stops_only_its_release() {
    let failing = "beetmover-repackage-snowfox-linux64-shippable";
    let report = rehearsed(&["--concurrent", "2", "--fail", failing]);
    let of = |number: usize| releases(&report)[number].to_string();
    assert_eq!(releases(&report)[0]["holds"], true, "{}", of(0));
    assert!(of(1).contains(&format!("{failing} (")), "{}", of(1));
    assert!(of(1).contains(" is failed"), "{}", of(1));
}

#[test]
fn leaks_are_found_and_both_releases_named() {
    let all: Vec<&Defect> = DEFECTS.iter().filter(|defect| defect.is_leak()).collect();
    for defect in some_of(&all, 4) {
        let report = rehearsed(&["--concurrent", "2", "--defect", defect.name]);
        assert_eq!(report["holds"], false, "{}", defect.name);
        let decisions: Vec<&str> = releases(&report)
            .iter()
            .map(|release| release["decision"].as_str().unwrap())
            .collect();
        let mut found = leaks(&report);
        found.extend(red(&releases(&report)[1]["phases"]));
        let named = |text: &&String| decisions.iter().all(|decision| text.contains(decision));
        assert!(
            found.iter().any(|text| named(&text)),
            "{}: {found:#?}",
            defect.name
        );
        assert_eq!(
            releases(&report)[0]["holds"],
            true,
            "{}: {report:#}",
            defect.name
        );
    }
}
