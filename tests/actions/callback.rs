//! How an action task knows what it is called with.

use serde_json::{Value, json};
use snowman::base::name::TaskId;
use snowman::ports::environment::Environment;

use super::bench::Bench;
use super::ran::{Ran, Trigger};

/// Begins an action task whose definition says nothing.
fn silent(bench: &Bench, push: &Ran, permission: &str) -> (TaskId, Environment) {
    let task_id = bench.new_id();
    let scope = format!("action:{permission}");
    let definition = bench.definition(&push.task_id, "Action", &scope);
    let environment = bench.begin(&task_id, &definition);
    (task_id, environment)
}

#[tokio::test]
async fn the_environment_and_the_task_give_the_same_request() {
    let (bench, push) = Bench::with_push().await;
    let input = json!({"times": 2});
    let by_task = bench
        .act(Trigger {
            callback: "retrigger",
            group: Some(push.task_id.clone()),
            task: Some(push.id("build-a")),
            input: input.clone(),
        })
        .await
        .fine();
    let (task_id, environment) = silent(&bench, &push, "generic");
    let environment = environment
        .with("ACTION_CALLBACK", "retrigger")
        .with("ACTION_TASK_GROUP_ID", push.task_id.as_str())
        .with(
            "ACTION_TASK_ID",
            &json!(push.id("build-a").as_str()).to_string(),
        )
        .with("ACTION_INPUT", &input.to_string());
    let by_environment = bench.call_back(&task_id, &environment).await.fine();
    assert_eq!(
        by_task.artifacts.keys().collect::<Vec<_>>(),
        by_environment.artifacts.keys().collect::<Vec<_>>()
    );
    // Only the ids and the parent differ, since they follow from the action task.
    let neutral = |ran: &Ran| -> Vec<Value> {
        let graph = ran.json("task-graph.json");
        let ids: Vec<String> = graph.as_object().unwrap().keys().cloned().collect();
        let mut text = graph.to_string().replace(ran.task_id.as_str(), "OWN");
        for id in &ids {
            text = text.replace(id.as_str(), "NEW");
        }
        let graph: Value = serde_json::from_str(&format!("[{text}]")).unwrap();
        graph.as_array().unwrap().clone()
    };
    assert_eq!(neutral(&by_task), neutral(&by_environment));
}

#[tokio::test]
async fn the_environment_takes_precedence() {
    let (bench, push) = Bench::with_push().await;
    let task_id = bench.new_id();
    let mut definition = bench.definition(&push.task_id, "Action", "action:generic");
    definition["extra"]["action"] = json!({
        "cb_name": "cancel",
        "context": {"taskGroupId": push.task_id.as_str(), "taskId": push.id("build-a").as_str(), "input": null},
    });
    let environment = bench
        .begin(&task_id, &definition)
        .with("ACTION_CALLBACK", "cancel")
        .with("ACTION_TASK_GROUP_ID", push.task_id.as_str())
        .with(
            "ACTION_TASK_ID",
            &json!(push.id("test-a").as_str()).to_string(),
        )
        .with("ACTION_INPUT", "null");
    bench.call_back(&task_id, &environment).await.fine();
    let state = |label: &str| {
        let task = bench.sandbox.state().task(push.id(label).as_str()).unwrap();
        task.state.name()
    };
    assert_eq!(
        (state("build-a"), state("test-a")),
        ("pending", "exception")
    );
}

#[tokio::test]
async fn a_task_without_an_action_is_reported() {
    let (bench, push) = Bench::with_push().await;
    let (task_id, environment) = silent(&bench, &push, "generic");
    let error = bench.call_back(&task_id, &environment).await.error_text();
    assert!(error.contains("is not an action task"), "{error}");
    assert!(error.contains("ACTION_CALLBACK is not set"), "{error}");
}

#[tokio::test]
async fn every_malformed_variable_is_reported() {
    let (bench, push) = Bench::with_push().await;
    let (task_id, environment) = silent(&bench, &push, "generic");
    let environment = environment
        .with("ACTION_CALLBACK", "cancel")
        .with("ACTION_TASK_GROUP_ID", "no id!")
        .with("ACTION_TASK_ID", "bare")
        .with("ACTION_INPUT", "{");
    let error = bench.call_back(&task_id, &environment).await.error_text();
    for part in [
        "ACTION_TASK_ID is not valid JSON",
        "ACTION_INPUT is not valid JSON",
        "ACTION_TASK_GROUP_ID",
    ] {
        assert!(error.contains(part), "{part} is not in {error}");
    }
}

#[tokio::test]
async fn an_action_needs_its_own_scope_literally() {
    let (bench, push) = Bench::with_push().await;
    let call = |permission: &str| {
        let (task_id, environment) = silent(&bench, &push, permission);
        let environment = environment
            .with("ACTION_CALLBACK", "cancel")
            .with("ACTION_TASK_GROUP_ID", push.task_id.as_str())
            .with(
                "ACTION_TASK_ID",
                &json!(push.id("test-a").as_str()).to_string(),
            );
        (task_id, environment)
    };
    let (task_id, environment) = call("release-promotion");
    let error = bench.call_back(&task_id, &environment).await.error_text();
    assert!(
        error.contains("neither the scope `assume:repo:github.com/example/ci:action:generic`"),
        "{error}"
    );
    // A scope that covers it is not enough.
    let (task_id, environment) = call("*");
    assert!(
        bench
            .call_back(&task_id, &environment)
            .await
            .outcome
            .is_err()
    );
    let (task_id, environment) = call("generic");
    bench.call_back(&task_id, &environment).await.fine();
}

#[tokio::test]
async fn pull_requests_have_a_scope_of_their_own() {
    let (bench, push) = Bench::with_push().await;
    let task_id = bench.new_id();
    let definition = bench.definition(&push.task_id, "Action", "pr-action:generic");
    let environment = bench
        .begin(&task_id, &definition)
        .with("ACTION_CALLBACK", "cancel")
        .with("ACTION_TASK_GROUP_ID", push.task_id.as_str())
        .with(
            "ACTION_TASK_ID",
            &json!(push.id("test-a").as_str()).to_string(),
        );
    bench.call_back(&task_id, &environment).await.fine();
}

#[tokio::test]
async fn unknown_actions_are_reported_with_a_suggestion() {
    let (bench, push) = Bench::with_push().await;
    let trigger = Trigger {
        callback: "retriger",
        group: Some(push.task_id.clone()),
        ..Trigger::default()
    };
    let error = bench.act(trigger).await.error_text();
    assert!(error.contains("unknown action `retriger`"), "{error}");
    assert!(error.contains("did you mean `retrigger`?"), "{error}");
}

#[tokio::test]
async fn projects_without_releases_have_no_promotion() {
    let (bench, push) = Bench::with_push().await;
    let config = "trust-domain: snow\ntask-priority: low\nworkers: {aliases: {}}\n\
                  taskgraph: {repositories: {ci: {name: ci}}}\n";
    bench.project.write("taskcluster/config.yml", config);
    let trigger = Trigger {
        callback: "release-promotion",
        group: Some(push.task_id.clone()),
        input: json!({"release_promotion_flavor": "promote_fox", "build_number": 1}),
        ..Trigger::default()
    };
    let error = bench.act(trigger).await.error_text();
    assert!(
        error.contains("unknown action `release-promotion`"),
        "{error}"
    );
}
