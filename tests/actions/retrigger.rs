//! The actions retrigger, retrigger-disabled and retrigger-decision.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use snowman::base::name::TaskId;

use super::bench::Bench;
use super::ran::{Ran, Trigger, moment, set};
use super::releases::refused;

fn retrigger(push: &Ran, label: &str, input: Value) -> Trigger {
    Trigger {
        callback: "retrigger",
        group: Some(push.task_id.clone()),
        task: Some(push.id(label)),
        input,
    }
}

/// The definitions of the tasks of a label in the group of a push, without the one of the push itself.
fn copies(bench: &Bench, push: &Ran, label: &str) -> Vec<(String, Value)> {
    let first = push.ids().get(label).cloned();
    bench
        .tasks(&push.task_id)
        .into_iter()
        .filter(|task| task.label == label && Some(&task.task_id) != first.as_ref())
        .map(|task| (task.task_id, task.definition))
        .collect()
}

fn dependencies(definition: &Value) -> BTreeSet<String> {
    serde_json::from_value(definition["dependencies"].clone()).unwrap()
}

#[tokio::test]
async fn a_retriggered_task_is_in_its_group() {
    let (bench, push) = Bench::with_push().await;
    let before = bench.tasks(&push.task_id).len();
    let action = bench
        .act(retrigger(&push, "sign-a", json!({})))
        .await
        .fine();
    assert_eq!(bench.tasks(&push.task_id).len(), before + 1);
    let copies = copies(&bench, &push, "sign-a");
    let [(id, definition)] = copies.as_slice() else {
        unreachable!("{copies:?}")
    };
    assert_eq!(definition["taskGroupId"], push.task_id.as_str());
    assert_eq!(definition["schedulerId"], "snow-level-1");
    assert_eq!(definition["extra"]["parent"], action.task_id.as_str());
    assert_eq!(
        dependencies(definition),
        set([
            push.ids()["build-a"].as_str(),
            action.task_id.as_str(),
            // Nothing that it depends on is new, so it is a root.
            push.task_id.as_str(),
        ])
    );
    assert_eq!(
        action.artifacts.keys().collect::<Vec<_>>(),
        [
            "label-to-taskid.json",
            "submission.json",
            "task-graph.json",
            "to-run.json"
        ]
    );
    assert_eq!(
        action.json("label-to-taskid.json"),
        json!({"build-a": push.ids()["build-a"], "sign-a": id})
    );
    assert_eq!(action.json("to-run.json"), json!(["sign-a"]));
    let graph = action.json("task-graph.json");
    assert_eq!(graph.as_object().unwrap().keys().collect::<Vec<_>>(), [id]);
    assert_eq!(graph[id]["label"], "sign-a");
    assert_eq!(
        graph[id]["dependencies"],
        json!({"build": push.ids()["build-a"]})
    );
    assert_eq!(
        graph[id]["task"]["extra"]["parent"],
        action.task_id.as_str()
    );
}

#[tokio::test]
async fn several_times_means_several_tasks_and_artifacts() {
    let (bench, push) = Bench::with_push().await;
    let input = json!({"times": 3, "downstream": false});
    let action = bench.act(retrigger(&push, "build-a", input)).await.fine();
    let copies = copies(&bench, &push, "build-a");
    assert_eq!(copies.len(), 3);
    let ids: BTreeSet<String> = copies.iter().map(|(id, _)| id.clone()).collect();
    let mut names = vec!["label-to-taskid.json".to_owned()];
    for sort in ["label-to-taskid", "submission", "task-graph", "to-run"] {
        names.extend((0..3).map(|i| format!("{sort}-{i}.json")));
    }
    names.extend(["task-graph.json".to_owned(), "to-run.json".to_owned()]);
    names.sort_unstable();
    assert_eq!(action.artifacts.keys().cloned().collect::<Vec<_>>(), names);
    let mut seen = BTreeSet::new();
    for i in 0..3 {
        let graph = action.json(&format!("task-graph-{i}.json"));
        let keys: Vec<String> = graph.as_object().unwrap().keys().cloned().collect();
        assert_eq!(
            action.json(&format!("label-to-taskid-{i}.json")),
            json!({"build-a": keys[0]})
        );
        assert_eq!(action.json(&format!("to-run-{i}.json")), json!(["build-a"]));
        seen.extend(keys);
    }
    assert_eq!(seen, ids);
    let graph = action.json("task-graph.json");
    assert_eq!(
        graph
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<BTreeSet<_>>(),
        ids
    );
    // Of several the last is known by its label.
    let last = action.json("label-to-taskid-2.json");
    assert_eq!(action.json("label-to-taskid.json"), last);
    assert_eq!(action.json("to-run.json"), json!(["build-a"]));
}

