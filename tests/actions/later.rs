//! What later actions see of earlier ones.

use serde_json::{Value, json};

use super::bench::Bench;
use super::ran::{Ran, Trigger};

fn retrigger(push: &Ran, label: &str) -> Trigger {
    Trigger {
        callback: "retrigger-disabled",
        group: Some(push.task_id.clone()),
        task: Some(push.id(label)),
        input: json!({"force": true}),
    }
}

/// Runs an action that a route leads to.
async fn indexed(bench: &Bench, namespace: &str, trigger: Trigger) -> Ran {
    // They are ordered by creation time.
    bench.wait(1);
    let task_id = bench.new_id();
    let route = format!("index.snow.v2.ci.{namespace}.{task_id}");
    bench.act_as(&task_id, &[&route], trigger).await.fine()
}

/// What a retriggered `test-a` takes for its build.
async fn build_of_test(bench: &Bench, push: &Ran) -> Value {
    bench.wait(1);
    let action = bench.act(retrigger(push, "test-a")).await.fine();
    action.json("label-to-taskid.json")["build-a"].clone()
}

#[tokio::test]
async fn actions_of_the_revision_are_found_and_the_last_one_wins() {
    let (bench, push) = Bench::with_push().await;
    assert_eq!(build_of_test(&bench, &push).await, push.ids()["build-a"]);
    let first = indexed(&bench, "revision.r1.actions", retrigger(&push, "build-a")).await;
    assert_eq!(build_of_test(&bench, &push).await, first.ids()["build-a"]);
    let second = indexed(&bench, "revision.r1.actions", retrigger(&push, "build-a")).await;
    assert_ne!(first.ids(), second.ids());
    assert_eq!(build_of_test(&bench, &push).await, second.ids()["build-a"]);
    // Those that are not indexed are not found, nor are those of another revision.
    bench.act(retrigger(&push, "build-a")).await.fine();
    indexed(&bench, "revision.r2.actions", retrigger(&push, "build-a")).await;
    assert_eq!(build_of_test(&bench, &push).await, second.ids()["build-a"]);
}

#[tokio::test]
async fn actions_of_the_pushlog_are_found_too() {
    let (bench, push) = Bench::with_push().await;
    let first = indexed(&bench, "pushlog-id.0.actions", retrigger(&push, "build-a")).await;
    assert_eq!(build_of_test(&bench, &push).await, first.ids()["build-a"]);
    // An action that is in both places counts once, and by its own time.
    let second = indexed(&bench, "revision.r1.actions", retrigger(&push, "build-a")).await;
    assert_eq!(build_of_test(&bench, &push).await, second.ids()["build-a"]);
}

#[tokio::test]
async fn actions_and_cron_tasks_count_in_order_of_creation() {
    let (bench, push) = Bench::with_push().await;
    let cron = indexed(&bench, "revision.r1.cron", retrigger(&push, "build-a")).await;
    assert_eq!(build_of_test(&bench, &push).await, cron.ids()["build-a"]);
    let action = indexed(&bench, "revision.r1.actions", retrigger(&push, "build-a")).await;
    assert_eq!(build_of_test(&bench, &push).await, action.ids()["build-a"]);
    let cron = indexed(&bench, "revision.r1.cron", retrigger(&push, "build-a")).await;
    assert_eq!(build_of_test(&bench, &push).await, cron.ids()["build-a"]);
}

#[tokio::test]
async fn later_tasks_are_not_seen_by_a_rerun() {
    let (bench, push) = Bench::with_push().await;
    let first = indexed(&bench, "revision.r1.actions", retrigger(&push, "test-a")).await;
    indexed(&bench, "revision.r1.actions", retrigger(&push, "build-a")).await;
    let before = bench.everything();
    let (artifacts, outcome) = bench.once_more(&first.task_id).await;
    assert_eq!(outcome, Ok(()));
    assert_eq!(artifacts, first.artifacts);
    assert_eq!(bench.everything(), before);
}

#[tokio::test]
async fn actions_that_created_nothing_are_ignored() {
    let (bench, push) = Bench::with_push().await;
    let cancel = Trigger {
        callback: "cancel",
        task: Some(push.id("test-a")),
        input: Value::Null,
        group: Some(push.task_id.clone()),
    };
    let cancel = indexed(&bench, "revision.r1.actions", cancel).await;
    assert!(cancel.artifacts.is_empty());
    assert_eq!(build_of_test(&bench, &push).await, push.ids()["build-a"]);
}

#[tokio::test]
async fn the_decision_task_is_found_by_revision_or_else_by_group() {
    let bench = Bench::new(super::project::Project::release()).await;
    let main = bench.push(json!({})).await.fine();
    // The graph of a later decision for the same revision takes its place in the index.
    let again = bench.push(json!({})).await.fine();
    let action = bench.act(retrigger(&main, "test-a")).await.fine();
    assert_eq!(
        action.json("label-to-taskid.json")["build-a"],
        again.ids()["build-a"]
    );
    assert!(
        bench
            .labels(&again.task_id)
            .iter()
            .filter(|l| *l == "test-a")
            .count()
            == 2
    );
    // A pull request is in no index: there the group says it.
    let request = bench
        .push(json!({"head_rev": "r7", "project": "fork"}))
        .await
        .fine();
    let action = bench.act(retrigger(&request, "test-a")).await.fine();
    assert_eq!(
        action.json("label-to-taskid.json")["build-a"],
        request.ids()["build-a"]
    );
}

#[tokio::test]
async fn the_pushlog_id_finds_the_decision_in_mercurial() {
    let bench = Bench::new(super::project::Project::release()).await;
    let hg = json!({"repository_type": "hg", "pushlog_id": "12"});
    let push = bench.push(hg.clone()).await.fine();
    let other = bench.push(hg).await.fine();
    let expires = chrono::Utc::now() + chrono::Duration::days(1);
    let path = "snow.v2.ci.pushlog-id.12.decision";
    bench
        .sandbox
        .state()
        .insert_index(path, other.task_id.as_str(), 0.0, expires)
        .unwrap();
    let action = bench.act(retrigger(&push, "test-a")).await.fine();
    assert_eq!(
        action.json("label-to-taskid.json")["build-a"],
        other.ids()["build-a"]
    );
}
