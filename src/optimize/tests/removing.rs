use super::optimizing;
use crate::base::value::json;
use crate::model::test_support::{task, tasks_of_chains};
use crate::optimize::log::log;

fn always(name: &str) -> crate::model::test_support::TestTask {
    task(name).optimized("always", json!(null))
}

#[test]
fn without_a_strategy_a_task_is_kept() {
    let case = optimizing([task("a"), task("b").optimized("never", json!(null))]);
    assert_eq!(
        case.verdicts(),
        ["a kept: never (never)", "b kept: never (never)"]
    );
}

#[test]
fn a_strategy_removes_tasks_without_dependents() {
    //  c -> b -> a, and only c may not go
    let case = optimizing([always("a"), always("b").dep("a"), task("c").dep("b")]);
    assert_eq!(
        case.verdicts(),
        [
            "a kept: dependent tasks",
            "b kept: dependent tasks",
            "c kept: never (never)"
        ]
    );
    let case = optimizing([always("a"), always("b").dep("a"), always("c").dep("b")]);
    assert_eq!(
        case.verdicts(),
        [
            "a removed: always (always)",
            "b removed: always (always)",
            "c removed: always (always)"
        ]
    );
}

#[test]
fn dependencies_of_only_removed_tasks_are_removed() {
    //  c -> b -> a, d -> a
    let tasks = || [task("a"), task("b").dep("a"), always("c").dep("b")];
    assert_eq!(
        optimizing(tasks()).requested(["c"]).verdicts(),
        [
            "a removed: dependents optimized",
            "b removed: dependents optimized",
            "c removed: always (always)"
        ]
    );
    let all = tasks().into_iter().chain([task("d").dep("a")]);
    assert_eq!(
        optimizing(all).requested(["c", "d"]).verdicts(),
        [
            "a kept: dependent tasks",
            "b removed: dependents optimized",
            "c removed: always (always)",
            "d kept: never (never)"
        ]
    );
}

#[test]
fn do_not_optimize_keeps_tasks_and_their_dependencies() {
    let case = optimizing([always("a"), always("b").dep("a"), always("c").dep("b")]).alone(["b"]);
    assert_eq!(
        case.verdicts(),
        [
            "a kept: dependent tasks",
            "b kept: do not optimize",
            "c removed: always (always)"
        ]
    );
}

#[test]
fn changed_files_decide_about_skipping() {
    let tasks = || {
        [
            task("docs").optimized("skip-unless-changed", json!(["docs/**"])),
            task("code").optimized("skip-unless-changed", json!(["src/*.rs", "Cargo.toml"])),
            task("none").optimized("skip-unless-changed", json!([])),
        ]
    };
    let changed = json!({"files_changed": ["docs/a/b.md", "README"]});
    assert_eq!(
        optimizing(tasks()).params(changed).verdicts(),
        [
            "code removed: skip-unless-changed (skip-unless-changed)",
            "docs kept: skip-unless-changed (skip-unless-changed)",
            "none removed: skip-unless-changed (skip-unless-changed)"
        ]
    );
    // Where the push has no changes, as for cron, nothing is skipped.
    let still = json!({"files_changed": [], "base_rev": "x", "head_rev": "x"});
    assert!(
        optimizing(tasks())
            .params(still)
            .verdicts()
            .iter()
            .all(|v| v.contains(" kept: "))
    );
    // Without a base there is nothing to compare with.
    let first = json!({"files_changed": [], "base_rev": "", "head_rev": ""});
    assert!(
        optimizing(tasks())
            .params(first)
            .verdicts()
            .iter()
            .all(|v| v.contains(" removed: "))
    );
}

#[test]
fn a_task_is_kept_if_one_of_its_if_dependencies_is_kept() {
    //  b -> a, b only if a
    let kept = optimizing([task("a"), task("b").only_if("a")]);
    assert_eq!(
        kept.verdicts(),
        ["a kept: never (never)", "b kept: never (never)"]
    );
    let removed = optimizing([always("a"), task("b").only_if("a")]);
    assert_eq!(
        removed.verdicts(),
        [
            "a removed: if-dependencies pruning",
            "b removed: if-dependencies pruning"
        ]
    );
    let either = optimizing([always("a"), task("c"), task("b").only_if("a").only_if("c")]);
    assert_eq!(
        either.verdicts(),
        [
            "a kept: dependent tasks",
            "b kept: never (never)",
            "c kept: never (never)"
        ]
    );
}

