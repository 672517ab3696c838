use crate::base::task_state::TaskState;
use crate::base::value::{Value, json};

use super::{new_id, optimizing};
use crate::model::test_support::{TestTask, label, task, tasks_of_chains};
use crate::optimize::index_paths;

#[test]
fn existing_tasks_are_not_built_again() {
    //  c -> b -> a: b and a exist
    let case = optimizing(tasks_of_chains("c -> b -> a"))
        .existing("a", "OLD-A")
        .existing("b", "OLD-B");
    assert_eq!(
        case.verdicts(),
        [
            "a replaced with OLD-A: existing_tasks",
            "b replaced with OLD-B: existing_tasks",
            "c kept: never (never)"
        ]
    );
    let optimized = case.optimized();
    assert_eq!(optimized.graph.len(), 1);
    assert_eq!(optimized.label_to_taskid[&label("b")].as_str(), "OLD-B");
    let c = optimized.graph.get(&new_id("c")).unwrap();
    assert_eq!(c.task["dependencies"], json!(["OLD-B"]));
}

#[test]
fn dependents_of_new_tasks_are_not_replaced() {
    //  c -> b -> a: a is built again, so the old b would be made of another a
    let case = optimizing(tasks_of_chains("c -> b -> a"))
        .existing("b", "OLD-B")
        .existing("c", "OLD-C");
    assert!(case.verdicts().iter().all(|v| v.contains(" kept: ")));
    let case = optimizing(tasks_of_chains("c -> b -> a, d"))
        .existing("a", "OLD-A")
        .existing("b", "OLD-B")
        .existing("c", "OLD-C")
        .existing("d", "OLD-D")
        .alone(["b"]);
    assert_eq!(
        case.verdicts(),
        [
            "a replaced with OLD-A: existing_tasks",
            "b kept: do not optimize",
            "c kept: never (never)",
            "d replaced with OLD-D: existing_tasks"
        ]
    );
}

#[test]
fn a_removed_existing_task_keeps_its_id() {
    let case = optimizing([task("a").optimized("always", json!(null))]).existing("a", "OLD");
    assert_eq!(case.verdicts(), ["a replaced with OLD: existing_tasks"]);
    // What it was made of may be gone.
    let always = |name| task(name).optimized("always", json!(null));
    let case = optimizing([always("a"), always("b").dep("a")]).existing("b", "OLD");
    assert_eq!(
        case.verdicts(),
        [
            "a removed: always (always)",
            "b replaced with OLD: existing_tasks"
        ]
    );
}

/// A task that the index is searched for.
fn searched(name: &str, paths: Value) -> TestTask {
    task(name).optimized("index-search", paths)
}

const FOUND: &str = "a replaced with FOUND: index-search (index-search)";
const KEPT: &str = "a kept: index-search (index-search)";

#[test]
fn the_index_is_searched_in_order() {
    let case = || optimizing([searched("a", json!(["x.one", "not a path!", "x.two"]))]);
    assert_eq!(case().verdicts(), [KEPT]);
    let second = case().indexed("x.two", "SECOND", TaskState::Completed, 1);
    assert_eq!(
        second.verdicts(),
        ["a replaced with SECOND: index-search (index-search)"]
    );
    let both = second.indexed("x.one", "FOUND", TaskState::Completed, 1);
    assert_eq!(both.verdicts(), [FOUND]);
}

#[test]
fn failed_tasks_replace_nothing() {
    for (state, verdict) in [
        (TaskState::Completed, FOUND),
        (TaskState::Running, FOUND),
        (TaskState::Pending, FOUND),
        (TaskState::Unscheduled, FOUND),
        (TaskState::Failed, KEPT),
        (TaskState::Exception, KEPT),
    ] {
        let case =
            optimizing([searched("a", json!(["x.one"]))]).indexed("x.one", "FOUND", state, 1);
        assert_eq!(case.verdicts(), [verdict], "{state}");
    }
}

#[test]
fn tasks_unknown_to_the_queue_replace_nothing() {
    let mut case = optimizing([searched("a", json!(["x.one"]))]).indexed(
        "x.one",
        "GONE",
        TaskState::Completed,
        1,
    );
    case.index.statuses.clear();
    assert_eq!(case.verdicts(), [KEPT]);
}

#[test]
fn replacements_outlive_their_dependents() {
    let due = |name: &str, hours: u32| {
        let deadline = json!({"relative-datestamp": format!("{hours} hours")});
        task(name).dep("a").field("deadline", deadline)
    };
    let case = |hours| {
        optimizing([
            searched("a", json!(["x.one"])),
            due("soon", 2),
            due("late", 20),
        ])
        .indexed("x.one", "FOUND", TaskState::Completed, hours)
    };
    assert_eq!(case(20).verdicts()[0], FOUND);
    assert_eq!(case(19).verdicts()[0], "a kept: dependent tasks");
    // Nothing depends on it, so nothing can come too late.
    let lone = optimizing([searched("a", json!(["x.one"]))]).indexed(
        "x.one",
        "FOUND",
        TaskState::Completed,
        -5,
    );
    assert_eq!(lone.verdicts(), [FOUND]);
}

#[test]
fn existing_tasks_take_precedence_over_the_index() {
    let case = optimizing([searched("a", json!(["x.one"]))])
        .indexed("x.one", "FOUND", TaskState::Completed, 1)
        .existing("a", "OLD");
    assert_eq!(case.verdicts(), ["a replaced with OLD: existing_tasks"]);
}

#[test]
fn only_replaceable_tasks_are_looked_up() {
    let case = optimizing([
        searched("a", json!(["x.two", "x.one", "x.two"])),
        searched("b", json!(["x.three"])),
        task("c").optimized("skip-unless-changed", json!(["x.four"])),
        searched("d", json!(null)),
        task("e"),
        searched("f", json!(["x.five"])),
    ])
    .alone(["b"])
    .existing("f", "OLD");
    let paths: Vec<_> = index_paths(&case.target, &case.existing, None)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(paths, ["x.one", "x.two"]);
}

#[test]
fn every_unknown_strategy_is_reported() {
    let case = optimizing([
        task("a").optimized("index-serch", json!([])),
        task("b").optimized("zzzzzzzz", json!(null)),
        task("c").optimized("never", json!(null)),
        task("d").optimized("unknown", json!(null)),
    ])
    .alone(["d"]);
    let message = case.errors();
    assert!(
        message.contains("task `a`: unknown optimization strategy `index-serch`"),
        "{message}"
    );
    assert!(
        message.contains("did you mean `index-search`?"),
        "{message}"
    );
    assert!(
        message.contains("task `b`: unknown optimization strategy `zzzzzzzz`"),
        "{message}"
    );
    assert_eq!(case.run().unwrap_err().len(), 2);
}
