//! What a rerun finds in its task group, case by case.

use snowman::base::name::TaskId;
use snowman::base::value::json;
use snowman::ports::ids::DerivedIds;
use snowman::sandbox::{Disturbance, Schedule};

use super::bench::{Bench, DECISION, Direct, OTHER, is_dead};
use super::graph::{Ran, Spec, decide, decision, label};

async fn decided(bench: &Bench, spec: &Spec, run: usize) -> Ran {
    let queue = Direct::well(bench);
    decide(bench, &queue, spec, run).await.unwrap()
}

fn told(ran: Ran) -> String {
    ran.outcome.unwrap_err().to_string()
}

#[tokio::test]
async fn nothing_is_created_in_a_sealed_group() {
    let bench = Bench::new().await;
    bench.state().seal(DECISION).unwrap();
    let told = told(decided(&bench, &Spec::new(1, 10), 0).await);
    assert!(
        told.contains("is sealed, so it takes no more tasks"),
        "{told}"
    );
    assert!(bench.tasks().is_empty());
}

#[tokio::test]
async fn a_group_that_is_sealed_meanwhile_is_told() {
    let bench = Bench::new().await;
    decided(&bench, &Spec::new(1, 10), 0).await.outcome.unwrap();
    bench.state().seal(DECISION).unwrap();
    let told = told(decided(&bench, &Spec::new(1, 12), 1).await);
    assert!(told.contains("is sealed"), "{told}");
    assert_eq!(bench.tasks().iter().filter(|task| is_dead(task)).count(), 0);
}

#[tokio::test]
async fn a_group_of_another_scheduler_is_told_before_anything_is_created() {
    let bench = Bench::new().await;
    let mut definition = bench.definition(OTHER, "decision");
    definition["schedulerId"] = json!("other-level-1");
    bench
        .state()
        .create_task(OTHER, &definition.into())
        .unwrap();
    let ids = DerivedIds::new(TaskId::parse(OTHER).unwrap());
    let queue = Direct::well(&bench);
    let ran = super::graph::decide_with(&bench, &queue, &Spec::new(1, 5), 0, ids).await;
    let told = told(ran.unwrap());
    assert!(
        told.contains("takes tasks of the scheduler `other-level-1` alone"),
        "{told}"
    );
}

#[tokio::test]
async fn work_that_has_begun_otherwise_is_not_done_twice() {
    let bench = Bench::new().await;
    let spec = Spec::new(3, 30);
    decided(&bench, &spec, 0).await.outcome.unwrap();
    bench.state().report_completed(DECISION).unwrap();
    bench.sandbox.run_workers_until_idle().await.unwrap();
    let before = bench.tasks();
    // The same again changes nothing.
    decided(&bench, &spec, 1).await.outcome.unwrap();
    assert_eq!(bench.tasks(), before);
    let told = told(decided(&bench, &spec.decided_otherwise(8), 2).await);
    assert!(
        told.contains("an earlier run created this task otherwise, and it is completed by now"),
        "{told}"
    );
    assert!(
        told.contains("`payload.version` should be 1 and is 0"),
        "{told}"
    );
    assert_eq!(bench.tasks(), before);
}

#[tokio::test]
async fn what_is_cancelled_before_it_begins_is_created_anew() {
    let bench = Bench::new().await;
    let spec = Spec::new(4, 20);
    let first = decided(&bench, &spec, 0).await;
    let lost = &first.named[&label("task-7")];
    bench.state().cancel(lost.as_str()).unwrap();
    let second = decided(&bench, &spec, 1).await;
    second.outcome.unwrap();
    let new = &second.named[&label("task-7")];
    assert_ne!(new, lost);
    let alive = bench.tasks().into_iter().filter(|task| !is_dead(task));
    let copies: Vec<_> = alive.filter(|task| task.label == "task-7").collect();
    assert!(copies.iter().any(|task| task.task_id == new.as_str()));
    assert_eq!(copies.len(), spec.wanted()["task-7"]);
}

#[tokio::test]
async fn tasks_of_actions_and_of_others_are_left_alone() {
    let bench = Bench::new().await;
    let spec = Spec::new(5, 20);
    let action = TaskId::parse(OTHER).unwrap();
    let of_action = DerivedIds::of_action(decision(), action, 0).id(&label("task-3"), 0);
    let others = [of_action.as_str(), "AAAAAAAAQACCCCCCCCCCCA"];
    for id in others {
        let mut definition = bench.definition(DECISION, "task-3");
        definition["dependencies"] = json!([DECISION]);
        bench.state().create_task(id, &definition.into()).unwrap();
    }
    for run in 0..3 {
        decided(
            &bench,
            &spec.decided_otherwise(run),
            usize::try_from(run).unwrap(),
        )
        .await
        .outcome
        .unwrap();
    }
    let tasks = bench.tasks();
    assert!(tasks.iter().any(is_dead), "something was decided otherwise");
    for id in others {
        let task = tasks.iter().find(|task| task.task_id == id).unwrap();
        assert_eq!(task.state.name(), "unscheduled");
    }
}

