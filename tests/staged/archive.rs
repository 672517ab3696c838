//! Defects of tasks that publish files.

use snowman::base::name::TaskId;
use snowman::base::value::{Value, json};

use super::world::{Task, World};

/// A map of artifacts of one task: name and destination.
fn map(build: &TaskId, files: &[(&str, &str)]) -> Value {
    let paths = files.iter().map(|(name, to)| {
        let place = json!({"destinations": [format!("pub/hail/candidates/94.0-candidates/build1/{to}")], "checksums_path": to});
        ((*name).to_owned(), place)
    });
    json!([{"taskId": build.as_str(), "locale": "en-US", "paths": Value::Object(paths.collect())}])
}

/// A task that publishes files of a build.
pub fn publish(
    world: &mut World,
    build: &TaskId,
    files: &[(&str, &str)],
    from: &[&TaskId],
) -> Task {
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    let payload = json!({
        "releaseProperties": {"appName": "Hail", "hashType": "sha512"},
        "upstreamArtifacts": [
            {"taskId": build.as_str(), "taskType": "build", "paths": names, "locale": "en-US"},
        ],
        "artifactMap": map(build, files),
    });
    world.task("beetmover", "push-to-candidates", payload, from)
}

pub fn push(world: &mut World, build_number: u64, from: &[&TaskId]) -> Task {
    let payload = json!({"product": "hail", "version": "94.0", "build_number": build_number});
    world.task("beetmover", "push-to-releases", payload, from)
}

#[test]
fn files_are_published_and_pushed() {
    let mut world = World::default();
    let build = world.build(&[("public/a.tar.xz", b"a"), ("public/log.txt", b"log")]);
    let files = [
        ("public/a.tar.xz", "linux64/hail-94.0.tar.xz"),
        ("public/log.txt", "linux64/log.txt"),
    ];
    let task = publish(&mut world, &build, &files, &[]);
    let candidates = world.pass(&task);
    let sums = String::from_utf8(
        world
            .get(&candidates, "public/target.checksums")
            .unwrap()
            .to_vec(),
    );
    // As `sha512sum` and `sha256sum` print them.
    assert_eq!(
        sums.unwrap().lines().nth(1).unwrap(),
        "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb sha256 1 linux64/hail-94.0.tar.xz"
    );
    let task = push(&mut world, 1, &[&candidates]);
    let pushed = world.pass(&task);
    let state = world.state(&pushed);
    let keys: Vec<&str> = state
        .effects
        .iter()
        .map(|effect| effect.key.as_str())
        .collect();
    assert_eq!(keys, ["pub/hail/releases/94.0/linux64/hail-94.0.tar.xz"]);
    assert_eq!(state.effects[0].value["content"]["taskId"], build.as_str());
    let report = world.report(&pushed);
    let left_out = &report["tables"][1];
    assert_eq!(left_out["title"], "Left out");
    assert_eq!(left_out["rows"].as_array().unwrap().len(), 1);
    // Pushed again, nothing changes.
    let task = push(&mut world, 1, &[&pushed]);
    let again = world.pass(&task);
    assert!(world.state(&again).effects.is_empty());
}

#[test]
fn a_missing_artifact_is_red() {
    let mut world = World::default();
    let build = world.build(&[]);
    let task = publish(&mut world, &build, &[("public/a", "a")], &[]);
    let red = world.fail(&task);
    assert_eq!(
        red,
        [format!("the task {build} has no artifact `public/a`")]
    );
}

#[test]
fn one_destination_for_two_contents_is_red() {
    let mut world = World::default();
    let build = world.build(&[("public/a", b"a"), ("public/b", b"b")]);
    let files = [("public/a", "de/x"), ("public/b", "de/x")];
    let task = publish(&mut world, &build, &files, &[]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("differ, but both go to"), "{red}");
}

