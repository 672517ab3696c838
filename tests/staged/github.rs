//! Defects of releases on GitHub and of builds on Bitrise.

use snowman::base::digest::sha256;
use snowman::base::name::TaskId;
use snowman::base::value::{Value, json};
use snowman::stage::state::Effect;

use super::world::{Task, World};
use crate::common::staged::REVISION;

const OTHER: &str = "89abcdef0123456789abcdef0123456789abcdef";
pub const APK: &str = "public/build/target.apk";

pub fn payload(build: &TaskId) -> Value {
    json!({
        "githubRepoUrl": "https://github.com/hail/storm",
        "gitTag": "storm-94.0",
        "gitRevision": REVISION,
        "isPrerelease": false,
        "releaseName": "Storm 94.0",
        "upstreamArtifacts": [{"taskId": (build.to_string()), "taskType": "build", "paths": [APK]}],
        "artifactMap": [
            {"taskId": (build.to_string()), "paths": {APK: {"destinations": ["storm-94.0.apk"]}}},
        ],
    })
}

pub fn github(world: &mut World, payload: Value, from: &[&TaskId]) -> Task {
    let mut task = world.task("github", "release", payload, from);
    task.staged.scopes = ["project:storm", "action:release"]
        .map(|end| format!("project:hail:releng:github:{end}"))
        .into();
    task
}

/// A release with one change to its payload; returns why it is red.
fn red(change: impl Fn(&mut Value)) -> String {
    let mut world = World::default();
    let build = world.build(&[(APK, b"content"), ("public/build/README", b"text")]);
    let mut payload = payload(&build);
    change(&mut payload);
    let task = github(&mut world, payload, &[]);
    world.fail(&task).join("\n")
}

/// The real worker has the repository of each project in its settings.
#[test]
fn a_payload_need_not_name_the_repository() {
    let mut world = World::default();
    let build = world.build(&[(APK, b"content")]);
    let mut payload = payload(&build);
    if let Value::Object(fields) = &mut payload {
        fields.shift_remove("githubRepoUrl");
    }
    let task = github(&mut world, payload, &[]);
    let done = world.pass(&task);
    let effects = world.state(&done).effects;
    let of_project = |effect: &Effect| effect.key.starts_with("storm storm-94.0");
    assert!(effects.iter().any(of_project), "{effects:?}");
    let unchecked = world.report(&done)["notChecked"].to_string();
    assert!(unchecked.contains("of the project storm"), "{unchecked}");
}

#[test]
fn a_release_keeps_what_it_says_and_its_files() {
    let mut world = World::default();
    let build = world.build(&[(APK, b"content")]);
    let task = github(&mut world, payload(&build), &[]);
    let first = world.pass(&task);
    let effects = world.state(&first).effects;
    let asset = effects
        .iter()
        .find(|effect| effect.space == "github-asset")
        .unwrap();
    assert_eq!(asset.key, "hail/storm storm-94.0 storm-94.0.apk");
    assert_eq!(
        asset.value,
        json!({
            "size": 7, "sha256": (sha256(b"content")), "type": "application/vnd.android.package-archive",
        })
    );
    // The same again changes nothing, and another name is an edit.
    let task = github(&mut world, payload(&build), &[&first]);
    let again = world.pass(&task);
    let would = world.report(&again)["wouldHappen"].to_string();
    assert!(would.contains("would stay as it is"), "{would}");
    assert!(would.contains("with the same content"), "{would}");
    let mut renamed = payload(&build);
    renamed["releaseName"] = json!("Storm");
    let task = github(&mut world, renamed, &[&first]);
    let edited = world.pass(&task);
    let would = world.report(&edited)["wouldHappen"].to_string();
    assert!(would.contains("would be edited: releaseName"), "{would}");
}

#[test]
fn a_file_of_the_same_size_with_other_content_is_red() {
    for (content, is_red) in [("CONTENT", true), ("longer content", false)] {
        let mut world = World::default();
        let build = world.build(&[(APK, b"content")]);
        let task = github(&mut world, payload(&build), &[]);
        let first = world.pass(&task);
        let build = world.build(&[(APK, content.as_bytes())]);
        let task = github(&mut world, payload(&build), &[&first]);
        if is_red {
            let red = world.fail(&task).join("\n");
            assert!(red.contains("would leave the old file"), "{red}");
        } else {
            let replaced = world.pass(&task);
            let would = world.report(&replaced)["wouldHappen"].to_string();
            assert!(would.contains("deleted and uploaded again"), "{would}");
        }
    }
}

