//! What holds for every staged task.

use snowman::base::name::TaskId;
use snowman::base::value::json;
use snowman::release::SYSTEMS;
use snowman::release::staged::STATE;
use snowman::stage::systems;

use super::world::{Task, World};

/// A payload of a task that publishes nothing that exists.
fn empty_payload() -> snowman::base::value::Value {
    json!({"product": "hail", "version": "94.0", "build_number": 1})
}

#[test]
fn the_table_says_what_can_be_staged() {
    let mut world = World::default();
    for system in SYSTEMS {
        let task = world.task(system.name, "", json!({}), &[]);
        for action in system.actions {
            let mut staged = task.staged.clone();
            staged.action = Some(action.name.to_owned());
            let can_be = systems::find(&staged).is_some();
            let is_listed = system.staged.contains(&action.name);
            assert_eq!(can_be, is_listed, "{} {}", system.name, action.name);
        }
    }
}

#[test]
fn the_payload_is_checked_first() {
    let mut world = World::default();
    let mut task = world.task(
        "beetmover",
        "push-to-releases",
        json!({"prodct": "hail"}),
        &[],
    );
    task.staged
        .scopes
        .push("project:hail:releng:beetmover:bucket:release".to_owned());
    let red = world.fail(&task).join("\n");
    for part in [
        "`payload.product` is missing (is it misspelt as `prodct`?)",
        "`payload.version` is missing",
        "the worker asks for one scope for the bucket or repository",
    ] {
        assert!(red.contains(part), "{red}");
    }
}

#[test]
fn a_task_without_a_usable_state_is_named() {
    let mut world = World::default();
    let without = world.build(&[]);
    let damaged = world.build(&[(STATE, b"\x1f\x8bdamaged")]);
    let other = world.task("beetmover", "push-to-releases", empty_payload(), &[]);
    let task = world.task(
        "beetmover",
        "push-to-releases",
        empty_payload(),
        &[&without, &damaged],
    );
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains(&format!("the staged task {without} has no state")),
        "{red}"
    );
    assert!(
        red.contains(&format!(
            "the state of the task {damaged}: the state is damaged"
        )),
        "{red}"
    );
    // One that belongs to another task.
    let build = world.build(&[("public/a", b"a")]);
    let payload = json!({
        "releaseProperties": {"appName": "Hail"},
        "upstreamArtifacts": [{"taskId": build.as_str(), "taskType": "build", "paths": ["public/a"]}],
        "artifactMap": [{"taskId": build.as_str(), "locale": "en-US", "paths": {
            "public/a": {"destinations": ["pub/a"], "checksums_path": "a"},
        }}],
    });
    let good = world.task("beetmover", "push-to-candidates", payload, &[]);
    let good = world.pass(&good);
    let foreign = world.get(&good, STATE).unwrap().to_vec();
    world.put(&other.id, STATE, &foreign);
    let task = world.task(
        "beetmover",
        "push-to-releases",
        empty_payload(),
        &[&other.id],
    );
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains(&format!("is that of the task {good}")),
        "{red}"
    );
}

#[test]
fn the_same_task_has_the_same_bytes() {
    let run = || {
        let mut world = World::default();
        let build = world.build(&[("public/SUMS", b"a")]);
        let payload = json!({"upstreamArtifacts": [{
            "taskId": build.as_str(), "taskType": "build", "paths": ["public/SUMS"],
            "formats": ["autograph_gpg"],
        }]});
        let task = world.task("signing", "", payload, &[]);
        world.run(&task).artifacts
    };
    assert_eq!(run(), run());
}

#[test]
fn earlier_graphs_count_whole() {
    let mut world = World::default();
    let build = world.build(&[("public/a.tar.xz", b"a")]);
    let payload = json!({
        "releaseProperties": {"appName": "Hail"},
        "upstreamArtifacts": [{"taskId": build.as_str(), "taskType": "build", "paths": ["public/a.tar.xz"]}],
        "artifactMap": [{"taskId": build.as_str(), "locale": "en-US", "paths": {"public/a.tar.xz": {
            "destinations": ["pub/hail/candidates/94.0-candidates/build1/a.tar.xz"],
            "checksums_path": "a.tar.xz",
        }}}],
    });
    let candidates = world.task("beetmover", "push-to-candidates", payload, &[]);
    let candidates = world.pass(&candidates);
    let list = json!({"candidates": candidates.as_str()}).to_string();
    let action = world.build(&[("public/staging/earlier.json", list.as_bytes())]);
    let mut task = world.task("beetmover", "push-to-releases", empty_payload(), &[]);
    task.staged.earlier = Some(action.clone());
    let pushed = world.pass(&task);
    assert_eq!(world.state(&pushed).effects.len(), 1);
    // Without the list, the release cannot be known.
    world.put(&action, "public/staging/earlier.json", b"[]");
    let red = world.fail(&task).join("\n");
    assert!(red.contains("is not a mapping of labels"), "{red}");
}

