//! The actions add-new-jobs, rebuild-cached-tasks and retrigger-multiple.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::bench::Bench;
use super::project::Project;
use super::ran::{Ran, Trigger, set};

fn on(push: &Ran, callback: &'static str, input: Value) -> Trigger {
    Trigger {
        callback,
        group: Some(push.task_id.clone()),
        task: None,
        input,
    }
}

/// What an action has created in the group of a push, by label.
fn added(bench: &Bench, push: &Ran, action: &Ran) -> Vec<String> {
    let tasks = bench.tasks(&push.task_id).into_iter();
    let own = |task: &snowman::sandbox::TaskView| {
        task.definition["extra"]["parent"] == action.task_id.as_str()
    };
    tasks.filter(own).map(|task| task.label).collect()
}

/// Every task that an action created is in its task graph as it was created, as Chain of Trust wants.
fn assert_chain(bench: &Bench, push: &Ran, action: &Ran) {
    let graph = action.json("task-graph.json");
    let mut found = 0;
    for task in bench.tasks(&push.task_id) {
        if task.definition["extra"]["parent"] != action.task_id.as_str() {
            continue;
        }
        found += 1;
        let planned = &graph[&task.task_id];
        assert_eq!(planned["label"], task.label);
        for (key, value) in planned["task"].as_object().unwrap() {
            if !["created", "deadline", "expires", "dependencies", "priority"]
                .contains(&key.as_str())
            {
                assert_eq!(&task.definition[key], value, "{key} of {}", task.label);
            }
        }
        let there: BTreeSet<&str> = strings(&task.definition["dependencies"]);
        let mut allowed = strings(&planned["task"]["dependencies"]);
        allowed.insert(push.task_id.as_str());
        assert!(there.is_subset(&allowed), "{}", task.label);
    }
    assert_eq!(graph.as_object().unwrap().len(), found);
}

fn strings(value: &Value) -> BTreeSet<&str> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn tasks_that_a_push_did_not_create_are_added() {
    let (bench, push) = Bench::with_push().await;
    assert!(!push.ids().contains_key("lint-a"));
    let input = json!({"tasks": ["lint-a", "l10n-a"]});
    let action = bench.act(on(&push, "add-new-jobs", input)).await.fine();
    assert_eq!(added(&bench, &push, &action), ["l10n-a", "lint-a"]);
    assert_chain(&bench, &push, &action);
    assert_eq!(
        action.artifacts.keys().collect::<Vec<_>>(),
        [
            "label-to-taskid.json",
            "submission.json",
            "task-graph.json",
            "to-run.json"
        ]
    );
    assert_eq!(action.json("to-run.json"), json!(["l10n-a", "lint-a"]));
    // What it needs is that of the push.
    assert_eq!(action.ids()["sign-a"], push.ids()["sign-a"]);
}

#[tokio::test]
async fn dependencies_are_added_too() {
    let (bench, push) = Bench::with_push().await;
    let input = json!({"tasks": ["ship-a"]});
    let action = bench.act(on(&push, "add-new-jobs", input)).await.fine();
    assert_eq!(
        added(&bench, &push, &action),
        ["l10n-a", "push-a", "ship-a"]
    );
    assert_chain(&bench, &push, &action);
}

#[tokio::test]
async fn tasks_are_added_several_times() {
    let (bench, push) = Bench::with_push().await;
    let input = json!({"tasks": ["lint-a", "push-a"], "times": 2});
    let action = bench.act(on(&push, "add-new-jobs", input)).await.fine();
    // Nothing of the first round exists for the second, as in the peer.
    let expected = ["l10n-a", "l10n-a", "lint-a", "lint-a", "push-a", "push-a"];
    assert_eq!(added(&bench, &push, &action), expected);
    assert_chain(&bench, &push, &action);
    let last = action.json("label-to-taskid-1.json");
    assert_eq!(action.json("label-to-taskid.json"), last);
}

#[tokio::test]
async fn unknown_labels_are_reported_and_nothing_is_created() {
    let (bench, push) = Bench::with_push().await;
    let before = bench.everything().len();
    let input = json!({"tasks": ["lint-a", "lint-b", "nonsense", "\u{7}"]});
    let error = bench
        .act(on(&push, "add-new-jobs", input))
        .await
        .error_text();
    for part in [
        "has no task `lint-b`",
        "did you mean `lint-a`?",
        "`nonsense`",
        "`\u{7}`",
    ] {
        assert!(error.contains(part), "{part} is not in {error}");
    }
    let error = bench
        .act(on(&push, "add-new-jobs", json!({})))
        .await
        .error_text();
    assert!(error.contains("has no `tasks`"), "{error}");
    let input = json!({"tasks": "lint-a"});
    let error = bench
        .act(on(&push, "add-new-jobs", input))
        .await
        .error_text();
    assert!(error.contains("`tasks`"), "{error}");
    assert_eq!(
        bench.everything().len(),
        before + 3,
        "only the action tasks"
    );
}

