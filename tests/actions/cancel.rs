//! The actions cancel and cancel-all.

use serde_json::Value;
use snowman::base::name::TaskId;

use super::bench::Bench;
use super::ran::{Ran, Trigger};

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
async fn a_task_past_its_deadline_is_ignored() {
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
async fn other_refusals_are_reported() {
    let (bench, push) = Bench::with_push().await;
    let unknown = bench.act(cancel(&push, bench.new_id())).await;
    assert!(
        unknown.error_text().contains("cannot cancel the task"),
        "{}",
        unknown.error_text()
    );
    let none = Trigger {
        task: None,
        ..cancel(&push, push.task_id.clone())
    };
    assert!(
        bench
            .act(none)
            .await
            .error_text()
            .contains("cancel requires a task")
    );
}

fn cancel_all(push: &Ran) -> Trigger {
    Trigger {
        callback: "cancel-all",
        group: Some(push.task_id.clone()),
        task: None,
        input: Value::Null,
    }
}

#[tokio::test]
async fn cancel_all_skips_resolved_tasks_and_the_action_itself() {
    let (bench, push) = Bench::with_push().await;
    let other = bench
        .push(serde_json::json!({"head_rev": "r2"}))
        .await
        .fine();
    let (done, running) = (push.id("build-a"), push.id("sign-a"));
    for task in [&done, &running] {
        bench
            .sandbox
            .state()
            .claim(task.as_str())
            .unwrap_or_default();
    }
    bench
        .sandbox
        .state()
        .report_completed(done.as_str())
        .unwrap();
    let action = bench.act(cancel_all(&push)).await.fine();
    assert!(action.artifacts.is_empty());
    for task in bench.tasks(&push.task_id) {
        let expected = if task.task_id == done.as_str() {
            "completed"
        } else {
            "exception"
        };
        assert_eq!(task.state.name(), expected, "{}", task.label);
    }
    assert_eq!(state(&bench, &action.task_id), "completed");
    assert_eq!(state(&bench, &push.task_id), "completed");
    for task in bench.tasks(&other.task_id) {
        assert_ne!(task.state.name(), "exception", "{}", task.label);
    }
    // Nothing is left to cancel.
    bench.act(cancel_all(&push)).await.fine();
}

#[tokio::test]
async fn an_invalid_group_id_is_reported() {
    let (bench, push) = Bench::with_push().await;
    let (task_id, environment) = {
        let task_id = bench.new_id();
        let definition = bench.definition(&push.task_id, "Action", "action:generic");
        let environment = bench.begin(&task_id, &definition);
        (task_id, environment)
    };
    let inside = super::bench::Inside::new(&bench, &environment).unwrap();
    let request = snowman::actions::request::Request {
        callback: "cancel-all".to_owned(),
        task_group_id: Some(bench.new_id()),
        task_id: None,
        input: Value::Null.into(),
    };
    let message = inside
        .with_parameters(&task_id, request, bench.parameters(serde_json::json!({})))
        .await;
    assert!(
        message.contains("cannot list the tasks of the group"),
        "{message}"
    );
}