/// A task that publishes a file of its own.
fn publish(world: &mut World, name: &str, from: &[&TaskId]) -> Task {
    let build = world.build(&[("public/a.tar.xz", name.as_bytes())]);
    let payload = json!({
        "releaseProperties": {"appName": "Hail"},
        "upstreamArtifacts": [{"taskId": build.as_str(), "taskType": "build", "paths": ["public/a.tar.xz"]}],
        "artifactMap": [{"taskId": build.as_str(), "locale": "en-US", "paths": {"public/a.tar.xz": {
            "destinations": [format!("pub/hail/candidates/94.0-candidates/build1/{name}.tar.xz")],
            "checksums_path": format!("{name}.tar.xz"),
        }}}],
    });
    world.task("beetmover", "push-to-candidates", payload, from)
}

#[test]
fn a_run_that_is_not_the_last_one_has_to_be_replaced_first() {
    let mut world = World::default();
    let first = publish(&mut world, "first", &[]);
    world.pass(&first);
    let second = publish(&mut world, "second", &[&first.id]);
    world.pass(&second);
    let third = publish(&mut world, "third", &[&second.id]);
    world.pass(&third);
    // The first one is run again: what the second one has seen is out of date.
    world.rerun(&first, 1);
    let red = world.fail(&third).join("\n");
    assert!(
        red.contains(&format!("made on top of run 0 of task-{0} ({0})", first.id)),
        "{red}"
    );
    assert!(
        red.contains(&format!("rerun {}, and then", second.id)),
        "{red}"
    );
    world.rerun(&second, 1);
    world.pass(&third);
}

#[test]
fn several_revisions_are_a_warning_until_the_release_is_shipped() {
    let mut world = World::default();
    let mut first = publish(&mut world, "first", &[]);
    first.staged.release.revision = "fedcba98".to_owned();
    world.pass(&first);
    let mut second = publish(&mut world, "second", &[&first.id]);
    world.pass(&second);
    let warnings = world.report(&second.id)["warnings"].to_string();
    assert!(warnings.contains("made of 2 revisions"), "{warnings}");
    assert!(
        warnings.contains(&format!("fedcba98 (task-{0} ({0}))", first.id)),
        "{warnings}"
    );
    second.staged.phase = "ship".to_owned();
    let red = world.fail(&second).join("\n");
    assert!(red.contains("shipped from one revision"), "{red}");
}

#[test]
fn a_copy_says_that_nobody_sees_it() {
    let mut world = World::default();
    let first = publish(&mut world, "first", &[]);
    world.pass(&first);
    let mut copy = publish(&mut world, "first", &[]);
    copy.staged.copy_of = Some(first.id.clone());
    world.pass(&copy);
    let warnings = world.report(&copy.id)["warnings"].to_string();
    assert!(
        warnings.contains(&format!("a copy of {}", first.id)),
        "{warnings}"
    );
}

#[test]
fn states_are_the_same_however_many_are_read_at_once() {
    let read = |readers: usize| {
        let mut world = World::default();
        world.readers = readers;
        let names: Vec<String> = (0..40).map(|number| format!("file{number}")).collect();
        let tasks: Vec<TaskId> = names
            .iter()
            .map(|name| {
                let task = publish(&mut world, name, &[]);
                world.pass(&task)
            })
            .collect();
        let from: Vec<&TaskId> = tasks.iter().collect();
        let last = publish(&mut world, "last", &from);
        world.run(&last).artifacts
    };
    assert_eq!(read(1), read(16));
}

#[test]
fn the_schema_of_reports_refuses_what_no_report_is() {
    let schema = serde_json::from_str(snowman::stage::report::SCHEMA).unwrap();
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    let report = |verdict: &str, checked: serde_json::Value, problems: &[&str]| {
        serde_json::json!({
            "version": 1, "label": "a", "taskId": "fN1SbArXTPSVFNUvaOlinQ", "runId": 0, "system": "signing",
            "action": "", "verdict": verdict, "checked": checked, "wouldHappen": [], "notChecked": [],
            "warnings": [], "problems": problems, "tables": [],
        })
    };
    let one = serde_json::json!([{"what": "files", "count": 1}]);
    let none = serde_json::json!([{"what": "files", "count": 0}]);
    let empty = serde_json::json!([]);
    assert!(schema.is_valid(&report("passed", one.clone(), &[])));
    assert!(schema.is_valid(&report("failed", empty.clone(), &["a"])));
    for wrong in [
        report("passed", empty, &[]),
        report("passed", none, &[]),
        report("passed", one.clone(), &["a"]),
        report("failed", one.clone(), &[]),
        report("green", one, &[]),
    ] {
        assert!(!schema.is_valid(&wrong), "{wrong}");
    }
}
