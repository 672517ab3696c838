//! Calls that fail: retries, conflicts and limits of time.

use std::collections::BTreeSet;
use std::time::Duration;

use snowman::base::diagnostic::Class;
use snowman::base::pause::RetryPolicy;
use snowman::base::value::json;
use snowman::submit::report::SkipReason;
use snowman::submit::{Sleeper, SubmitLimits};

use super::{Queue, Time, id, labels, planned, run, run_in, task};

#[tokio::test]
async fn transient_failures_are_retried_with_the_same_body() {
    let queue = Queue::default()
        .with_failures("a", 2, Some(500))
        .with_failures("b", 1, None);
    let plan = planned([task("a", &[]), task("b", &["a"])]);
    let time = Time::default();
    let (report, events) = run_in(&plan, &queue, &SubmitLimits::default(), &time).await;
    assert_eq!(report.problems.to_string(), "");
    assert_eq!(
        events,
        [
            "retried a 1",
            "retried a 2",
            "created a",
            "retried b 1",
            "created b"
        ]
    );
    let bodies = queue.bodies.lock().unwrap();
    assert_eq!(bodies[0], bodies[1]);
    assert_eq!(bodies[1], bodies[2]);
    let pauses = time.1.lock().unwrap();
    let retry = SubmitLimits::default().retry;
    let expected = [("a", 1), ("a", 2), ("b", 1)];
    let expected =
        expected.map(|(id, attempts)| retry.pause(id, attempts, Duration::ZERO).unwrap());
    assert_eq!(*pauses, expected);
}

#[tokio::test]
async fn old_bodies_are_replaced() {
    // The queue has accepted the first body although its response was an error.
    let plan = planned([task("a", &[])]);
    let mut other_definition = plan.creations()[0].definition.clone();
    other_definition["created"] = json!("1970-01-01T00:00:00.000Z");
    other_definition["deadline"] = json!("1970-01-02T00:00:00.000Z");
    let queue = Queue::default()
        .with_failures("a", 1, Some(503))
        .with_task("a", other_definition.clone());
    let limits = SubmitLimits {
        retry: RetryPolicy {
            first_pause: Duration::from_secs(100_000),
            longest_pause: Duration::from_secs(100_000),
            budget: Duration::from_secs(200_000),
        },
        ..SubmitLimits::default()
    };
    let (_, events) = run(&plan, &queue, &limits).await;
    assert_eq!(events, ["retried a 1", "kept a"]);
    assert_eq!(queue.tasks.lock().unwrap()[&id("a")], other_definition);
    let bodies = queue.bodies.lock().unwrap();
    assert_ne!(bodies[0].1["created"], bodies[1].1["created"]);
}

#[tokio::test]
async fn permanent_failures_skip_dependents() {
    //  d -> c -> a (fails), e -> b, f -> a and b
    let queue = Queue::default()
        .with_failures("a", 9, Some(403))
        .with_failures("g", 9, Some(401));
    let plan = planned([
        task("a", &[]),
        task("b", &[]),
        task("c", &["a"]),
        task("d", &["c"]),
        task("e", &["b"]),
        task("f", &["a", "b"]),
        task("g", &[]),
    ]);
    let (report, _) = run(&plan, &queue, &SubmitLimits::default()).await;
    assert_eq!(labels(&report), BTreeSet::from(["b", "e"]));
    let skipped: Vec<_> = report.skipped.iter().map(ToString::to_string).collect();
    assert_eq!(
        skipped,
        [
            "`c` depends on `a`",
            "`d` depends on `a`",
            "`f` depends on `a`"
        ]
    );
    assert_eq!(queue.sent().iter().filter(|id| *id == "a").count(), 1);
    let message = report.problems.to_string();
    assert_eq!(report.problems.len(), 3);
    assert!(message.contains("kind `test`, task `a`: the task could not be created"));
    assert!(message.contains("cause: HTTP 403: no"));
    assert!(message.contains("grant the missing scopes"));
    assert!(message.contains("clock of this machine"));
    assert!(message.contains("3 more tasks were not created"));
    assert!(report.outcome().is_err());
}

#[tokio::test]
async fn retries_are_limited_by_time() {
    // The budget allows far more than eight attempts.
    let limits = SubmitLimits {
        retry: RetryPolicy {
            longest_pause: Duration::from_secs(4),
            ..SubmitLimits::default().retry
        },
        ..SubmitLimits::default()
    };
    let queue = Queue::default().with_failures("a", 40, Some(500));
    let (report, _) = run(&planned([task("a", &[])]), &queue, &limits).await;
    assert_eq!(report.problems.to_string(), "");
    let queue = Queue::default().with_failures("a", u32::MAX, Some(500));
    let time = Time::default();
    let (report, events) = run_in(&planned([task("a", &[])]), &queue, &limits, &time).await;
    assert_eq!(events.last().map(String::as_str), Some("failed a"));
    assert!(time.elapsed() >= limits.retry.budget);
    assert!(report.problems.to_string().contains("rerun this task"));
}