#[tokio::test]
async fn downstream_includes_created_dependents() {
    let (bench, push) = Bench::with_push().await;
    let input = json!({"downstream": true});
    let action = bench.act(retrigger(&push, "build-a", input)).await.fine();
    let to_run: BTreeSet<String> = serde_json::from_value(action.json("to-run.json")).unwrap();
    // What only later phases create depends on it too, and is not there.
    assert_eq!(to_run, set(["build-a", "sign-a", "test-a"]));
    let new = action.ids();
    assert_eq!(new.keys().cloned().collect::<BTreeSet<_>>(), to_run);
    for label in ["sign-a", "test-a"] {
        let copies = copies(&bench, &push, label);
        assert_eq!(copies.len(), 1, "{label}");
        assert_eq!(copies[0].0, new[label]);
        assert_eq!(
            dependencies(&copies[0].1),
            set([new["build-a"].as_str(), action.task_id.as_str()])
        );
    }
}

#[tokio::test]
async fn disabled_retriggers_need_force() {
    let (bench, push) = Bench::with_push().await;
    let before = bench.everything().len();
    let refused = bench.act(retrigger(&push, "test-a", json!({}))).await;
    assert!(
        refused.error_text().contains("should not be retriggered"),
        "{}",
        refused.error_text()
    );
    assert!(refused.artifacts.is_empty());
    assert_eq!(bench.everything().len(), before + 1, "only the action task");
    let disabled = |input| Trigger {
        callback: "retrigger-disabled",
        ..retrigger(&push, "test-a", input)
    };
    for input in [json!({}), json!({"force": false})] {
        assert!(bench.act(disabled(input)).await.outcome.is_err());
    }
    bench.act(disabled(json!({"force": true}))).await.fine();
    assert_eq!(copies(&bench, &push, "test-a").len(), 1);
}

#[tokio::test]
async fn a_task_outside_the_graph_is_reported() {
    let (bench, push) = Bench::with_push().await;
    let foreign = bench.new_id();
    let definition = bench.definition(&push.task_id, "foreign", "branch:main");
    bench
        .sandbox
        .state()
        .create_task(foreign.as_str(), &definition)
        .unwrap();
    let trigger = |callback, input| Trigger {
        callback,
        group: Some(push.task_id.clone()),
        task: Some(foreign.clone()),
        input,
    };
    let refused = bench.act(trigger("retrigger", json!({}))).await;
    assert!(
        refused.error_text().contains("`foreign`"),
        "{}",
        refused.error_text()
    );
    let forced = bench
        .act(trigger("retrigger-disabled", json!({"force": true})))
        .await;
    assert!(
        forced.error_text().contains("has no task `foreign`"),
        "{}",
        forced.error_text()
    );
    let missing = Trigger {
        task: Some(bench.new_id()),
        ..trigger("retrigger", json!({}))
    };
    assert!(
        bench
            .act(missing)
            .await
            .error_text()
            .contains("cannot read")
    );
    let none = Trigger {
        task: None,
        ..trigger("retrigger", json!({}))
    };
    assert!(
        bench
            .act(none)
            .await
            .error_text()
            .contains("retrigger requires a task")
    );
}