#[test]
fn the_tag_is_set_at_the_commit_of_the_release() {
    let other = red(|payload| payload["gitRevision"] = json!(OTHER));
    assert!(other.contains("the release is made of 0123"), "{other}");
    let branch = red(|payload| payload["gitRevision"] = json!("main"));
    assert!(branch.contains("not the full hash"), "{branch}");
    let name = red(|payload| payload["gitTag"] = json!("storm 94"));
    assert!(name.contains("storm 94"), "{name}");
}

#[test]
fn a_tag_on_another_commit_is_red() {
    // The repository has it.
    let mut world = World::default();
    world
        .files
        .insert("version.txt".to_owned(), "94.0".to_owned());
    world.tags.insert("storm-94.0".to_owned(), OTHER.to_owned());
    let build = world.build(&[(APK, b"content")]);
    let task = github(&mut world, payload(&build), &[]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("exists already at 89ab"), "{red}");
    // A task of the release has set it, in this repository or in another one.
    for (repository, is_here) in [
        ("storm", true),
        ("hail/storm", true),
        ("orm", false),
        ("snow/storm", false),
    ] {
        let mut world = World::default();
        let tagged = world.left(vec![Effect {
            space: "tag".to_owned(),
            key: format!("{repository}:storm-94.0"),
            value: json!({"target": OTHER}),
        }]);
        let build = world.build(&[(APK, b"content")]);
        let task = github(&mut world, payload(&build), &[&tagged]);
        if !is_here {
            world.pass(&task);
            continue;
        }
        let red = world.fail(&task).join("\n");
        assert!(red.contains("exists already at 89ab"), "{red}");
    }
}

#[test]
fn a_release_never_changes_its_commit() {
    let mut world = World::default();
    let build = world.build(&[(APK, b"content")]);
    let task = github(&mut world, payload(&build), &[]);
    let first = world.pass(&task);
    let mut moved = payload(&build);
    moved["gitRevision"] = json!(OTHER);
    let mut task = github(&mut world, moved, &[&first]);
    task.staged.release.revision = OTHER.to_owned();
    let red = world.fail(&task).join("\n");
    assert!(red.contains("never changes the commit"), "{red}");
}

#[test]
fn each_file_needs_one_name_that_stays() {
    let paths = |payload: &mut Value, value: Value| {
        let task = payload["artifactMap"][0]["taskId"].clone();
        payload["artifactMap"] = json!([{"taskId": task, "paths": value}]);
    };
    let read = |payload: &mut Value, paths: Value| {
        let task = payload["artifactMap"][0]["taskId"].clone();
        payload["upstreamArtifacts"] =
            json!([{"taskId": task, "taskType": "build", "paths": paths}]);
    };
    let none = red(|payload| paths(payload, json!({})));
    assert!(none.contains("has no entry for"), "{none}");
    let two = red(|payload| paths(payload, json!({APK: {"destinations": ["a.apk", "b.apk"]}})));
    assert!(two.contains("2 destinations"), "{two}");
    let twice = red(|payload| {
        let map = payload["artifactMap"][0].clone();
        payload["artifactMap"] = json!([(map.clone()), (map)]);
    });
    assert!(twice.contains("more than one entry"), "{twice}");
    for name in ["a b.apk", "storm~1.apk", "a/b.apk", ".apk", "apk.", ""] {
        let renamed = red(|payload| paths(payload, json!({APK: {"destinations": [name]}})));
        assert!(renamed.contains("another name"), "{name}: {renamed}");
    }
    let same = red(|payload| {
        read(payload, json!([APK, "public/build/README"]));
        let name = json!({"destinations": ["storm.apk"]});
        paths(
            payload,
            json!({APK: (name.clone()), "public/build/README": (name)}),
        );
    });
    assert!(same.contains("would both be the file storm.apk"), "{same}");
    let untyped = red(|payload| {
        read(payload, json!(["public/build/README"]));
        paths(
            payload,
            json!({"public/build/README": {"destinations": ["README"]}}),
        );
    });
    assert!(untyped.contains("has no extension"), "{untyped}");
}

