//! What is recorded about each task, as the log shows it.

use super::optimizing;
use crate::base::task_state::TaskState;
use crate::base::value::json;
use crate::model::test_support::{TestTask, task};
use crate::optimize::log::log;

/// The lines of the log that are about a task, without those that only repeat its verdict.
fn lines(case: &super::Case, label: &str) -> Vec<String> {
    let text = log(&case.optimized().verdicts);
    let about = |line: &&str| line.split(' ').nth(1) == Some(label);
    let lines = text.lines().filter(about);
    let lines = lines.filter(|line| !line.starts_with("optimize: "));
    lines.map(str::to_owned).collect()
}

fn searching(name: &str, paths: &[&str]) -> TestTask {
    task(name).optimized("index-search", json!(paths))
}

#[test]
fn every_index_path_is_recorded_with_what_was_found_there() {
    let paths = [
        "at.none",
        "at.failed",
        "at.lost",
        "at.early",
        "at.last",
        "at.unused",
    ];
    let dependent = task("b")
        .dep("a")
        .field("deadline", json!({"relative-datestamp": "2 hours"}));
    let mut case = optimizing([searching("a", &paths), dependent])
        .indexed("at.failed", "FAILED", TaskState::Exception, 9)
        .indexed("at.lost", "LOST", TaskState::Completed, 9)
        .indexed("at.early", "EARLY", TaskState::Completed, 1)
        .indexed("at.last", "LAST", TaskState::Completed, 3)
        .indexed("at.unused", "UNUSED", TaskState::Completed, 9);
    case.index.statuses.retain(|id, _| id.as_str() != "LOST");
    assert_eq!(
        lines(&case, "a"),
        [
            "remove_tasks: a is needed: b depends on it",
            "replace_tasks: a is replaced with LAST by index-search (index-search): \
             at.none: the index has no task there; \
             at.failed: not FAILED, because its state is exception; \
             at.lost: the queue does not know LOST, which is indexed there; \
             at.early: not EARLY (completed), because it expires at 1970-01-01T01:00:00.000Z, before \
             1970-01-01T02:00:00.000Z, the latest deadline of the tasks that depend on it; \
             at.last: LAST is completed and expires at 1970-01-01T03:00:00.000Z",
        ]
    );
}

#[test]
fn a_task_that_is_not_replaced_says_why_in_both_phases() {
    //  c -> b: b is found but expires early, so c is not even looked up
    let case = optimizing([
        searching("b", &["demo.soon"]),
        searching("c", &["demo.c"])
            .dep("b")
            .field("deadline", json!({"relative-datestamp": "1 day"})),
    ])
    .indexed("demo.soon", "SOON", TaskState::Completed, 3)
    .indexed("demo.c", "GOOD", TaskState::Completed, 99);
    assert_eq!(
        lines(&case, "b"),
        [
            "remove_tasks: b is needed: c depends on it",
            "replace_tasks: b is not replaced by index-search (index-search): demo.soon: not SOON (completed), \
             because it expires at 1970-01-01T03:00:00.000Z, before 1970-01-02T00:00:00.000Z, the latest \
             deadline of the tasks that depend on it",
        ]
    );
    assert_eq!(
        lines(&case, "c"),
        [
            "remove_tasks: c is kept by index-search (index-search)",
            "replace_tasks: c is not replaced: it depends on b, which is created",
        ]
    );
}

#[test]
fn an_index_that_was_not_asked_is_not_taken_for_an_empty_one() {
    let mut case =
        optimizing([searching("a", &["x.y"])]).indexed("x.y", "OLD", TaskState::Completed, 9);
    case.index.not_asked = true;
    assert_eq!(
        lines(&case, "a")[1],
        "replace_tasks: a is not replaced by index-search (index-search): x.y: the index was not asked"
    );
}

#[test]
fn patterns_are_recorded_with_the_file_that_decides() {
    let on = |name: &str, patterns| task(name).optimized("skip-unless-changed", patterns);
    let tasks = || {
        [
            on("a", json!(["docs/**", "src/*.rs", "**"])),
            on("b", json!(["docs/**", "x"])),
            on("c", json!([])),
        ]
    };
    let files = json!({"files_changed": ["y", "src/b.rs", "src/a.rs"]});
    let case = optimizing(tasks()).params(files);
    let removing = |label: &str| lines(&case, label)[0].clone();
    let by = "by skip-unless-changed (skip-unless-changed)";
    // The first pattern that matches, and the first file that it matches.
    assert_eq!(
        removing("a"),
        format!("remove_tasks: a is kept {by}: src/b.rs matches the pattern src/*.rs")
    );
    assert_eq!(
        removing("b"),
        format!("remove_tasks: b is removed {by}: no changed file matches docs/**, x")
    );
    assert_eq!(
        removing("c"),
        format!(
            "remove_tasks: c is removed {by}: there are no patterns that a changed file could match"
        )
    );
    let case = optimizing(tasks()).params(json!({"base_rev": "abc", "head_rev": "abc"}));
    assert_eq!(
        lines(&case, "b")[0],
        format!(
            "remove_tasks: b is kept {by}: the push has no changes of its own: `base_rev` and `head_rev` \
             are both abc"
        )
    );
}

#[test]
fn tasks_that_wait_say_for_what_and_what_came_of_it() {
    //  x only if a; y -> z, y only if b; a is kept, b is removed
    let always = |name: &str| task(name).optimized("always", json!(null));
    let case = optimizing([
        task("a"),
        always("b"),
        task("x").only_if("a"),
        always("z"),
        task("y").only_if("b").dep("z"),
    ]);
    assert_eq!(
        lines(&case, "x")[..3],
        [
            "remove_tasks: x is kept by never (never)",
            "remove_tasks: x is kept only if one of its if-dependencies is: a",
            "remove_tasks: x is kept with a",
        ]
    );
    assert_eq!(
        lines(&case, "y")[..3],
        [
            "remove_tasks: y is kept by never (never)",
            "remove_tasks: y is kept only if one of its if-dependencies is: b",
            "remove_tasks: y is removed: none of them is kept",
        ]
    );
    assert_eq!(
        lines(&case, "z")[0],
        "remove_tasks: z is needed: y depends on it"
    );
}

#[test]
fn tasks_that_are_not_optimized_say_why_in_both_phases() {
    let case = optimizing([task("a")]).alone(["a"]).existing("a", "OLD");
    assert_eq!(
        lines(&case, "a"),
        [
            "remove_tasks: a must be kept: the parameter `do_not_optimize` lists it",
            "replace_tasks: a must not be replaced: the parameter `do_not_optimize` lists it",
        ]
    );
    let case = optimizing([
        task("a"),
        task("b").dep("a").optimized("always", json!(null)),
    ])
    .requested(["b"]);
    assert_eq!(
        lines(&case, "a")[0],
        "remove_tasks: a is no target, and what depends on it is removed: b"
    );
}