#[tokio::test]
async fn cached_tasks_are_rebuilt() {
    let project = Project::empty();
    project
        .kind(
            "image",
            &[],
            &[("a", "attributes: {cached_task: {digest: d}}"), ("b", "")],
        )
        .kind(
            "chain",
            &["image"],
            &[
                (
                    "a",
                    "dependencies: {image: image-a}, attributes: {cached_task: {digest: e}}",
                ),
                ("b", "attributes: {cached_task: false}"),
            ],
        );
    let bench = Bench::new(project).await;
    let push = bench.push(json!({})).await.fine();
    let action = bench
        .act(on(&push, "rebuild-cached-tasks", Value::Null))
        .await
        .fine();
    assert_eq!(added(&bench, &push, &action), ["chain-a", "image-a"]);
    assert_chain(&bench, &push, &action);
    let new = action.ids();
    let chain = bench.sandbox.state().task(&new["chain-a"]).unwrap();
    assert!(strings(&chain.definition["dependencies"]).contains(new["image-a"].as_str()));
}

#[tokio::test]
async fn without_cached_tasks_nothing_is_rebuilt() {
    let (bench, push) = Bench::with_push().await;
    let action = bench
        .act(on(&push, "rebuild-cached-tasks", Value::Null))
        .await
        .fine();
    assert!(action.artifacts.is_empty());
    assert!(added(&bench, &push, &action).is_empty());
}

#[tokio::test]
async fn requests_are_retriggered_or_rerun() {
    let (bench, push) = Bench::with_push().await;
    let state = bench.sandbox.state();
    let build = push.id("build-a");
    state.claim(build.as_str()).unwrap();
    state.report_completed(build.as_str()).unwrap();
    let test = push.id("test-a");
    state.claim(test.as_str()).unwrap();
    state.report_failed(test.as_str()).unwrap();
    let input = json!({"requests": [
        {"tasks": ["build-a", "test-a"], "times": 2},
        {"tasks": ["build-a", "sign-a"]},
    ]});
    let action = bench
        .act(on(&push, "retrigger-multiple", input))
        .await
        .fine();
    let expected = ["build-a", "build-a", "build-a", "sign-a"];
    assert_eq!(added(&bench, &push, &action), expected);
    assert_chain(&bench, &push, &action);
    // What should not be retriggered runs once more.
    let test = state.task(test.as_str()).unwrap();
    assert_eq!(test.status["runs"].as_array().unwrap().len(), 2);
    let mut names = BTreeSet::new();
    for base in ["label-to-taskid", "submission", "task-graph", "to-run"] {
        names.extend(["", "-0-0", "-0-1", "-1-0"].map(|suffix| format!("{base}{suffix}.json")));
    }
    // Each round says for itself what came of it.
    names.remove("submission.json");
    assert_eq!(
        action.artifacts.keys().cloned().collect::<BTreeSet<_>>(),
        names
    );
    assert_eq!(action.json("to-run-0-1.json"), json!(["build-a"]));
    let to_run: BTreeSet<String> = serde_json::from_value(action.json("to-run.json")).unwrap();
    assert_eq!(to_run, set(["build-a", "sign-a"]));
    let last = action.json("label-to-taskid-1-0.json");
    assert_eq!(action.ids()["build-a"], last["build-a"]);
}

#[tokio::test]
async fn impossible_requests_are_reported_before_anything_is_done() {
    let (bench, push) = Bench::with_push().await;
    let before = bench.everything().len();
    let input = json!({"requests": [{"tasks": ["build-a", "lint-a"]}, {"tasks": ["nonsense"]}]});
    let error = bench
        .act(on(&push, "retrigger-multiple", input))
        .await
        .error_text();
    for part in [
        "cannot rerun the task `lint-a`",
        "cannot rerun the task `nonsense`",
    ] {
        assert!(error.contains(part), "{part} is not in {error}");
    }
    for input in [
        json!({"requests": [{"tasks": ["build-a"], "often": 2}]}),
        json!({"requests": [{"tasks": ["build-a"], "times": 0}]}),
        json!({"requests": "build-a"}),
        json!({"additionalProperties": 1}),
    ] {
        let error = bench
            .act(on(&push, "retrigger-multiple", input.clone()))
            .await
            .error_text();
        assert!(
            error.contains("the input of the action retrigger-multiple"),
            "{input}: {error}"
        );
    }
    assert_eq!(
        bench.everything().len(),
        before + 5,
        "only the action tasks"
    );
    let none = bench
        .act(on(&push, "retrigger-multiple", json!({})))
        .await
        .fine();
    assert_eq!(none.json("task-graph.json"), json!({}));
    assert_eq!(none.json("to-run.json"), json!([]));
}