#[tokio::test]
async fn the_input_is_checked_against_the_schema() {
    let (bench, push) = Bench::with_push().await;
    for input in [
        json!({"times": 0}),
        json!({"times": 101}),
        json!({"times": "3"}),
        json!({"downstream": 1}),
        json!([]),
    ] {
        let ran = bench.act(retrigger(&push, "build-a", input.clone())).await;
        assert!(
            ran.error_text()
                .contains("the input of the action retrigger"),
            "{input}: {}",
            ran.error_text()
        );
    }
    assert!(copies(&bench, &push, "build-a").is_empty());
}

#[tokio::test]
async fn a_rerun_of_the_action_creates_nothing_more() {
    let (bench, push) = Bench::with_push().await;
    let input = json!({"times": 2});
    for trigger in [
        retrigger(&push, "build-a", input),
        decision_again(&push, &push.task_id),
    ] {
        let first = bench.act(trigger).await.fine();
        let before = bench.everything();
        // The worker had vanished before it could say that it was done.
        let (artifacts, outcome) = bench.once_more(&first.task_id).await;
        assert_eq!(outcome, Ok(()));
        assert_eq!(artifacts, first.artifacts);
        assert_eq!(bench.everything(), before);
    }
}

fn decision_again(push: &Ran, task: &TaskId) -> Trigger {
    Trigger {
        callback: "retrigger-decision",
        group: Some(push.task_id.clone()),
        task: Some(task.clone()),
        input: Value::Null,
    }
}

#[tokio::test]
async fn a_retriggered_decision_task_has_new_dates() {
    let (bench, push) = Bench::with_push().await;
    let action = bench.act(decision_again(&push, &push.task_id)).await.fine();
    let state = bench.sandbox.state();
    let old = state.task(push.task_id.as_str()).unwrap().definition;
    let new: Vec<_> = state
        .group_tasks(push.task_id.as_str())
        .into_iter()
        .filter(|task| task.label == "Decision Task" && task.task_id != push.task_id.as_str())
        .collect();
    assert_eq!(new.len(), 1);
    let new = &new[0].definition;
    let age = |definition: &Value, field: &str| {
        moment(definition, field).seconds_since(moment(definition, "created"))
    };
    for field in ["deadline", "expires"] {
        assert_eq!(age(new, field), age(&old, field), "{field}");
    }
    assert!(moment(new, "created") >= moment(&old, "created"));
    for field in [
        "metadata",
        "scopes",
        "routes",
        "tags",
        "taskGroupId",
        "payload",
        "schedulerId",
    ] {
        assert_eq!(new[field], old[field], "{field}");
    }
    assert!(action.artifacts.is_empty());
}

#[tokio::test]
async fn a_retriggered_decision_task_needs_its_scopes() {
    let (bench, push) = Bench::with_push().await;
    bench
        .sandbox
        .add_role("repo:github.com/example/ci:action:retrigger-decision", &[]);
    let refused = bench
        .act(decision_again(&push, &push.task_id))
        .await
        .error_text();
    assert!(
        refused.contains("the scope `assume:repo:github.com/example/ci:branch:main` is missing"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_task_that_mixes_environments_is_not_added() {
    let (bench, push) = Bench::with_push().await;
    let before = bench.tasks(&push.task_id).len();
    // The pools of all tasks are those of production now, and the push is of level 1.
    let environments = "pools: {production: ['*']}\n";
    bench
        .project
        .write("taskcluster/environments.yml", environments);
    let wrong = refused(&bench, retrigger(&push, "sign-a", json!({}))).await;
    assert!(wrong.contains("(rule `level-pool`)"), "{wrong}");
    assert!(wrong.contains("sign-a"), "{wrong}");
    assert_eq!(bench.tasks(&push.task_id).len(), before);
}
