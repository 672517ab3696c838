//! The action rerun.

use serde_json::{Value, json};
use snowman::base::name::TaskId;

use super::bench::Bench;
use super::ran::{Ran, Trigger};

fn rerun(push: &Ran, task: &TaskId) -> Trigger {
    Trigger {
        callback: "rerun",
        group: Some(push.task_id.clone()),
        task: Some(task.clone()),
        input: json!({}),
    }
}

fn runs(bench: &Bench, task: &TaskId) -> (String, usize) {
    let view = bench.sandbox.state().task(task.as_str()).unwrap();
    let runs = view.status["runs"].as_array().unwrap().len();
    (view.state.name().to_owned(), runs)
}

fn fail(bench: &Bench, task: &TaskId) {
    let state = bench.sandbox.state();
    state.claim(task.as_str()).unwrap();
    state.report_failed(task.as_str()).unwrap();
}

#[tokio::test]
async fn a_failed_task_gets_another_run() {
    let (bench, push) = Bench::with_push().await;
    let task = push.id("build-a");
    fail(&bench, &task);
    assert_eq!(runs(&bench, &task), ("failed".to_owned(), 1));
    let before = bench.tasks(&push.task_id).len();
    let action = bench.act(rerun(&push, &task)).await.fine();
    assert_eq!(runs(&bench, &task), ("pending".to_owned(), 2));
    assert_eq!(bench.tasks(&push.task_id).len(), before);
    assert!(action.artifacts.is_empty());
}

#[tokio::test]
async fn a_cancelled_task_gets_another_run() {
    let (bench, push) = Bench::with_push().await;
    let task = push.id("build-a");
    let cancel = Trigger {
        callback: "cancel",
        input: Value::Null,
        ..rerun(&push, &task)
    };
    bench.act(cancel).await.fine();
    bench.act(rerun(&push, &task)).await.fine();
    assert_eq!(runs(&bench, &task), ("pending".to_owned(), 2));
}

#[tokio::test]
async fn tasks_that_did_not_fail_are_not_rerun() {
    let (bench, push) = Bench::with_push().await;
    let (build, sign) = (push.id("build-a"), push.id("sign-a"));
    for task in [&build, &sign] {
        let before = runs(&bench, task);
        bench.act(rerun(&push, task)).await.fine();
        assert_eq!(runs(&bench, task), before);
    }
    bench.work().await;
    bench.act(rerun(&push, &build)).await.fine();
    assert_eq!(runs(&bench, &build), ("completed".to_owned(), 1));
}

#[tokio::test]
async fn an_earlier_copy_can_be_rerun() {
    let (bench, push) = Bench::with_push().await;
    let again = Trigger {
        callback: "retrigger",
        input: json!({"times": 2}),
        ..rerun(&push, &push.id("build-a"))
    };
    let again = bench.act(again).await.fine();
    let first = TaskId::parse(
        again.json("label-to-taskid-0.json")["build-a"]
            .as_str()
            .unwrap(),
    );
    let first = first.unwrap();
    // It waits for the action and for the decision, which are done.
    fail(&bench, &first);
    bench.act(rerun(&push, &first)).await.fine();
    assert_eq!(runs(&bench, &first), ("pending".to_owned(), 2));
}

#[tokio::test]
async fn a_task_of_another_push_is_not_rerun() {
    let (bench, push) = Bench::with_push().await;
    let other = bench.push(json!({"head_rev": "r2"})).await.fine();
    let foreign = other.id("build-a");
    fail(&bench, &foreign);
    let error = bench.act(rerun(&push, &foreign)).await.error_text();
    assert!(error.contains("does not belong to the graph of"), "{error}");
    assert_eq!(runs(&bench, &foreign), ("failed".to_owned(), 1));
    let error = bench.act(rerun(&push, &bench.new_id())).await.error_text();
    assert!(error.contains("cannot read"), "{error}");
    let none = Trigger {
        task: None,
        ..rerun(&push, &foreign)
    };
    let error = bench.act(none).await.error_text();
    assert!(error.contains("rerun requires a task"), "{error}");
}
