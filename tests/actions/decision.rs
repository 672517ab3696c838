//! The command `decision` in a decision task.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use super::checkout::{Checkout, files};
use super::ran::set;

#[tokio::test]
async fn every_artifact_exists_and_is_well_formed() {
    let checkout = Checkout::new("change").await;
    checkout.decided(&[]).await;
    let root = checkout.bench.project.root();
    let expected = set([
        "actions.json",
        "full-task-graph.json",
        "label-to-taskid.json",
        "optimizations.log",
        "parameters.yml",
        "runnable-jobs.json",
        "submission.json",
        "target-tasks.json",
        "task-graph.json",
    ]);
    assert_eq!(files(&root.join("artifacts")), expected);
    assert_eq!(
        files(&root.join("docker-contexts")),
        set(["image_builder.tar.gz", "plain.tar.gz"])
    );
    for context in ["image_builder", "plain"] {
        let content = checkout.read(&format!("docker-contexts/{context}.tar.gz"));
        assert_eq!(content[..2], [0x1f, 0x8b], "{context} is gzipped");
    }
    for name in expected.iter().filter(|name| name.ends_with(".json")) {
        let text = String::from_utf8(checkout.read(&format!("artifacts/{name}"))).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            text.trim_end_matches('\n'),
            snowman::base::json::pretty(&value.into()).trim_end_matches('\n'),
            "{name}"
        );
    }
    let full = checkout.json("full-task-graph.json");
    let labels: BTreeSet<String> = full.as_object().unwrap().keys().cloned().collect();
    let of_images = ["docker-image-image_builder", "docker-image-plain"];
    let others = [
        "bird-a",
        "build-a",
        "l10n-a",
        "lint-a",
        "partials-a",
        "push-a",
        "ship-a",
        "sign-a",
        "test-a",
    ];
    assert_eq!(labels, set(of_images.into_iter().chain(others)));
    assert_eq!(
        checkout.json("target-tasks.json"),
        json!(["build-a", "sign-a", "test-a"])
    );
    let ids: BTreeMap<String, String> =
        serde_json::from_value(checkout.json("label-to-taskid.json")).unwrap();
    // Images are there on every push, so that they can be found by their contents.
    let created = set(of_images.into_iter().chain(["build-a", "sign-a", "test-a"]));
    assert_eq!(ids.keys().cloned().collect::<BTreeSet<_>>(), created);
    let graph = checkout.json("task-graph.json");
    for (id, task) in graph.as_object().unwrap() {
        assert_eq!(task["task_id"], id.as_str());
        assert_eq!(&ids[task["label"].as_str().unwrap()], id);
    }
    assert_eq!(graph.as_object().unwrap().len(), created.len());
    let jobs = checkout.json("runnable-jobs.json");
    assert_eq!(
        jobs.as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<BTreeSet<_>>(),
        set(of_images)
    );
    assert_eq!(jobs["docker-image-plain"]["symbol"], "p");
    assert_eq!(jobs["docker-image-plain"]["platform"], "taskcluster-images");
    let log = String::from_utf8(checkout.read("artifacts/optimizations.log")).unwrap();
    assert!(log.contains("optimize: build-a kept because of"), "{log}");
    assert_eq!(checkout.json("actions.json")["version"], 1);
}

#[tokio::test]
async fn tasks_are_in_the_group_of_the_decision_and_wait_for_it() {
    let checkout = Checkout::new("change").await;
    checkout.decided(&[]).await;
    let ids: BTreeMap<String, String> =
        serde_json::from_value(checkout.json("label-to-taskid.json")).unwrap();
    let tasks = checkout.bench.tasks(&checkout.task_id);
    assert_eq!(tasks.len(), 5);
    for task in &tasks {
        assert_eq!(task.task_id, ids[&task.label]);
        assert_eq!(task.definition["schedulerId"], "snow-level-1");
        assert_eq!(task.state.name(), "unscheduled");
        let expected = match task.label.as_str() {
            "sign-a" | "test-a" => json!([ids["build-a"]]),
            _ => json!([checkout.task_id.as_str()]),
        };
        assert_eq!(task.definition["dependencies"], expected, "{}", task.label);
    }
    let state = checkout.bench.sandbox.state();
    state.report_completed(checkout.task_id.as_str()).unwrap();
    checkout.bench.work().await;
    let resolved = checkout.bench.tasks(&checkout.task_id);
    assert!(resolved.iter().all(|task| task.state.name() == "completed"));
}

#[tokio::test]
async fn a_rerun_decides_the_same_and_creates_nothing_twice() {
    let checkout = Checkout::new("change").await;
    checkout.decided(&[]).await;
    let artifacts = checkout.bench.project.root().join("artifacts");
    let read = |folder: &Path| -> BTreeMap<String, Vec<u8>> {
        let names = files(folder).into_iter();
        names
            .map(|name| (name.clone(), std::fs::read(folder.join(name)).unwrap()))
            .collect()
    };
    let (first, before) = (read(&artifacts), checkout.bench.everything());
    std::fs::remove_dir_all(&artifacts).unwrap();
    checkout.bench.wait(70);
    checkout.decided(&[]).await;
    assert_eq!(read(&artifacts), first);
    assert_eq!(checkout.bench.everything(), before);
}

#[tokio::test]
async fn a_rerun_creates_what_an_earlier_run_could_not() {
    let checkout = Checkout::new("change").await;
    let bench = &checkout.bench;
    let fields = "dependencies: {build: build-a}, routes: [tricky.route]";
    bench.project.kind("test", &["build"], &[("a", fields)]);
    let role = "repo:github.com/example/ci:*";
    let few = [
        "queue:create-task:*",
        "queue:scheduler-id:*",
        "queue:get-artifact:*",
        "queue:route:checks",
    ];
    bench.sandbox.add_role(role, &few);
    // The decision may not ask for its scopes, so it is the queue that misses one.
    let reading = [
        "index:*",
        "queue:get-task:*",
        "queue:list-task-group:*",
        "queue:status:*",
    ];
    bench.sandbox.add_role("anonymous", &reading);
    let output = checkout.decide(&[]).await;
    assert_ne!(output.code, Some(0));
    assert!(
        output.err.contains("queue:route:tricky.route"),
        "{}",
        output.err
    );
    assert_eq!(bench.labels(&checkout.task_id), ["build-a", "sign-a"]);
    let first = bench.tasks(&checkout.task_id);
    bench.sandbox.add_role(role, &["queue:*"]);
    checkout.decided(&[]).await;
    let second = bench.tasks(&checkout.task_id);
    assert_eq!(second.len(), 5);
    assert!(first.iter().all(|task| second.contains(task)));
}

#[tokio::test]
async fn an_invalid_project_creates_nothing() {
    let checkout = Checkout::new("change").await;
    let before = checkout.bench.everything();
    checkout
        .bench
        .project
        .kind("build", &[], &[("a", "dependencies: {x: no-such-task}")]);
    let output = checkout.decide(&[]).await;
    assert_eq!(output.code, Some(1), "{}", output.err);
    assert!(output.err.contains("no-such-task"), "{}", output.err);
    assert_eq!(checkout.bench.everything(), before);
}
