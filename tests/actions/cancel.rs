//! The action cancel.

use serde_json::Value;
use snowman::base::name::TaskId;

use crate::bench::Bench;
use crate::ran::{Ran, Trigger};

fn cancel(push: &Ran, task: TaskId) -> Trigger {
    Trigger {
        callback: "cancel",
        group: Some(push.task_id.clone()),
        task: Some(task),
        input: Value::Null,
    }
}

fn state(bench: &Bench, task: &TaskId) -> &'static str {
    let view = bench.sandbox.state().task(task.as_str()).unwrap();
    view.state.name()
}

#[tokio::test]
async fn tasks_that_are_not_resolved_are_cancelled() {
    let (bench, push) = Bench::with_push().await;
    let (pending, unscheduled) = (push.id("build-a"), push.id("sign-a"));
    assert_eq!(state(&bench, &pending), "pending");
    assert_eq!(state(&bench, &unscheduled), "unscheduled");
    for task in [&pending, &unscheduled] {
        let action = bench.act(cancel(&push, task.clone())).await.fine();
        assert_eq!(state(&bench, task), "exception");
        assert!(action.artifacts.is_empty());
        // Once more does no harm.
        bench.act(cancel(&push, task.clone())).await.fine();
    }
}

#[tokio::test]
async fn a_running_task_is_cancelled() {
    let (bench, push) = Bench::with_push().await;
    let task = push.id("build-a");
    bench.sandbox.state().claim(task.as_str()).unwrap();
    bench.act(cancel(&push, task.clone())).await.fine();
    assert_eq!(state(&bench, &task), "exception");
}

#[tokio::test]
async fn a_completed_task_stays_completed() {
    let (bench, push) = Bench::with_push().await;
    bench.work().await;
    let task = push.id("build-a");
    bench.act(cancel(&push, task.clone())).await.fine();
    assert_eq!(state(&bench, &task), "completed");
}

#[tokio::test]
async fn a_task_past_its_deadline_is_let_be() {
    let (bench, push) = Bench::with_push().await;
    let task = push.id("build-a");
    bench.wait(2 * 24 * 60 * 60);
    let before = bench.sandbox.state().task(task.as_str()).unwrap().status;
    bench.act(cancel(&push, task.clone())).await.fine();
    let after = bench.sandbox.state().task(task.as_str()).unwrap().status;
    assert_ne!(after["runs"][0]["reasonResolved"], "canceled");
    assert_eq!(after["deadline"], before["deadline"]);
}

#[tokio::test]
async fn other_refusals_are_told() {
    let (bench, push) = Bench::with_push().await;
    let unknown = bench.act(cancel(&push, bench.new_id())).await;
    assert!(
        unknown.told().contains("was not cancelled"),
        "{}",
        unknown.told()
    );
    let none = Trigger {
        task: None,
        ..cancel(&push, push.task_id.clone())
    };
    assert!(bench.act(none).await.told().contains("cancel needs a task"));
}
