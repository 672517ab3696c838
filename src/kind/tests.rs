use std::path::Path;

use crate::base::value::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::base::name::KindName;
use crate::config::graph_config::GraphConfig;
use crate::config::test_support::graph_config;
use crate::ports::files::Disk;

/// A folder with files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(""))).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// The entries of the kind `k`, as a list; or everything that is wrong with them.
fn entries(files: &[(&str, &str)]) -> Result<Value, String> {
    let files: Vec<_> = files
        .iter()
        .map(|(name, text)| (format!("taskcluster/kinds/k/{name}"), *text))
        .collect();
    let files: Vec<_> = files
        .iter()
        .map(|(name, text)| (name.as_str(), *text))
        .collect();
    let folder = folder(&files);
    let disk = Disk::new(folder.path()).unwrap();
    let name = KindName::parse("k").unwrap();
    let kind = KindDefinition::load(&disk, &graph_config(json!({})), &name)
        .map_err(|wrong| wrong.to_string())?
        .unwrap();
    let entries = kind.entries(&disk).map_err(|wrong| wrong.to_string())?;
    Ok(entries
        .into_iter()
        .map(|entry| Value::Object(entry.task))
        .collect())
}

#[test]
fn tasks_keep_the_order_of_their_files() {
    let tasks = entries(&[
        (
            "kind.yml",
            "tasks: {z: {n: 1}, a: {}}\ntasks-from: [two.yml, one.yml]\n",
        ),
        ("one.yml", "m: {n: 4}\n"),
        ("two.yml", "y: {n: 2}\nb: {n: 3}\n"),
    ]);
    assert_eq!(
        tasks.unwrap(),
        json!([
            {"n": 1, "task-from": "kind.yml", "name": "z"},
            {"task-from": "kind.yml", "name": "a"},
            {"n": 2, "task-from": "two.yml", "name": "y"},
            {"n": 3, "task-from": "two.yml", "name": "b"},
            {"n": 4, "task-from": "one.yml", "name": "m"},
        ])
    );
    assert_eq!(
        entries(&[("kind.yml", "transforms: []\n")]).unwrap(),
        json!([])
    );
}

#[test]
fn tasks_override_defaults() {
    let tasks = entries(&[(
        "kind.yml",
        "task-defaults:\n  a: 1\n  list: [1]\n  map: {x: 1, y: 1}\n  by: {by-p: {q: 1, default: 2}}\n\
         tasks:\n  plain: {}\n  own: {a: 2, list: [2], map: {y: 2}, by: {by-p: {default: 3}}, name: other}\n",
    )]);
    assert_eq!(
        tasks.unwrap(),
        json!([
            {
                "a": 1, "list": [1], "map": {"x": 1, "y": 1},
                "by": {"by-p": {"q": 1, "default": 2}},
                "task-from": "kind.yml", "name": "plain",
            },
            {
                "a": 2, "list": [1, 2], "map": {"x": 1, "y": 2}, "by": {"by-p": {"default": 3}},
                "name": "own", "task-from": "kind.yml",
            },
        ])
    );
}

#[test]
fn defaults_of_a_file_override_those_of_the_kind() {
    let tasks = entries(&[
        (
            "kind.yml",
            "task-defaults: {k: 1, both: [kind]}\ntasks: {a: {}}\ntasks-from: [one.yml, two.yml]\n",
        ),
        (
            "one.yml",
            "task-defaults: {f: 1, both: [file]}\nb: {both: [task]}\n",
        ),
        ("two.yml", "c: {}\n"),
    ]);
    assert_eq!(
        tasks.unwrap(),
        json!([
            {"k": 1, "both": ["kind"], "task-from": "kind.yml", "name": "a"},
            {"k": 1, "both": ["kind", "file", "task"], "f": 1, "task-from": "one.yml", "name": "b"},
            {"k": 1, "both": ["kind"], "task-from": "two.yml", "name": "c"},
        ])
    );
    let tasks = entries(&[
        ("kind.yml", "tasks-from: [one.yml]\n"),
        ("one.yml", "task-defaults: {f: 1}\nb: {}\n"),
    ]);
    assert_eq!(
        tasks.unwrap(),
        json!([{"f": 1, "task-from": "one.yml", "name": "b"}])
    );
}

#[test]
fn all_mistakes_in_files_are_reported() {
    let message = entries(&[
        (
            "kind.yml",
            "tasks:\n  a: 1\n  b: {}\n  c: [x]\ntasks-from:\n  - none.yml\n  - list.yml\n  - ../out.yml\n  - flag.yml\n",
        ),
        ("list.yml", "- a\n"),
        ("flag.yml", "task-defaults: true\nd: {}\n"),
    ])
    .unwrap_err();
    for part in [
        "taskcluster/kinds/k/kind.yml:2:",
        "kind `k`, task `a`: expected a mapping, found an integer",
        "taskcluster/kinds/k/flag.yml:1:1: kind `k`: `task-defaults`: expected a mapping, found a boolean",
        "kind `k`, task `c`: expected a mapping, found a list",
        "cannot read \"none.yml\" in `tasks-from`",
        "taskcluster/kinds/k/list.yml is a list",
        "cannot read \"../out.yml\" in `tasks-from`",
    ] {
        assert!(message.contains(part), "{part:?} is not in {message}");
    }
}