#[test]
fn only_if_dependencies_are_conditions() {
    //  b -> a, b -> x, b only if a: x is needed, but keeps nothing.
    let case = optimizing([always("a"), task("x"), task("b").only_if("a").dep("x")]);
    assert_eq!(
        case.verdicts(),
        [
            "a removed: if-dependencies pruning",
            "b removed: if-dependencies pruning",
            "x kept: dependent tasks"
        ]
    );
}

#[test]
fn conditions_apply_through_chains() {
    //  c only if b, b only if a
    let tasks = |a| [a, task("b").only_if("a"), task("c").only_if("b")];
    let pruned = optimizing(tasks(always("a")));
    assert!(
        pruned
            .verdicts()
            .iter()
            .all(|v| v.ends_with("removed: if-dependencies pruning"))
    );
    let kept = optimizing(tasks(task("a")));
    assert!(kept.verdicts().iter().all(|v| v.contains(" kept: ")));
    let alone = optimizing(tasks(always("a"))).alone(["a"]);
    assert!(alone.verdicts().iter().all(|v| v.contains(" kept: ")));
}

#[test]
fn candidates_in_a_triangle_are_kept() {
    //  x -> c -> d,  x -> d,  x only if c or d.
    //  c would go; it waits for x, and x stays because of d.
    let case = optimizing([
        task("d"),
        always("c").dep("d"),
        task("x").only_if("c").only_if("d"),
    ]);
    assert_eq!(
        case.verdicts(),
        [
            "c kept: dependent tasks",
            "d kept: never (never)",
            "x kept: never (never)"
        ]
    );
}

#[test]
fn dependencies_of_a_kept_candidate_are_kept() {
    //  x -> c -> e, x -> d, c only waits for x, e only for c; x stays because of d.
    let case = optimizing([
        always("e"),
        always("c").dep("e"),
        task("d"),
        task("x").only_if("c").only_if("d"),
    ]);
    assert_eq!(
        case.verdicts(),
        [
            "c kept: dependent tasks",
            "d kept: never (never)",
            "e kept: dependent tasks",
            "x kept: never (never)"
        ]
    );
}

#[test]
fn a_candidate_with_if_dependencies_is_kept_with_its_dependencies() {
    //  x only if b, b only if a; b would go
    let case = optimizing([task("a"), always("b").only_if("a"), task("x").only_if("b")]);
    assert_eq!(
        case.verdicts(),
        [
            "a kept: never (never)",
            "b kept: dependent tasks",
            "x kept: never (never)"
        ]
    );
    assert_eq!(case.optimized().graph.len(), 3);
}

#[test]
fn a_needed_condition_is_satisfied() {
    //  b only if a, z -> a
    let case = optimizing([always("a"), task("b").only_if("a"), task("z").dep("a")]);
    assert_eq!(
        case.verdicts(),
        [
            "a kept: dependent tasks",
            "b kept: never (never)",
            "z kept: never (never)"
        ]
    );
}

#[test]
fn the_log_has_a_line_for_each_task_and_counts() {
    let case = optimizing([always("a"), always("b"), task("c"), task("d")]).existing("d", "OLD");
    assert_eq!(
        log(&case.optimized().verdicts),
        "remove_tasks: a is removed by always (always)\n\
         replace_tasks: a is not replaced by always (always)\n\
         optimize: a removed because of always (always)\n\
         remove_tasks: b is removed by always (always)\n\
         replace_tasks: b is not replaced by always (always)\n\
         optimize: b removed because of always (always)\n\
         remove_tasks: c is kept by never (never)\n\
         replace_tasks: c is not replaced by never (never)\n\
         optimize: c kept because of never (never)\n\
         remove_tasks: d is kept by never (never)\n\
         replace_tasks: d is replaced with OLD, which `existing_tasks` has\n\
         optimize: d replaced with OLD because of existing_tasks\n\
         Removed 2 tasks by always (always) during optimization.\n\
         Replaced 1 tasks by existing_tasks during optimization.\n"
    );
    assert!(
        log(&optimizing(tasks_of_chains("a")).optimized().verdicts).ends_with(
            "No tasks removed during optimization\nNo tasks replaced during optimization\n"
        )
    );
}