#[test]
fn an_entry_for_an_absent_artifact_is_red() {
    let mut world = World::default();
    let build = world.build(&[("public/a", b"a")]);
    let mut task = publish(&mut world, &build, &[("public/a", "a")], &[]);
    let more = map(&build, &[("public/a", "a"), ("public/other", "other")]);
    if let Value::Object(payload) = &mut task.staged.payload {
        payload.insert("artifactMap", more);
    }
    let red = world.fail(&task).join("\n");
    assert!(red.contains("has an entry for public/other"), "{red}");
}

#[test]
fn entries_for_a_locale_without_artifacts_are_told() {
    let mut world = World::default();
    let build = world.build(&[("public/a", b"a")]);
    let mut task = publish(&mut world, &build, &[("public/a", "a")], &[]);
    let other = json!({
        "taskId": build.as_str(),
        "locale": "ja",
        "paths": {"public/ja/a": {"destinations": ["ja/a"], "checksums_path": ""}},
    });
    if let Value::Object(payload) = &mut task.staged.payload
        && let Some(Value::Array(entries)) = payload.get_mut("artifactMap")
    {
        entries.push(other);
    }
    let done = world.pass(&task);
    assert_eq!(
        world.report(&done)["warnings"],
        json!([
            "the artifact map has entries for the locale ja, of which there are no upstream artifacts"
        ])
    );
    let files = world.state(&done);
    assert!(
        !files
            .effects
            .iter()
            .any(|effect| effect.key.contains("ja/a"))
    );
}

#[test]
fn a_file_of_another_task_is_not_replaced() {
    let mut world = World::default();
    let one = world.build(&[("public/a", b"a")]);
    let other = world.build(&[("public/a", b"b")]);
    let task = publish(&mut world, &one, &[("public/a", "x")], &[]);
    let first = world.pass(&task);
    let task = publish(&mut world, &other, &[("public/a", "x")], &[&first]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("already has different content"), "{red}");
    // Neither comes after the other: who reads both is told.
    let task = publish(&mut world, &other, &[("public/a", "x")], &[]);
    let second = world.pass(&task);
    let task = push(&mut world, 1, &[&first, &second]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("neither depends on the other"), "{red}");
}

#[test]
fn a_candidate_of_which_nothing_is_released_is_red() {
    let mut world = World::default();
    let build = world.build(&[("public/a", b"a"), ("public/b", b"b")]);
    let files = [("public/a", "de/build.log"), ("public/b", "de/info.txt")];
    let task = publish(&mut world, &build, &files, &[]);
    let candidate = world.pass(&task);
    let task = push(&mut world, 1, &[&candidate]);
    let red = world.fail(&task);
    let why = "nothing would be copied: all of the candidate is left out (2 files)";
    assert_eq!(red, [why]);
}

#[test]
fn a_second_build_of_a_version_is_not_pushed_over_the_first() {
    let mut world = World::default();
    let one = world.build(&[("public/a.tar.xz", b"a")]);
    let task = publish(&mut world, &one, &[("public/a.tar.xz", "a.tar.xz")], &[]);
    let first = world.pass(&task);
    let task = push(&mut world, 1, &[&first]);
    let pushed = world.pass(&task);
    let two = world.build(&[("public/a.tar.xz", b"b")]);
    let mut task = publish(
        &mut world,
        &two,
        &[("public/a.tar.xz", "a.tar.xz")],
        &[&pushed],
    );
    let text = task.staged.payload.to_string().replace("build1", "build2");
    task.staged.payload = snowman::base::json::read("payload", text.as_bytes()).unwrap();
    let second = world.pass(&task);
    let task = push(&mut world, 2, &[&second]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("already exists with other content"), "{red}");
    // A build number that was never made has no candidates.
    let task = push(&mut world, 3, &[&second]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("there are no files in"), "{red}");
}

