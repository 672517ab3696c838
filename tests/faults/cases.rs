//! What a rerun finds in its task group.

use std::time::Duration;

use snowman::base::name::TaskId;
use snowman::base::value::json;
use snowman::ports::ids::DerivedIds;
use snowman::sandbox::{FaultSchedule, InjectedFault};
use snowman::submit::SubmitLimits;

use super::bench::{Bench, DECISION, FaultyQueue, OTHER, was_cancelled_unstarted};
use super::graph::{RunResult, Spec, decide, decision, label, live_tasks};

async fn run_decision(bench: &Bench, spec: &Spec, run: usize) -> RunResult {
    let queue = FaultyQueue::healthy(bench);
    decide(bench, &queue, spec, run).await.unwrap()
}

fn error_of(ran: RunResult) -> String {
    ran.outcome.unwrap_err().to_string()
}

#[tokio::test]
async fn nothing_is_created_in_a_sealed_group() {
    let bench = Bench::new().await;
    bench.state().seal(DECISION).unwrap();
    let error = error_of(run_decision(&bench, &Spec::new(1, 10), 0).await);
    assert!(
        error.contains("is sealed, so it accepts no more tasks"),
        "{error}"
    );
    assert!(bench.tasks().is_empty());
}

#[tokio::test]
async fn a_group_sealed_between_runs_is_reported() {
    let bench = Bench::new().await;
    run_decision(&bench, &Spec::new(1, 10), 0)
        .await
        .outcome
        .unwrap();
    bench.state().seal(DECISION).unwrap();
    let error = error_of(run_decision(&bench, &Spec::new(1, 12), 1).await);
    assert!(error.contains("is sealed"), "{error}");
    assert_eq!(
        bench
            .tasks()
            .iter()
            .filter(|task| was_cancelled_unstarted(task))
            .count(),
        0
    );
}

#[tokio::test]
async fn a_group_of_another_scheduler_is_reported_before_anything_is_created() {
    let bench = Bench::new().await;
    let mut definition = bench.definition(OTHER, "decision");
    definition["schedulerId"] = json!("other-level-1");
    bench
        .state()
        .create_task(OTHER, &definition.into())
        .unwrap();
    let ids = DerivedIds::new(TaskId::parse(OTHER).unwrap());
    let queue = FaultyQueue::healthy(&bench);
    let ran = super::graph::decide_with(&bench, &queue, &Spec::new(1, 5), 0, ids).await;
    let error = error_of(ran.unwrap());
    assert!(
        error.contains("only accepts tasks with the schedulerId `other-level-1`"),
        "{error}"
    );
}

#[tokio::test]
async fn a_started_task_with_another_definition_is_not_created_again() {
    let bench = Bench::new().await;
    let spec = Spec::new(3, 30);
    run_decision(&bench, &spec, 0).await.outcome.unwrap();
    bench.state().report_completed(DECISION).unwrap();
    bench.sandbox.run_workers_until_idle().await.unwrap();
    let before = bench.tasks();
    // The same decision changes nothing.
    run_decision(&bench, &spec, 1).await.outcome.unwrap();
    assert_eq!(bench.tasks(), before);
    let error = error_of(run_decision(&bench, &spec.with_other_payloads(8), 2).await);
    assert!(
        error.contains(
            "an earlier run created this task with another definition, and it is already completed"
        ),
        "{error}"
    );
    assert!(
        error.contains("`payload.version` should be 1, but is 0"),
        "{error}"
    );
    assert_eq!(bench.tasks(), before);
}

#[tokio::test]
async fn a_task_cancelled_before_it_starts_is_created_again() {
    let bench = Bench::new().await;
    let spec = Spec::new(4, 20);
    let first = run_decision(&bench, &spec, 0).await;
    let lost = &first.named[&label("task-7")];
    bench.state().cancel(lost.as_str()).unwrap();
    let second = run_decision(&bench, &spec, 1).await;
    second.outcome.unwrap();
    let new = &second.named[&label("task-7")];
    assert_ne!(new, lost);
    let alive = bench
        .tasks()
        .into_iter()
        .filter(|task| !was_cancelled_unstarted(task));
    let copies: Vec<_> = alive.filter(|task| task.label == "task-7").collect();
    assert!(copies.iter().any(|task| task.task_id == new.as_str()));
    assert_eq!(copies.len(), spec.expected_tasks()["task-7"]);
}

