//! The actions that projects have when they ask for them: create-interactive, backfill, purge-caches.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::bench::Bench;
use super::project::Project;
use super::ran::{Ran, Trigger};

fn on(push: &Ran, callback: &'static str, label: &str, input: Value) -> Trigger {
    Trigger {
        callback,
        group: Some(push.task_id.clone()),
        task: Some(push.id(label)),
        input,
    }
}

async fn machines() -> (Bench, Ran) {
    let bench = Bench::new(Project::with_machines()).await;
    let push = bench.push(json!({})).await.fine();
    (bench, push)
}

/// The definition of the one task that an action has created, and what its task graph says of it.
fn created_task(bench: &Bench, action: &Ran) -> (String, Value) {
    let graph = action.json("task-graph.json");
    let ids: Vec<&String> = graph.as_object().unwrap().keys().collect();
    assert_eq!(ids.len(), 1);
    let task = bench.sandbox.state().task(ids[0]).unwrap();
    assert_eq!(task.definition["extra"]["parent"], action.task_id.as_str());
    assert_eq!(graph[ids[0]]["task"]["payload"], task.definition["payload"]);
    (ids[0].clone(), task.definition)
}

#[tokio::test]
async fn an_interactive_task_loses_scopes_caches_and_artifacts() {
    let (bench, push) = machines().await;
    let input = json!({"notify": "dev@example.com"});
    let action = bench
        .act(on(&push, "create-interactive", "shell-linux", input))
        .await
        .fine();
    let (id, task) = created_task(&bench, &action);
    assert_eq!(task["scopes"], json!(["queue:get-artifact:private/*"]));
    assert_eq!(
        task["routes"],
        json!(["notify.email.dev@example.com.on-running"])
    );
    let link = &task["extra"]["notify"]["email"]["link"]["href"];
    assert_eq!(link, &format!("{}/tasks/{id}", bench.sandbox.root_url()));
    assert_eq!(task["retries"], 0);
    let payload = &task["payload"];
    assert_eq!(payload["maxRunTime"], 3 * 60 * 60);
    assert_eq!(payload["artifacts"], json!({}));
    assert_eq!(payload.get("cache"), None);
    assert_eq!(payload["features"]["interactive"], true);
    assert_eq!(payload["features"].get("chainOfTrust"), None);
    assert_eq!(payload["env"]["TASKCLUSTER_INTERACTIVE"], "true");
    assert_eq!(payload["env"]["A"], "b");
    assert_eq!(payload["env"].get("TASKCLUSTER_CACHES"), None);
    assert_eq!(payload["command"], json!(["sh"]));
    let age =
        super::ran::moment(&task, "deadline").seconds_since(super::ran::moment(&task, "created"));
    assert_eq!(age, 12 * 60 * 60);
    // It waits for what the original waited for, and does not take its place.
    let waits: BTreeSet<String> = serde_json::from_value(task["dependencies"].clone()).unwrap();
    assert!(waits.contains(&push.ids()["build-a"]));
    assert_eq!(action.json("label-to-taskid.json"), json!({}));
    // The original in the push is as it was.
    let original = bench
        .sandbox
        .state()
        .task(&push.ids()["shell-linux"])
        .unwrap()
        .definition;
    assert!(original["payload"].get("cache").is_some());
}

#[tokio::test]
async fn generic_worker_tasks_can_be_interactive() {
    let (bench, push) = machines().await;
    let action = bench
        .act(on(&push, "create-interactive", "shell-win", json!({})))
        .await
        .fine();
    let (_, task) = created_task(&bench, &action);
    let payload = &task["payload"];
    assert_eq!(payload["artifacts"], json!([]));
    assert_eq!(payload["mounts"].as_array().unwrap().len(), 1);
    assert_eq!(payload["maxRunTime"], 20_000);
    assert_eq!(task["routes"], json!([]));
}

#[tokio::test]
async fn a_worker_without_interactive_tasks_is_reported() {
    let (bench, push) = machines().await;
    let error = bench
        .act(on(&push, "create-interactive", "build-a", json!({})))
        .await
        .error_text();
    assert!(
        error.contains("its worker does not support interactive tasks"),
        "{error}"
    );
    let input = json!({"notify": 5});
    let error = bench
        .act(on(&push, "create-interactive", "shell-win", input))
        .await
        .error_text();
    assert!(error.contains("`notify`"), "{error}");
}

#[tokio::test]
async fn caches_are_purged_on_all_workers_of_the_pool() {
    let (bench, push) = machines().await;
    let state = bench.sandbox.state();
    for (label, pool) in [("shell-linux", "snow/linux"), ("shell-win", "snow/windows")] {
        assert!(state.purged_caches(pool).is_empty());
        bench
            .act(on(&push, "purge-caches", label, Value::Null))
            .await
            .fine();
        assert_eq!(state.purged_caches(pool).len(), 1, "{label}");
    }
    assert!(state.purged_caches("snow/linux")[0].contains("snow-cache"));
    assert!(state.purged_caches("snow/windows")[0].contains("win-cache"));
    bench
        .act(on(&push, "purge-caches", "build-a", Value::Null))
        .await
        .fine();
}

