//! What earlier releases have left.

use snowman::base::name::TaskId;
use snowman::base::value::json;
use snowman::stage::history::{Bundle, HISTORY};

use super::builds::{effect, history};
use super::world::{Task, World};

/// A task that publishes a file of a version.
fn publish(world: &mut World, version: &str, content: &[u8]) -> Task {
    let build = world.build(&[("public/a.tar.xz", content)]);
    let folder = format!("pub/hail/candidates/{version}-candidates/build1");
    let payload = json!({
        "releaseProperties": {"appName": "Hail"},
        "upstreamArtifacts": [{"taskId": build.as_str(), "taskType": "build", "paths": ["public/a.tar.xz"]}],
        "artifactMap": [{"taskId": build.as_str(), "locale": "en-US", "paths": {"public/a.tar.xz": {
            "destinations": [format!("{folder}/a.tar.xz")], "checksums_path": "a.tar.xz",
        }}}],
    });
    world.task("beetmover", "push-to-candidates", payload, &[])
}

/// A task that pushes a version.
fn push(world: &mut World, version: &str, from: &[&TaskId], history: Vec<TaskId>) -> Task {
    let payload = json!({"product": "hail", "version": version, "build_number": 1});
    let mut task = world.task("beetmover", "push-to-releases", payload, from);
    task.staged.history = history;
    task
}

#[test]
fn an_earlier_release_counts_as_its_task_saw_it() {
    let mut world = World::default();
    let task = publish(&mut world, "93.0", b"old");
    let candidate = world.pass(&task);
    let task = push(&mut world, "93.0", &[&candidate], Vec::new());
    let earlier = world.pass(&task);
    // What was pushed of the earlier release is there: pushed again, nothing changes.
    let task = push(&mut world, "93.0", &[], vec![earlier.clone()]);
    let again = world.pass(&task);
    assert!(world.state(&again).effects.is_empty());
    // Its tasks are no parents: only those of one release are.
    assert!(world.state(&again).parents.is_empty());
    let report = world.report(&again);
    let checked = report["checked"].to_string();
    assert!(
        checked.contains(&format!("history: the release at the task {earlier}")),
        "{checked}"
    );
}

#[test]
fn later_history_and_own_tasks_replace_earlier_ones() {
    let mut world = World::default();
    let path = "pub/hail/candidates/94.0-candidates/build1/a.tar.xz";
    let file = |hash: &str| effect("archive", path, json!({"size": 1, "sha512": hash}));
    let first = history(&mut world, vec![file("00")]);
    let second = history(&mut world, vec![file("11")]);
    let task = push(&mut world, "94.0", &[], vec![first.clone(), second]);
    let pushed = world.pass(&task);
    assert_eq!(world.state(&pushed).effects[0].value["sha512"], "11");
    let task = publish(&mut world, "94.0", b"new");
    let own = world.pass(&task);
    let task = push(&mut world, "94.0", &[&own], vec![first]);
    let pushed = world.pass(&task);
    assert_eq!(world.state(&pushed).effects[0].value["size"], 3);
}

#[test]
fn a_history_that_cannot_be_read_is_red() {
    let mut world = World::default();
    let missing = world.build(&[]);
    let damaged = world.build(&[(HISTORY, b"\x1f\x8bdamaged")]);
    let other = Bundle::default().write();
    let whole = world.build(&[(HISTORY, &other[..other.len() / 2])]);
    for (id, why) in [
        (&missing, "has no artifact `public/staging/state.json.gz`"),
        (&damaged, "the state is damaged"),
        (&whole, "the state is damaged"),
    ] {
        let task = push(&mut world, "94.0", &[], vec![id.clone()]);
        let red = world.fail(&task).join("\n");
        assert!(
            red.contains(&format!("the history of the task {id}: ")),
            "{red}"
        );
        assert!(red.contains(why), "{red}");
    }
}
