//! Which tasks are in a graph.

use super::super::world::{World, document};
use super::Release;

/// Returns the labels, which must be the same as those of the release.
fn labels(world: &World, release: Release, command: &str) -> Vec<String> {
    let arguments = release.arguments(&[command, "--json", "-p", "params/push.yml"]);
    let labels = |document: serde_json::Value| -> Vec<String> {
        let mut labels: Vec<String> = document.as_object().unwrap().keys().cloned().collect();
        labels.sort();
        labels
    };
    let ours = labels(document(&world.ours(&arguments)));
    let theirs = labels(document(&world.peer(&arguments)));
    assert_eq!(ours, theirs, "{command} of {}", release.name());
    ours
}

/// Returns whether there is a task.
fn has(labels: &[String], label: &str) -> bool {
    labels.iter().any(|one| one == label)
}

/// Returns which tasks remain of those that depend on changed files.
fn remaining(world: &World, release: Release) -> Vec<String> {
    let mut labels = labels(world, release, "optimized");
    let depend = ["aged-code", "aged-docs", "aged-notes"];
    labels.retain(|label| depend.contains(&label.as_str()));
    labels
}

#[test]
fn changed_files_come_from_version_control() {
    let release = Release([3, 4, 0]);
    let Some(world) = release.world() else {
        return;
    };
    // The parameter has another value.
    let world = world.with("params/push.yml", "[docs/read.me]", "[src/main.c]");
    assert_eq!(remaining(&world, release), ["aged-docs", "aged-notes"]);
}

#[test]
fn equal_revisions_are_not_special() {
    let (older, later) = (Release([8, 2, 0]), Release([17, 3, 0]));
    for (release, expected) in [
        (older, ["aged-docs", "aged-notes"].as_slice()),
        (later, ["aged-code", "aged-docs", "aged-notes"].as_slice()),
    ] {
        let Some(world) = release.world() else {
            continue;
        };
        let (base, head) = (world.parent(), world.head());
        let world = world.with("params/push.yml", &base, &head);
        assert_eq!(remaining(&world, release), expected);
    }
}

#[test]
fn the_target_tasks_method_is_always_applied() {
    for (release, is_applied) in [(Release([8, 2, 0]), true), (Release([14, 4, 1]), false)] {
        let Some(world) = release.world() else {
            continue;
        };
        let world = world.with(
            "params/push.yml",
            "[target_tasks_method]",
            "[aged-no-notes]",
        );
        let labels = labels(&world, release, "target");
        assert!(!has(&labels, "aged-notes"));
        assert_eq!(!has(&labels, "aged-skipped"), is_applied);
    }
}

#[test]
fn images_and_tasks_that_are_always_targets() {
    for (release, old) in [(Release([3, 4, 0]), true), (Release([8, 2, 0]), false)] {
        let Some(world) = release.world() else {
            continue;
        };
        let world = world.with(
            "params/push.yml",
            "enable_always_target: true",
            "enable_always_target: false",
        );
        let labels = labels(&world, release, "target-graph");
        assert_eq!(has(&labels, "build-docker-image-spare"), old);
        assert_eq!(has(&labels, "aged-everywhere"), old);
    }
}

#[test]
fn branches_count_for_untrusted_pull_requests() {
    for (tasks_for, runs) in [
        ("github-pull-request", true),
        ("github-pull-request-untrusted", false),
    ] {
        let release = Release([24, 3, 0]);
        let Some(world) = release.world() else {
            return;
        };
        let world = world.with("params/push.yml", "github-push", tasks_for);
        let labels = labels(&world, release, "target");
        assert_eq!(has(&labels, "aged-branch"), runs, "{tasks_for}");
    }
}