fn read(text: &str) -> KindDefinition {
    let name = KindName::parse("k").unwrap();
    KindDefinition::from_text(
        &name,
        "kinds/k".to_owned(),
        "kinds/k/kind.yml",
        text.as_bytes(),
    )
    .unwrap()
}

#[test]
fn the_default_loader_appends_run_and_task() {
    let transforms = |text: &str| read(text).transforms().map_err(|d| d.to_string());
    let ends = [
        "taskgraph.transforms.run:transforms",
        "taskgraph.transforms.task:transforms",
    ];
    assert_eq!(transforms("tasks: {}").unwrap(), ends);
    assert_eq!(
        transforms("transforms: [x]").unwrap(),
        ["x", ends[0], ends[1]]
    );
    let twice = transforms(&format!("transforms: [x, {:?}]", ends[1])).unwrap_err();
    assert!(
        twice.contains("is already added by the default loader"),
        "{twice}"
    );
    let bare = "loader: taskgraph.loader.transform:loader";
    assert_eq!(
        transforms(&format!("{bare}\ntransforms: [x]")).unwrap(),
        ["x"]
    );
    assert!(
        transforms(bare)
            .unwrap_err()
            .contains("`transforms` is missing")
    );
    let unknown = transforms("loader: taskgraph.loader.tranform:loader").unwrap_err();
    assert!(
        unknown.contains("taskgraph.loader.transform:loader"),
        "{unknown}"
    );
}

fn kinds(
    files: &[(&str, &str)],
    config: &GraphConfig,
    targets: &[&str],
) -> Result<Vec<String>, String> {
    let folder = folder(files);
    let disk = Disk::new(folder.path()).unwrap();
    let targets: Vec<String> = targets.iter().map(|t| (*t).to_owned()).collect();
    let graph = KindGraph::load(&disk, config, &targets).map_err(|wrong| wrong.to_string())?;
    Ok(graph
        .in_order()
        .iter()
        .map(|kind| kind.name.to_string())
        .collect())
}

#[test]
fn kinds_come_after_those_that_they_depend_on() {
    //  test -> build -> fetch, docs; no-kind has no kind.yml
    let files = [
        (
            "taskcluster/kinds/build/kind.yml",
            "kind-dependencies: [fetch]\n",
        ),
        ("taskcluster/kinds/docs/kind.yml", "{}\n"),
        ("taskcluster/kinds/fetch/kind.yml", "{}\n"),
        ("taskcluster/kinds/no-kind/other.yml", "{}\n"),
        (
            "taskcluster/kinds/test/kind.yml",
            "kind-dependencies: [build]\n",
        ),
        ("taskcluster/kinds/docker-image/kind.yml", "{}\n"),
    ];
    let config = graph_config(json!({}));
    assert_eq!(
        kinds(&files, &config, &[]).unwrap(),
        ["docker-image", "docs", "fetch", "build", "test"]
    );
    assert_eq!(
        kinds(&files, &config, &["build"]).unwrap(),
        ["docker-image", "fetch", "build"]
    );
    let message = kinds(&files, &config, &["biuld", "docs"]).unwrap_err();
    assert!(message.contains("unknown kind `biuld`"), "{message}");
    assert!(message.contains("did you mean `build`?"), "{message}");
    let elsewhere = graph_config(json!({"snowman": {"kinds": "other"}}));
    assert!(
        kinds(&files, &elsewhere, &[])
            .unwrap_err()
            .contains("the folder `other` does not exist")
    );
}

#[test]
fn unknown_kinds_and_cycles_are_refused() {
    let config = graph_config(json!({}));
    let unknown = kinds(
        &[(
            "taskcluster/kinds/a/kind.yml",
            "kind-dependencies:\n  - x\n  - yy\n",
        )],
        &config,
        &[],
    )
    .unwrap_err();
    for part in [
        "kind.yml:2:",
        "unknown kind `x`",
        "kind.yml:3:",
        "unknown kind `yy`",
    ] {
        assert!(unknown.contains(part), "{part:?} is not in {unknown}");
    }
    let cycle = kinds(
        &[
            ("taskcluster/kinds/a/kind.yml", "kind-dependencies: [b]\n"),
            ("taskcluster/kinds/b/kind.yml", "kind-dependencies: [c]\n"),
            ("taskcluster/kinds/c/kind.yml", "kind-dependencies: [a]\n"),
        ],
        &config,
        &[],
    )
    .unwrap_err();
    assert!(
        cycle.contains("kinds depend on each other: a -> b -> c -> a"),
        "{cycle}"
    );
}