#[tokio::test]
async fn purging_needs_a_scope() {
    let (bench, push) = machines().await;
    bench
        .sandbox
        .add_role("repo:github.com/example/ci:*", &["queue:*", "index:*"]);
    let error = bench
        .act(on(&push, "purge-caches", "shell-linux", Value::Null))
        .await
        .error_text();
    assert!(error.contains("cannot purge the cache"), "{error}");
    assert!(error.contains("purge-cache:snow/linux:"), "{error}");
    assert!(bench.sandbox.state().purged_caches("snow/linux").is_empty());
}

#[tokio::test]
async fn a_task_is_created_on_earlier_pushes() {
    let bench = Bench::new(Project::with_machines()).await;
    let mut pushes = Vec::new();
    for i in 1..=4 {
        let over = json!({
            "head_rev": format!("r{i}"), "base_rev": format!("r{}", i - 1),
            // The second push has the task already.
            "target_tasks_method": if i == 2 || i == 4 { "default" } else { "codereview" },
        });
        pushes.push(bench.push(over).await.fine());
    }
    let last = &pushes[3];
    assert!(!pushes[0].ids().contains_key("test-a"));
    let action = bench
        .act(on(last, "backfill", "test-a", json!({})))
        .await
        .fine();
    let graph = action.json("task-graph.json");
    for (i, push) in pushes.iter().enumerate() {
        let own = |task: &&snowman::sandbox::TaskView| {
            task.definition["extra"]["parent"] == action.task_id.as_str()
        };
        let tasks = bench.tasks(&push.task_id);
        let labels: Vec<&str> = tasks
            .iter()
            .filter(own)
            .map(|task| task.label.as_str())
            .collect();
        // What it needs is created with it.
        let expected: &[&str] = if i == 0 || i == 2 {
            &["build-a", "test-a"]
        } else {
            &[]
        };
        assert_eq!(labels, expected, "push {i}");
        for task in tasks.iter().filter(own) {
            assert_eq!(graph[&task.task_id]["label"], task.label);
            assert_eq!(task.definition["taskGroupId"], push.task_id.as_str());
        }
    }
    assert_eq!(graph.as_object().unwrap().len(), 4);
    let label_to_taskid = action.json("label-to-taskid-r3-0.json");
    assert!(
        bench
            .labels(&pushes[2].task_id)
            .contains(&"test-a".to_owned())
    );
    assert!(
        graph
            .get(label_to_taskid["test-a"].as_str().unwrap())
            .is_some()
    );
    // Later actions on this push must not take tasks of other pushes.
    assert_eq!(action.json("label-to-taskid.json"), json!({}));
}

#[tokio::test]
async fn depth_times_and_inclusive_are_honoured() {
    let bench = Bench::new(Project::with_machines()).await;
    let mut pushes = Vec::new();
    for i in 1..=3 {
        let over = json!({
            "head_rev": format!("r{i}"), "base_rev": format!("r{}", i - 1),
            "target_tasks_method": if i == 3 { "default" } else { "codereview" },
        });
        pushes.push(bench.push(over).await.fine());
    }
    let input = json!({"depth": 1, "times": 2, "inclusive": true});
    let action = bench
        .act(on(&pushes[2], "backfill", "build-a", input))
        .await
        .fine();
    let counts: Vec<usize> = pushes
        .iter()
        .map(|push| {
            let tasks = bench.tasks(&push.task_id);
            let own = tasks
                .iter()
                .filter(|task| task.definition["extra"]["parent"] == action.task_id.as_str());
            own.count()
        })
        .collect();
    assert_eq!(counts, [0, 2, 2]);
    assert_eq!(
        action.json("label-to-taskid.json"),
        action.json("label-to-taskid-r3-1.json")
    );
    let error = bench
        .act(on(&pushes[2], "backfill", "build-a", json!({"depth": 26})))
        .await
        .error_text();
    assert!(error.contains("`depth`"), "{error}");
}

#[tokio::test]
async fn mercurial_pushes_are_found_by_number() {
    let bench = Bench::new(Project::with_machines()).await;
    let mut pushes = Vec::new();
    for i in 6..=8 {
        let over = json!({
            "head_rev": format!("r{i}"), "repository_type": "hg", "pushlog_id": i.to_string(),
            "target_tasks_method": if i == 8 { "default" } else { "codereview" },
        });
        let push = bench.push(over).await.fine();
        let expires = chrono::Utc::now() + chrono::Duration::days(1);
        let path = format!("snow.v2.ci.pushlog-id.{i}.decision");
        bench
            .sandbox
            .state()
            .insert_index(&path, push.task_id.as_str(), 0.0, expires)
            .unwrap();
        pushes.push(push);
    }
    let action = bench
        .act(on(&pushes[2], "backfill", "build-a", json!({})))
        .await
        .fine();
    assert_eq!(action.json("task-graph.json").as_object().unwrap().len(), 2);
    for push in &pushes {
        assert_eq!(
            bench
                .labels(&push.task_id)
                .iter()
                .filter(|l| *l == "build-a")
                .count(),
            1
        );
    }
}

#[tokio::test]
async fn on_demand_actions_must_be_named() {
    let (bench, push) = Bench::with_push().await;
    for callback in ["create-interactive", "backfill", "purge-caches"] {
        let error = bench
            .act(on(&push, callback, "build-a", Value::Null))
            .await
            .error_text();
        assert!(error.contains("add it to `snowman.actions`"), "{error}");
    }
    let offered = push.json("actions.json").to_string();
    assert!(!offered.contains("create-interactive"));
}
