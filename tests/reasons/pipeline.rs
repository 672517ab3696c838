//! The reasons for every task of this project, with several sets of parameters.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use snowman::config::yaml;

use super::checks::{Counts, check};
use super::empty_index;

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The JSON that the program prints in this repository.
fn printed(root_url: &str, arguments: &[&str]) -> Value {
    let done = Command::new(env!("CARGO_BIN_EXE_snowman"))
        .args(arguments)
        .current_dir(top())
        .env("TASKCLUSTER_ROOT_URL", root_url)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{arguments:?}: {errors}");
    serde_json::from_slice(&done.stdout).unwrap()
}

/// Parameters of a fixture, with some that differ, in a file.
fn parameters(fixture: &str, over: Value, folder: &Path) -> (String, Value) {
    let name = format!("tests/fixtures/parameters/{fixture}.yml");
    let text = std::fs::read(top().join(&name)).unwrap();
    let mut values = Value::from(yaml::load(&name, &text).unwrap().value);
    for (key, value) in over.as_object().unwrap() {
        values[key] = value.clone();
    }
    let file = folder.join(format!("{fixture}.yml"));
    std::fs::write(&file, serde_json::to_string(&values).unwrap()).unwrap();
    (file.to_str().unwrap().to_owned(), values)
}

/// Checks the reasons for all tasks, and returns how many of each kind there were.
fn check_all(fixture: &str, over: Value) -> Counts {
    let folder = tempfile::tempdir().unwrap();
    let (file, params) = parameters(fixture, over, folder.path());
    let root_url = empty_index::start();
    // Not verified, as explanations are not.
    let full = printed(&root_url, &["tasks", "--json", "-q", "-p", &file]);
    let labels: Vec<&str> = full
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert!(labels.len() > 700, "{}", labels.len());
    let arguments = ["explain", "--json", "-q", "-p", &file];
    let explained = printed(&root_url, &[&arguments[..], &labels].concat());
    let [set] = explained.as_array().unwrap().as_slice() else {
        panic!("one set of parameters: {explained}");
    };
    let told = set["tasks"].as_object().unwrap();
    assert_eq!(told.len(), labels.len());
    let mut counts = BTreeMap::new();
    for (label, told) in told {
        written(&full[label], label, told);
        check(&full, &params, label, told, &mut counts);
    }
    let section = guide_section();
    for key in keys(&Value::Array(told.values().cloned().collect())) {
        assert!(
            section.contains(&key),
            "the guide does not have the key `{key}`"
        );
    }
    counts
}

/// The section of the guide that documents the shape of the JSON.
fn guide_section() -> String {
    let guide = std::fs::read_to_string(top().join("docs/guide.md")).unwrap();
    let (_, behind) = guide.split_once("\n## Explain a task\n").unwrap();
    behind.split_once("\n## ").unwrap().0.to_owned()
}

/// The keys of a document, without those of attributes.
fn keys(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(keys).collect(),
        Value::Object(map) => {
            let below = map.iter().filter(|(key, _)| *key != "value");
            let below = below.flat_map(|(_, value)| keys(value));
            below.chain(map.keys().cloned()).collect()
        }
        _ => BTreeSet::new(),
    }
}

/// Checks the places that are named for a task: its kind's folder, and what is written in these lines.
fn written(task: &Value, label: &str, told: &Value) {
    let line = |place: &Value| {
        let file = top().join(place["file"].as_str().unwrap());
        let text = std::fs::read_to_string(file).unwrap();
        let number = usize::try_from(place["line"].as_u64().unwrap()).unwrap();
        text.lines().nth(number - 1).unwrap().to_owned()
    };
    let kind = task["kind"].as_str().unwrap();
    assert_eq!(told["kind"], kind);
    let file = told["written"]["file"].as_str().unwrap();
    assert!(
        file.starts_with(&format!("kinds/{kind}/")),
        "{label} in {file}"
    );
    assert!(line(&told["written"]).contains(':'), "{label}");
    let mut listed: Vec<(&str, &str)> = Vec::new();
    for edge in told["dependencies"].as_array().unwrap() {
        let (name, to) = (
            edge["name"].as_str().unwrap(),
            edge["task"].as_str().unwrap(),
        );
        if edge["list"] == "dependencies" {
            listed.push((name, to));
        }
        let changes = edge["changes"].as_array().unwrap();
        let last = changes
            .last()
            .unwrap_or_else(|| panic!("{label}: nothing has added {name}"));
        assert_eq!(last["to"], to, "{label}: {edge}");
        for change in changes
            .iter()
            .filter(|change| change["by"]["type"] == "file")
        {
            let line = line(&change["by"]["place"]);
            assert!(
                line.contains(name) || line.contains("dependencies"),
                "{label}: {line}"
            );
        }
    }
    let dependencies = task["dependencies"].as_object().unwrap().iter();
    let dependencies: BTreeMap<&str, &str> = dependencies
        .map(|(name, to)| (name.as_str(), to.as_str().unwrap()))
        .collect();
    assert_eq!(
        listed.into_iter().collect::<BTreeMap<_, _>>(),
        dependencies,
        "{label}"
    );
}

fn has(counts: &Counts, reasons: &[&str]) {
    for reason in reasons {
        assert!(
            counts.contains_key(*reason),
            "no task has the reason {reason}: {counts:?}"
        );
    }
}

#[test]
fn a_push() {
    let counts = check_all("main-push", json!({}));
    has(
        &counts,
        &[
            "target: filters",
            "target: always_target",
            "target: none",
            "condition: run_on_projects",
            "condition: shipping_phase",
            "excluded: shipping_phase",
            "removing: needed",
            "removing: only-if",
            "removing: kept-with",
            "strategy: changed",
            "strategy: nothing",
            "replacing: depends-on-created",
            "replacing: index",
        ],
    );
}

#[test]
fn a_pull_request_that_changes_little() {
    let counts = check_all("pull-request", json!({}));
    has(
        &counts,
        &[
            "strategy: unchanged",
            "removing: unneeded",
            "excluded: run_on_projects",
        ],
    );
}

#[test]
fn a_cron_task_without_changes() {
    let counts = check_all("cron", json!({}));
    has(&counts, &["strategy: no changes"]);
}

#[test]
fn a_promotion() {
    let counts = check_all(
        "action",
        json!({
            "target_tasks_method": "promote",
            "release_product": "snowfox",
            "release_type": "release",
            "shipping_phase": "promote_snowfox",
            "do_not_optimize": ["build-snowfox-linux64-shippable"],
        }),
    );
    has(
        &counts,
        &[
            "target: dependency",
            "condition: shipping_product",
            "excluded: shipping_product",
            "removing: do-not-optimize",
            "replacing: existing_tasks",
            "replacing: depends-on-created",
            "replacing: do-not-optimize",
        ],
    );
}