#[test]
fn a_partner_without_files_is_red() {
    let mut world = World::default();
    let build = world.build(&[("public/a.tar.xz", b"a")]);
    let task = publish(&mut world, &build, &[("public/a.tar.xz", "a.tar.xz")], &[]);
    let first = world.pass(&task);
    let mut task = push(&mut world, 1, &[&first]);
    if let Value::Object(payload) = &mut task.staged.payload {
        payload.insert("partners", json!(["acme/de"]));
    }
    let red = world.fail(&task).join("\n");
    assert!(red.contains("acme/de"), "{red}");
}

#[test]
fn the_suffix_of_checksums_is_that_of_the_kind() {
    let mut world = World::default();
    for (kind, name) in [
        ("beetmover-source", "public/target-source.checksums"),
        ("beetmover-repackage", "public/target.checksums"),
    ] {
        let build = world.build(&[("public/a", b"a")]);
        let mut task = publish(&mut world, &build, &[("public/a", "a")], &[]);
        task.kind = kind;
        let id = world.pass(&task);
        assert!(world.get(&id, name).is_some(), "{kind}");
    }
}

/// Gives all files of a task of a build the same name in the checksums.
fn name_all(task: &mut Task, build: &TaskId, files: &[(&str, &str)], name: &str) {
    let paths = files.iter().map(|(artifact, to)| {
        let place = json!({"destinations": [format!("pub/hail/{to}")], "checksums_path": name});
        ((*artifact).to_owned(), place)
    });
    let paths = Value::Object(paths.collect());
    let map = json!([{"taskId": build.as_str(), "locale": "en-US", "paths": paths}]);
    if let Value::Object(payload) = &mut task.staged.payload {
        payload.insert("artifactMap", map);
    }
}

#[test]
fn two_contents_need_two_names_only_where_checksums_are_published() {
    let mut world = World::default();
    let build = world.build(&[("public/a", b"a"), ("public/b", b"b")]);
    let files = [("public/a", "a"), ("public/b", "b")];
    for (action, name, passes) in [
        ("push-to-candidates", "", true),
        ("push-to-candidates", "later", false),
        ("direct-push-to-bucket", "later", true),
    ] {
        let mut task = publish(&mut world, &build, &files, &[]);
        name_all(&mut task, &build, &files, name);
        task.staged.action = Some(action.to_owned());
        task.staged.scopes = vec![
            "project:hail:releng:beetmover:bucket:dep".to_owned(),
            format!("project:hail:releng:beetmover:action:{action}"),
        ];
        if passes {
            let id = world.pass(&task);
            let checksums = world.get(&id, "public/target.checksums");
            assert_eq!(checksums.is_some(), action == "push-to-candidates");
        } else {
            let red = world.fail(&task).join("\n");
            assert!(red.contains("whose checksums have the name later"), "{red}");
        }
    }
}

#[test]
fn what_a_task_keeps_private_is_not_named_in_the_state() {
    let mut world = World::default();
    let name = "releng/secret/model.bin";
    let build = world.build(&[(name, b"a")]);
    let payload = json!({
        "releaseProperties": {"appName": "hail"},
        "upstreamArtifacts": [{"taskId": build.as_str(), "taskType": "build", "paths": [name]}],
        "artifactMap": [{"taskId": build.as_str(), "paths": {"*": {"destinations": ["models/a"]}}}],
    });
    let action = "upload-translations-artifacts";
    let mut task = world.task("beetmover", action, payload, &[]);
    task.staged.scopes = ["bucket:dep", &format!("action:{action}")]
        .map(|end| format!("project:hail:releng:beetmover:{end}"))
        .to_vec();
    let done = world.pass(&task);
    let [effect] = &world.state(&done).effects[..] else {
        panic!("expected one file");
    };
    assert_eq!(effect.key, "models/a");
    // As `printf releng/secret/model.bin | sha256sum` prints it.
    let hash = "2c00156d226e98a690979b87c2293a51e99d5ea74ee1955240e9cbc2669f2488";
    let content = json!({"taskId": build.as_str(), "nameSha256": hash});
    assert_eq!(effect.value["content"], content);
}