#[tokio::test]
async fn leftovers_that_may_not_be_cancelled_keep_the_graph_from_beginning() {
    let bench = Bench::new().await;
    let spec = Spec::new(6, 40);
    decided(&bench, &spec, 0).await.outcome.unwrap();
    // Creations go well, and everything that is asked later is refused.
    let none = Schedule::new(0, 0, &[]);
    let refused = Schedule::from(3, Disturbance::Unscoped);
    let queue = Direct::new(&bench, none, refused, None);
    let ran = decide(&bench, &queue, &spec.decided_otherwise(8), 1)
        .await
        .unwrap();
    let report: serde_json::Value =
        serde_json::from_slice(&ran.artifacts["submission.json"]).unwrap();
    assert_eq!(report["complete"], false, "what should not stand does");
    let told = told(ran);
    assert!(told.contains("could not be cancelled"), "{told}");
    assert!(told.contains("`queue:cancel-task:"), "{told}");
}

#[tokio::test]
async fn leftovers_that_have_begun_are_named() {
    let bench = Bench::new().await;
    let spec = Spec::new(9, 30);
    let first = decided(&bench, &spec, 0).await;
    bench.state().report_completed(DECISION).unwrap();
    bench.sandbox.run_workers_until_idle().await.unwrap();
    let shorter = spec.shorter(2);
    let second = decided(&bench, &shorter, 1).await;
    second.outcome.unwrap();
    let report: serde_json::Value =
        serde_json::from_slice(&second.artifacts["submission.json"]).unwrap();
    let begun = report["begun"].as_array().unwrap();
    let begun: Vec<&str> = begun
        .iter()
        .map(|one| one["taskId"].as_str().unwrap())
        .collect();
    let last = &first.named[&label("task-29")];
    assert!(begun.contains(&last.as_str()), "{report}");
    assert!(report["cancelled"].as_array().is_some_and(Vec::is_empty));
}

#[tokio::test]
async fn a_budget_that_is_spent_is_told() {
    let bench = Bench::new().await;
    let slow = Schedule::new(
        1,
        1000,
        &[Disturbance::Late(std::time::Duration::from_secs(300))],
    );
    let none = Schedule::new(0, 0, &[]);
    let queue = Direct::new(&bench, slow, none, None);
    let told = told(decide(&bench, &queue, &Spec::new(7, 60), 0).await.unwrap());
    assert!(
        told.contains("tasks were not sent before the time was up"),
        "{told}"
    );
    decided(&bench, &Spec::new(7, 60), 1).await.outcome.unwrap();
}

#[tokio::test]
async fn that_leftovers_may_not_be_cancelled_is_known_before() {
    let bench = Bench::new().await;
    let spec = Spec::new(6, 40);
    decided(&bench, &spec, 0).await.outcome.unwrap();
    let before = bench.tasks();
    let mut queue = Direct::well(&bench);
    queue.holds = &["queue:create-task:*", "queue:cancel-task:other/*"];
    let other = spec.decided_otherwise(8);
    let told = told(decide(&bench, &queue, &other, 1).await.unwrap());
    assert!(
        told.contains("cannot be cancelled, so nothing was created"),
        "{told}"
    );
    assert!(told.contains("is not held"), "{told}");
    assert_eq!(bench.tasks(), before);
    let mut queue = Direct::well(&bench);
    queue.holds = &["queue:cancel-task:test-level-1/*"];
    let ran = decide(&bench, &queue, &other, 1).await.unwrap();
    ran.outcome.unwrap();
}

#[tokio::test]
async fn a_first_run_need_not_look_through_its_group() {
    let bench = Bench::new().await;
    let spec = Spec::new(2, 30);
    let refused = || Schedule::new(0, 1000, &[Disturbance::Unscoped]).between(1, 1);
    let none = || Schedule::new(0, 0, &[]);
    let first = Direct::new(&bench, none(), refused(), None);
    let ran = decide(&bench, &first, &spec, 0).await.unwrap();
    ran.outcome.unwrap();
    // A rerun has to: what stands would be created twice.
    let second = Direct::new(&bench, none(), refused(), None);
    let told = told(decide(&bench, &second, &spec, 1).await.unwrap());
    assert!(
        told.contains("it cannot be told what stands already"),
        "{told}"
    );
    assert!(told.contains("queue:list-task-group:"), "{told}");
}
