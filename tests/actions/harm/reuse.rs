//! Tasks of previous graphs that cannot be reused.

use serde_json::json;

use super::super::bench::Bench;
use super::super::project::Project;
use super::super::ran::Ran;
use super::super::releases::{assert_contains_all, on, promotion_trigger, refused};
use super::{plan, pushed, with};

/// Has a worker claim a task of a graph and fail it.
pub(super) fn fail(bench: &Bench, task_id: &str) {
    let state = bench.sandbox.state();
    state.claim(task_id).unwrap();
    state.report_failed(task_id).unwrap();
}

#[tokio::test]
async fn failed_tasks_are_not_reused() {
    let (bench, push) = pushed().await;
    let promote = promotion_trigger(&push, "promote_fox", on(&[&push]));
    let promote = bench.act(promote).await.fine();
    // No task of the phase `push` depends on it, but the flavor still targets it.
    fail(&bench, &promote.ids()["partials-a"]);
    let previous = on(&[&push, &promote]);
    let error = refused(
        &bench,
        promotion_trigger(&push, "push_fox", previous.clone()),
    )
    .await;
    assert_contains_all(
        &error,
        &[
            "the promotion would reuse 1 task that failed",
            "partials-a",
            "rerun",
        ],
    );
    let ids = [push.task_id.as_str(), promote.task_id.as_str()];
    let output = plan(&bench, &["push_fox", "--previous", ids[0], ids[1]]).await;
    assert_eq!(output.code, Some(1), "{}", output.out);
    assert_contains_all(
        &output.out,
        &[
            "unusable    1: partials-a (failed)",
            "unfinished  1: l10n-a (pending)",
        ],
    );
    assert_contains_all(&output.err, &["1 task cannot be reused"]);
    // `allow_earlier_phases` does not accept it.
    let accepted = with(previous.clone(), "allow_earlier_phases", json!(true));
    refused(&bench, promotion_trigger(&push, "push_fox", accepted)).await;
    let again = with(previous, "do_not_optimize", json!(["partials-a"]));
    let ran = bench
        .act(promotion_trigger(&push, "push_fox", again))
        .await
        .fine();
    assert_eq!(bench.labels(&ran.task_id), ["partials-a", "push-a"]);
}

#[tokio::test]
async fn unscheduled_dependents_of_failed_tasks_are_reported() {
    for (requires, fine) in [("all-completed", false), ("all-resolved", true)] {
        let project = Project::release();
        let sign =
            format!("dependencies: {{build: build-a, probe: probe-a}}, requires: {requires}");
        project
            .kind("probe", &[], &[("a", "")])
            .kind("sign", &["build", "probe"], &[("a", &sign)]);
        let bench = Bench::new(project).await;
        let push = bench.push(json!({})).await.fine();
        fail(&bench, &push.ids()["probe-a"]);
        // What is needed is sign-a, which is still to run.
        let promote = promotion_trigger(&push, "promote_fox", on(&[&push]));
        if fine {
            bench.act(promote).await.fine();
        } else {
            let error = refused(&bench, promote).await;
            assert_contains_all(&error, &["would reuse 1 task that failed", "probe-a"]);
        }
    }
}

#[tokio::test]
async fn dependents_that_ran_despite_failures_can_be_reused() {
    let project = Project::release();
    let waits = |on: &str| format!("dependencies: {{{on}}}, requires: all-resolved");
    project
        .kind("probe", &[], &[("a", "")])
        .kind("check", &["probe"], &[("a", &waits("probe: probe-a"))])
        .kind(
            "sign",
            &["build", "check"],
            &[("a", &waits("build: build-a, check: check-a"))],
        );
    let bench = Bench::new(project).await;
    let push = bench.push(json!({})).await.fine();
    for label in ["probe-a", "check-a"] {
        fail(&bench, &push.ids()[label]);
    }
    bench.work().await;
    let promote = promotion_trigger(&push, "promote_fox", on(&[&push]));
    let promote = bench.act(promote).await.fine();
    assert_eq!(bench.labels(&promote.task_id), ["l10n-a", "partials-a"]);
}

/// The graph of a push that says that it made a task which there is not.
fn without(bench: &Bench, push: &Ran, label: &str) -> Ran {
    let own = bench.new_id();
    let definition = bench.definition(&own, "Decision Task", "branch:main");
    bench.begin(&own, &definition);
    let mut artifacts = push.artifacts.clone();
    let mut labels = push.json("label-to-taskid.json");
    labels[label] = json!(bench.new_id().as_str());
    let labels = labels.to_string().into_bytes();
    artifacts.insert("label-to-taskid.json".to_owned(), labels);
    bench.end(own, artifacts, Ok(()))
}

#[tokio::test]
async fn missing_tasks_are_not_reused() {
    let (bench, push) = pushed().await;
    let broken = without(&bench, &push, "sign-a");
    let error = refused(
        &bench,
        promotion_trigger(&push, "promote_fox", on(&[&broken])),
    )
    .await;
    assert_contains_all(
        &error,
        &[
            "the promotion would reuse 1 task that cannot be found",
            "sign-a",
        ],
    );
    let args = ["promote_fox", "--previous", broken.task_id.as_str()];
    let output = plan(&bench, &args).await;
    assert_eq!(output.code, Some(1), "{}", output.out);
    assert_contains_all(&output.out, &["unusable    1: sign-a (missing)"]);
    // Nothing needs it any more because its dependent has completed.
    let broken = without(&bench, &push, "build-a");
    let promote = promotion_trigger(&push, "promote_fox", on(&[&broken]));
    bench.act(promote).await.fine();
}

#[tokio::test]
async fn expired_tasks_are_not_reused() {
    let project = Project::release();
    project.kind(
        "sign",
        &["build"],
        &[("a", "dependencies: {build: build-a}, expires-after: 2 days")],
    );
    let bench = Bench::new(project).await;
    let push = bench.push(json!({})).await.fine();
    bench.work().await;
    bench.wait(3 * 24 * 60 * 60);
    let error = refused(
        &bench,
        promotion_trigger(&push, "promote_fox", on(&[&push])),
    )
    .await;
    assert_contains_all(
        &error,
        &["the promotion would reuse 1 task that ", "sign-a"],
    );
}