#[tokio::test]
async fn nothing_more_is_sent_after_the_time_limit() {
    let all: Vec<String> = (0..500).map(|n| format!("t{n:03}")).collect();
    let mut queue = Queue::default();
    for name in &all[10..] {
        queue = queue.with_failures(name, u32::MAX, Some(500));
    }
    let plan = planned(all.iter().map(|name| task(name, &[])));
    let limits = SubmitLimits {
        in_flight: 10,
        ..SubmitLimits::default()
    };
    let (report, _) = run(&plan, &queue, &limits).await;
    assert_eq!(report.created.len(), 10);
    let unsent = report.skipped.iter();
    assert!(
        unsent
            .clone()
            .all(|task| task.reason == SkipReason::OutOfTime)
    );
    assert!(unsent.count() > 400);
    let ends = report.created.len() + report.skipped.len() + report.problems.len() - 1;
    assert_eq!(ends, 500);
}

#[tokio::test]
async fn a_recent_task_of_another_run_is_created_again() {
    let plan = planned([task("a", &[]), task("b", &[])]);
    let existing = |index: usize, created: &str| {
        let mut definition = plan.creations()[index].definition.clone();
        definition["created"] = json!(created);
        definition["deadline"] = json!(created.replace("1970-01-01", "1970-01-02"));
        definition
    };
    let queue = Queue::default()
        .with_task("a", existing(0, "1970-01-01T00:05:00.000Z"))
        .with_task("b", existing(1, "1970-01-01T00:30:00.000Z"));
    let (report, mut events) = run(&plan, &queue, &SubmitLimits::default()).await;
    assert_eq!(report.problems.to_string(), "");
    events.sort_unstable();
    assert_eq!(events, ["kept a", "kept b"]);
    // The queue no longer accepts the call that created `b`.
    let mut sent = queue.sent();
    sent.sort_unstable();
    assert_eq!(sent, ["a", "a", "b"]);
    let bodies = queue.bodies.lock().unwrap();
    let last = bodies.iter().rfind(|(task_id, _)| *task_id == id("a"));
    assert_eq!(last.unwrap().1["created"], "1970-01-01T00:05:00.000Z");
}

#[tokio::test]
async fn a_clock_that_the_queue_rejects_is_an_environment_error() {
    for message in [
        "`created` cannot be in the future (max 15min drift)",
        "created cannot be in the past (max 15min drift)",
    ] {
        let plan = planned([task("a", &[])]);
        let queue = Queue::default().with_error("a", message);
        let (report, _) = run(&plan, &queue, &SubmitLimits::default()).await;
        let wrong = report.outcome().unwrap_err();
        assert_eq!(wrong.problems().class(), Class::Environment);
        let text = wrong.to_string();
        assert!(text.contains(message), "{text}");
        assert!(text.contains("set the clock of this worker"), "{text}");
    }
}

#[tokio::test]
async fn an_existing_task_is_kept_only_if_it_is_equal() {
    let plan = planned([task("a", &[]), task("b", &[])]);
    let existing = |index: usize| {
        let mut definition = plan.creations()[index].definition.clone();
        definition["created"] = json!("2024-01-01T00:00:00.000Z");
        definition["deadline"] = json!("2024-01-02T00:00:00.000Z");
        definition["priority"] = json!("lowest");
        definition
    };
    let mut other = existing(1);
    other["payload"]["name"] = json!("evil");
    let queue = Queue::default()
        .with_task("a", existing(0))
        .with_task("b", other);
    let (report, mut events) = run(&plan, &queue, &SubmitLimits::default()).await;
    events.sort_unstable();
    assert_eq!(events, ["failed b", "kept a"]);
    assert!(report.created[0].kept);
    let message = report.problems.to_string();
    assert!(message.contains("the taskId b belongs to a different task"));
    assert!(
        message.contains(r#"`payload.name` should be "b", but is "evil""#),
        "{message}"
    );
}

#[tokio::test]
async fn a_conflict_without_a_task_means_a_closed_group() {
    let queue = Queue::default().with_failures("a", 1, Some(409));
    let (report, _) = run(&planned([task("a", &[])]), &queue, &SubmitLimits::default()).await;
    let message = report.problems.to_string();
    assert!(
        message.contains("HTTP 409") && message.contains("sealed"),
        "{message}"
    );
}