#[tokio::test]
async fn tasks_of_actions_and_other_creators_are_not_cancelled() {
    let bench = Bench::new().await;
    let spec = Spec::new(5, 20);
    let action = TaskId::parse(OTHER).unwrap();
    let of_action = DerivedIds::for_action(decision(), action, 0).id(&label("task-3"), 0);
    let others = [of_action.as_str(), "AAAAAAAAQACCCCCCCCCCCA"];
    for id in others {
        let mut definition = bench.definition(DECISION, "task-3");
        definition["dependencies"] = json!([DECISION]);
        bench.state().create_task(id, &definition.into()).unwrap();
    }
    for run in 0..3 {
        run_decision(
            &bench,
            &spec.with_other_payloads(run),
            usize::try_from(run).unwrap(),
        )
        .await
        .outcome
        .unwrap();
    }
    let tasks = bench.tasks();
    assert!(
        tasks.iter().any(was_cancelled_unstarted),
        "something was decided otherwise"
    );
    for id in others {
        let task = tasks.iter().find(|task| task.task_id == id).unwrap();
        assert_eq!(task.state.name(), "unscheduled");
    }
}

#[tokio::test]
async fn obsolete_tasks_that_cannot_be_cancelled_stop_the_graph() {
    let bench = Bench::new().await;
    let spec = Spec::new(6, 40);
    run_decision(&bench, &spec, 0).await.outcome.unwrap();
    let mut queue = FaultyQueue::healthy(&bench);
    queue.forbidden_calls = &["currentScopes", "cancelTask"];
    let ran = decide(&bench, &queue, &spec.with_other_payloads(8), 1)
        .await
        .unwrap();
    let report: serde_json::Value =
        serde_json::from_slice(&ran.artifacts["submission.json"]).unwrap();
    assert_eq!(report["complete"], false, "what should not stand does");
    let error = error_of(ran);
    assert!(error.contains("cannot cancel "), "{error}");
    assert!(error.contains("`queue:cancel-task:"), "{error}");
}

#[tokio::test]
async fn started_obsolete_tasks_are_reported() {
    let bench = Bench::new().await;
    let spec = Spec::new(9, 30);
    let first = run_decision(&bench, &spec, 0).await;
    bench.state().report_completed(DECISION).unwrap();
    bench.sandbox.run_workers_until_idle().await.unwrap();
    let shorter = spec.shorter(2);
    let second = run_decision(&bench, &shorter, 1).await;
    second.outcome.unwrap();
    let report: serde_json::Value =
        serde_json::from_slice(&second.artifacts["submission.json"]).unwrap();
    let started = report["begun"].as_array().unwrap();
    let started: Vec<&str> = started
        .iter()
        .map(|one| one["taskId"].as_str().unwrap())
        .collect();
    let last = &first.named[&label("task-29")];
    assert!(started.contains(&last.as_str()), "{report}");
    assert!(report["cancelled"].as_array().is_some_and(Vec::is_empty));
}

#[tokio::test]
async fn an_exhausted_time_budget_is_reported() {
    let bench = Bench::new().await;
    let down = FaultSchedule::from_call(20, InjectedFault::DisconnectBeforeWrite);
    let none = FaultSchedule::new(0, 0, &[]);
    let queue = FaultyQueue::new(&bench, down, none, None);
    let spec = Spec::layers(1, 60);
    let error = error_of(decide(&bench, &queue, &spec, 0).await.unwrap());
    assert!(
        error
            .contains("tasks were not sent because no task could be created within the time limit"),
        "{error}"
    );
    let waited = bench.time.milliseconds() / 60_000;
    assert!((30..35).contains(&waited), "{waited} minutes");
    run_decision(&bench, &spec, 1).await.outcome.unwrap();
}

