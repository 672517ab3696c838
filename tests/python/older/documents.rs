//! What is written of a graph.

use serde_json::Value;

use super::super::world::{World, document};
use super::Release;

/// Returns a document, which must be the same as that of the release, apart from the type of the ranks of
/// index tasks, which workers need as strings.
fn same(world: &World, release: Release, arguments: &[&str]) -> Value {
    let arguments = [arguments, &["--json", "-p", "params/push.yml"]].concat();
    let arguments = release.arguments(&arguments);
    let ours = document(&world.ours(&arguments));
    let mut theirs = document(&world.peer(&arguments));
    for task in theirs.as_object_mut().unwrap().values_mut() {
        if let Some(rank) = task.pointer_mut("/task/payload/env/INDEX_RANK") {
            *rank = Value::from(rank.to_string().replace('"', ""));
        }
    }
    let (ours_by_key, theirs_by_key) = (ours.as_object().unwrap(), theirs.as_object().unwrap());
    let what = format!("{} of {}", arguments[0], release.name());
    for (key, task) in theirs_by_key {
        assert_eq!(ours_by_key.get(key), Some(task), "{key} in {what}");
    }
    assert_eq!(ours_by_key.len(), theirs_by_key.len(), "tasks in {what}");
    ours
}

#[test]
fn sets_have_no_dependencies_and_graphs_have_edges() {
    let release = Release([14, 4, 1]);
    let Some(world) = release.world() else {
        return;
    };
    let dependencies = |command: &str| {
        let document = same(&world, release, &[command]);
        let dependencies = document["aged-watch"]["dependencies"].as_object();
        dependencies.unwrap().len()
    };
    assert_eq!(dependencies("tasks"), 0);
    assert_eq!(dependencies("target"), 0);
    assert_eq!(dependencies("target-graph"), 2);
    // The one that was replaced is missing, and so is the soft one.
    assert_eq!(dependencies("optimized"), 1);
}

#[test]
fn what_is_not_shown_is_no_dependency() {
    let release = Release([14, 4, 1]);
    let Some(world) = release.world() else {
        return;
    };
    let document = same(&world, release, &["full", "--tasks-regex=aged-[rw]"]);
    let watch = document["aged-watch"]["dependencies"].as_object().unwrap();
    assert_eq!(watch.keys().collect::<Vec<_>>(), ["old"]);
}

#[test]
fn morphs_see_the_dependencies_of_their_release() {
    for (numbers, are_ids) in [
        ([8, 2, 0], false),
        ([14, 4, 1], false),
        ([17, 3, 0], true),
        ([23, 2, 0], true),
    ] {
        let release = Release(numbers);
        let Some(world) = release.world() else {
            continue;
        };
        let document = same(&world, release, &["morphed"]);
        let seen = &document["aged-watch"]["task"]["extra"];
        let (base, edges) = (&seen["dependencies"]["base"], &seen["edges"]);
        assert_eq!(base[0], Value::Bool(are_ids), "{}", release.name());
        assert_eq!(edges, &serde_json::json!(["base"]));
        // Index tasks take over from eleven routes on before 14.3.
        let indexed = document.get("index-task-aged-routes").is_some();
        assert_eq!(indexed, release < Release([14, 3, 0]));
    }
}

/// A kind with one task.
fn kind(name: &str, dependencies: &str, transforms: &str) -> String {
    format!(
        "loader: taskgraph.loader.transform:loader\nkind-dependencies: [{dependencies}]\n\
         transforms: [{transforms}, \"taskgraph.transforms.task:transforms\"]\n\
         tasks:\n  one:\n    label: {name}-one\n    description: A task\n    worker-type: linux\n    \
         worker: {{docker-image: \"hail:1\", max-run-time: 60}}\n"
    )
}

#[test]
fn kinds_are_in_the_order_of_visits() {
    let release = Release([14, 4, 1]);
    let Some(mut world) = release.world() else {
        return;
    };
    let list = "\"aged_taskgraph.transforms:list_dependencies\"";
    // `early` comes before `late` by name, but has to wait for `first`.
    for (name, dependencies) in [
        ("early", "first"),
        ("first", ""),
        ("late", ""),
        ("listing", "early, late"),
    ] {
        let file = format!("taskcluster/kinds/{name}/kind.yml");
        world = world.file(&file, &kind(name, dependencies, list));
    }
    let document = same(&world, release, &["full"]);
    let order = &document["listing-one"]["attributes"]["order"];
    assert_eq!(order, &serde_json::json!(["late-one", "early-one"]));
}