#[test]
fn the_repository_must_be_one() {
    for url in [
        "https://github.com/hail",
        "https://example.com/hail/storm",
        "hail/storm",
    ] {
        let red = red(|payload| payload["githubRepoUrl"] = json!(url));
        assert!(red.contains(url), "{red}");
    }
    let other = red(|payload| {
        payload["githubOwner"] = json!("hail");
        payload["githubRepoName"] = json!("snow");
    });
    assert!(other.contains("hail/snow"), "{other}");
}

#[test]
fn a_release_without_files_is_one() {
    let mut world = World::default();
    let build = world.build(&[]);
    let mut payload = payload(&build);
    payload["upstreamArtifacts"] = json!([]);
    payload["artifactMap"] = json!([]);
    let task = github(&mut world, payload, &[]);
    world.pass(&task);
}

pub fn bitrise(world: &mut World, workflows: &[&str], payload: Value) -> Task {
    let mut task = world.task("bitrise", "", payload, &[]);
    let workflows = workflows.iter().map(|name| format!("workflow:{name}"));
    task.staged.scopes = ["app:storm".to_owned()]
        .into_iter()
        .chain(workflows)
        .map(|end| format!("project:hail:bitrise:{end}"))
        .collect();
    task
}

#[test]
fn builds_are_those_of_all_workflows_and_variations() {
    let mut world = World::default();
    let payload = json!({
        "global_params": {
            "branch": "main", "commit_hash": REVISION, "environments": {"A": "1", "B": "1"},
        },
        "workflow_params": {"test": [
            {"environments": {"B": "2"}},
            {"branch": "other"},
        ]},
        "artifact_prefix": "public",
    });
    let task = bitrise(&mut world, &["build", "test"], payload);
    let done = world.pass(&task);
    let table = &world.report(&done)["tables"][0]["rows"];
    let rows = table.as_array().unwrap();
    let columns = rows.iter().map(|row| {
        let params: Value =
            snowman::base::json::read("params", row[3].as_str().unwrap().as_bytes()).unwrap();
        (
            row[0].clone(),
            row[1].clone(),
            params["environments"].clone(),
        )
    });
    let expected = [
        (json!("build"), json!("main"), json!({"A": "1", "B": "1"})),
        (json!("test"), json!("main"), json!({"A": "1", "B": "2"})),
        (json!("test"), json!("other"), json!({"A": "1", "B": "1"})),
    ];
    assert_eq!(columns.collect::<Vec<_>>(), expected);
    let would = world.report(&done)["wouldHappen"].to_string();
    assert!(would.contains("3 builds of the app storm"), "{would}");
}

#[test]
fn builds_that_would_not_run_or_are_of_another_commit_are_red() {
    let good = json!({"commit_hash": REVISION});
    for (workflows, payload, expected) in [
        (
            vec!["build"],
            json!({"global_params": {"commit_hash": OTHER}}),
            "would build 89ab",
        ),
        (
            vec!["build"],
            json!({"global_params": (good.clone()), "workflow_params": {"test": [{}]}}),
            "no scope names",
        ),
        (
            vec!["build"],
            json!({"global_params": (good.clone()), "workflow_params": {"build": [{}, {}]}}),
            "asked for twice",
        ),
        (
            vec!["build"],
            json!({"global_params": (good.clone()), "artifact_prefix": "../other"}),
            "`artifact_prefix`",
        ),
        (
            vec!["build", "build"],
            json!({"global_params": (good.clone())}),
            "would run twice",
        ),
        (
            vec!["build"],
            json!({"global_params": (good), "workflow_params": {"build": [{"environments": [
                {"mapped_to": "A", "value": "1"}, {"mapped_to": "A", "value": "2"},
            ]}]}}),
            "several values for the variable A",
        ),
    ] {
        let mut world = World::default();
        let task = bitrise(&mut world, &workflows, payload);
        let red = world.fail(&task).join("\n");
        assert!(red.contains(expected), "{red}");
    }
}