#[tokio::test]
async fn slow_successes_are_not_failures() {
    for (spec, every) in [
        (Spec::layers(7, 100), Duration::from_secs(30)),
        (Spec::new(7, 60), Duration::from_secs(85)),
    ] {
        let bench = Bench::new().await;
        let slow = FaultSchedule::new(1, 1000, &[InjectedFault::LateReply(every)]);
        let mut queue = FaultyQueue::new(&bench, slow, FaultSchedule::new(0, 0, &[]), None);
        queue.in_flight = SubmitLimits::default().in_flight;
        let ran = decide(&bench, &queue, &spec, 0).await.unwrap();
        ran.outcome.unwrap();
        if every == Duration::from_secs(30) {
            let waited = bench.time.milliseconds() / 60_000;
            assert!(waited < 30, "{waited} minutes");
        }
    }
}

#[tokio::test]
async fn missing_cancel_scopes_are_reported_before_anything_is_created() {
    let bench = Bench::new().await;
    let spec = Spec::new(6, 40);
    run_decision(&bench, &spec, 0).await.outcome.unwrap();
    let before = bench.tasks();
    let mut queue = FaultyQueue::healthy(&bench);
    queue.held_scopes = &["queue:create-task:*", "queue:cancel-task:other/*"];
    let other = spec.with_other_payloads(8);
    let error = error_of(decide(&bench, &queue, &other, 1).await.unwrap());
    assert!(
        error.contains("of an earlier run, so nothing was created"),
        "{error}"
    );
    assert!(error.contains("is missing"), "{error}");
    assert_eq!(bench.tasks(), before);
    let mut queue = FaultyQueue::healthy(&bench);
    queue.held_scopes = &["queue:cancel-task:test-level-1/*"];
    let ran = decide(&bench, &queue, &other, 1).await.unwrap();
    ran.outcome.unwrap();
}

#[tokio::test]
async fn a_first_run_does_not_list_its_group() {
    let bench = Bench::new().await;
    let spec = Spec::new(2, 30);
    let mut first = FaultyQueue::healthy(&bench);
    first.forbidden_calls = &["listTaskGroup"];
    let ran = decide(&bench, &first, &spec, 0).await.unwrap();
    ran.outcome.unwrap();
    // A rerun must list it: otherwise it would create existing tasks again.
    let mut second = FaultyQueue::healthy(&bench);
    second.forbidden_calls = &["listTaskGroup"];
    let error = error_of(decide(&bench, &second, &spec, 1).await.unwrap());
    assert!(
        error.contains("cannot list the tasks that are already in the task group"),
        "{error}"
    );
    assert!(error.contains("queue:list-task-group:"), "{error}");
}

/// A task of the own group appears after the group was listed and before its status is read.
#[tokio::test]
async fn a_task_that_appears_between_two_reads_is_kept() {
    let spec = Spec::new(8, 40);
    let calm = Bench::new().await;
    run_decision(&calm, &spec, 0).await.outcome.unwrap();
    for call in 0..6 {
        let bench = Bench::new().await;
        let queue = FaultyQueue::healthy(&bench);
        let late = calm.tasks().into_iter();
        let late = late.filter(|task| !task.definition["dependencies"].to_string().contains(','));
        let roots: Vec<_> = late
            .filter(|task| task.definition["dependencies"][0] == DECISION)
            .map(|task| {
                (
                    call,
                    TaskId::parse(&task.task_id).unwrap(),
                    task.definition.into(),
                )
            })
            .collect();
        assert!(roots.len() > 1, "something appears");
        queue
            .foreign_creations
            .lock()
            .unwrap()
            .extend(roots.clone());
        let ran = decide(&bench, &queue, &spec, 1).await.unwrap();
        let report: serde_json::Value =
            serde_json::from_slice(&ran.artifacts["submission.json"]).unwrap();
        ran.outcome.unwrap();
        assert_eq!(report["passedOver"], serde_json::json!([]), "call {call}");
        assert_eq!(live_tasks(&bench), live_tasks(&calm), "call {call}");
    }
}

#[tokio::test]
async fn an_unrelated_task_with_a_planned_id_is_cancelled_or_reported() {
    for (may_cancel, name) in [(true, "squatter"), (false, "squatter")] {
        let bench = Bench::new().await;
        let spec = Spec::new(5, 20);
        let id = DerivedIds::new(decision()).id(&label("task-3"), 0);
        let mut definition = bench.definition(DECISION, name);
        definition["dependencies"] = json!([DECISION]);
        let state = bench.state();
        state.create_task(id.as_str(), &definition.into()).unwrap();
        let mut queue = FaultyQueue::healthy(&bench);
        if !may_cancel {
            queue.forbidden_calls = &["cancelTask"];
        }
        let ran = decide(&bench, &queue, &spec, 0).await.unwrap();
        let report: serde_json::Value =
            serde_json::from_slice(&ran.artifacts["submission.json"]).unwrap();
        ran.outcome.unwrap();
        let (listed, empty) = match may_cancel {
            true => ("cancelled", "alive"),
            false => ("alive", "cancelled"),
        };
        assert_eq!(report[listed][0]["taskId"], id.as_str(), "{report}");
        assert_eq!(report[empty], serde_json::json!([]), "{report}");
        let why = report["passedOver"][0]["why"].as_str().unwrap();
        assert!(
            why.contains("`metadata.name` should be \"task-3\", but is \"squatter\", and"),
            "{why}"
        );
        let squatter = state.task(id.as_str()).unwrap();
        assert_eq!(was_cancelled_unstarted(&squatter), may_cancel);
    }
}

#[tokio::test]
async fn a_wanted_task_cancelled_during_the_run_fails_the_run() {
    let bench = Bench::new().await;
    let spec = Spec::new(4, 30);
    let queue = FaultyQueue::healthy(&bench);
    let id = DerivedIds::new(decision()).id(&label("task-0"), 0);
    *queue.cancel_before.lock().unwrap() = Some((20, id.clone()));
    let ran = decide(&bench, &queue, &spec, 0).await.unwrap();
    let report: serde_json::Value =
        serde_json::from_slice(&ran.artifacts["submission.json"]).unwrap();
    assert_eq!(report["complete"], false);
    let error = error_of(ran);
    assert!(
        error.contains("task `task-0`: the task was cancelled"),
        "{error}"
    );
    assert!(was_cancelled_unstarted(
        &bench.state().task(id.as_str()).unwrap()
    ));
    run_decision(&bench, &spec, 1).await.outcome.unwrap();
    assert_eq!(
        live_tasks(&bench)["task-0"].len(),
        spec.expected_tasks()["task-0"]
    );
}

#[tokio::test]
async fn a_superseded_run_changes_nothing() {
    let bench = Bench::new().await;
    let spec = Spec::new(6, 30);
    run_decision(&bench, &spec, 0).await.outcome.unwrap();
    let before = bench.tasks();
    bench
        .state()
        .report_exception(DECISION, "worker-shutdown")
        .unwrap();
    bench.state().claim(DECISION).unwrap();
    let error = error_of(run_decision(&bench, &spec.with_other_payloads(3), 0).await);
    assert!(
        error.contains("run 0 of this task has been replaced by run 1"),
        "{error}"
    );
    assert_eq!(bench.tasks(), before);
    run_decision(&bench, &spec, 1).await.outcome.unwrap();
}

#[tokio::test]
async fn a_group_that_is_sealed_while_tasks_are_created_takes_no_rerun() {
    let bench = Bench::new().await;
    let spec = Spec::layers(1, 90);
    let mut queue = FaultyQueue::healthy(&bench);
    queue.seal_before = Some(25);
    let ran = decide(&bench, &queue, &spec, 0).await.unwrap();
    let wrong = ran.outcome.unwrap_err();
    let left = wrong.progress().unwrap();
    assert!(left.closed && (1..90).contains(&left.created), "{left:?}");
    let error = wrong.to_string();
    assert!(
        error.contains("is sealed and does not accept new tasks"),
        "{error}"
    );
    assert!(
        error.contains("because the task group accepts no more tasks"),
        "{error}"
    );
    assert!(queue.calls() < 80, "the rest is not even tried");
}
