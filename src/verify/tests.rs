use crate::base::value::{Value, json};

use super::*;
use crate::config::test_support::{graph_config, params};
use crate::model::id_graph::PlannedTask;
use crate::model::test_support::{TestTask, graph, id, task};

/// A task that nothing is wrong with.
fn valid_task(name: &str) -> TestTask {
    task(name)
        .field("provisionerId", json!("snow-1"))
        .field("workerType", json!("b-linux"))
}

/// The violations in the full task graph of some tasks: the task and the message of each.
fn violations(tasks: impl IntoIterator<Item = TestTask>) -> Vec<String> {
    let context = VerifyContext {
        graph_config: &graph_config(json!({})),
        params: &params(json!({})),
        cache_suffix: "-abc123",
        custom: None,
    };
    match full_task_graph(&graph(tasks), context) {
        Ok(()) => Vec::new(),
        Err(wrong) => wrong
            .iter()
            .map(|d| format!("{}: {}", d.task.as_deref().unwrap_or("?"), d.message))
            .collect(),
    }
}

fn routed(name: &str, routes: Value) -> TestTask {
    valid_task(name).field("routes", routes)
}

fn on_treeherder(name: &str, platform: &str, group: Value, symbol: &str) -> TestTask {
    let (machine, collection) = platform.split_once('/').unwrap();
    let treeherder = json!({
        "machine": {"platform": machine},
        "collection": {collection: true},
        "groupSymbol": group,
        "symbol": symbol,
        "tier": 1,
    });
    valid_task(name).field("extra", json!({"treeherder": treeherder}))
}

#[test]
fn symbols_are_unique_per_platform() {
    let none = json!(null);
    let fine = [
        on_treeherder("a", "linux/opt", json!("G"), "x"),
        on_treeherder("b", "linux/debug", json!("G"), "x"),
        on_treeherder("c", "win/opt", json!("G"), "x"),
        on_treeherder("d", "linux/opt", json!("H"), "x"),
        on_treeherder("e", "linux/opt", json!("G"), "y"),
        on_treeherder("f", "linux/opt", none.clone(), "x"),
        valid_task("g"),
        valid_task("h").field("extra", json!({})),
    ];
    assert!(violations(fine).is_empty());
    assert_eq!(
        violations([
            on_treeherder("a", "linux/opt", json!("G"), "x"),
            on_treeherder("b", "linux/opt", json!("G"), "x"),
            on_treeherder("c", "linux/opt", none.clone(), "x"),
            on_treeherder("d", "linux/opt", none, "x"),
        ]),
        [
            "b: its Treeherder platform and symbol, linux/opt G(x), are already used by the task `a`",
            "d: its Treeherder platform and symbol, linux/opt x, are already used by the task `c`",
        ]
    );
}

#[test]
fn a_task_has_exactly_one_collection() {
    let collected = |name: &str, collection: Value| {
        let treeherder = json!({"collection": collection, "tier": 1});
        valid_task(name).field("extra", json!({"treeherder": treeherder}))
    };
    assert_eq!(
        violations([
            collected("a", json!({})),
            collected("b", json!({"opt": true, "debug": true}))
        ]),
        [
            "a: expected exactly one Treeherder collection, found 0",
            "b: expected exactly one Treeherder collection, found 2",
        ]
    );
}

#[test]
fn routes_of_the_trust_domain_are_unique() {
    let fine = [
        routed(
            "a",
            json!(["index.snow.v2.ci.latest.a", "index.other.v2.x"]),
        ),
        routed(
            "b",
            json!(["index.snow.v2.ci.latest.b", "index.other.v2.x"]),
        ),
        routed("c", json!(["index.snow.v1.ci", "checks"])),
        routed("d", json!(["index.snow.v1.ci", "checks"])),
    ];
    assert!(violations(fine).is_empty());
    assert_eq!(
        violations([
            routed("a", json!(["index.snow.v2.ci.latest.a"])),
            routed("b", json!(["checks", "index.snow.v2.ci.latest.a"])),
        ]),
        ["b: the task `a` has the same route `index.snow.v2.ci.latest.a`"]
    );
}

#[test]
fn notification_routes_end_in_a_filter() {
    let fine: Vec<String> = [
        "any",
        "completed",
        "defined",
        "failed",
        "exception",
        "pending",
        "resolved",
        "running",
        "transition",
    ]
    .iter()
    .map(|filter| format!("notify.email.a@b.c.on-{filter}"))
    .collect();
    assert!(violations([routed("a", json!(fine))]).is_empty());
    assert_eq!(
        violations([routed(
            "a",
            json!(["notify.email.a@b.c.on-complete", "notify.irc"])
        )]),
        [
            "a: its route `notify.email.a@b.c.on-complete` ends in \"on-complete\", which is not \
             a notification filter",
            "a: its route `notify.irc` ends in \"irc\", which is not a notification filter",
        ]
    );
}

#[test]
fn index_routes_must_be_valid_index_paths() {
    let fine = json!(["index.a.b-c_d!~*'()%.9", "index.a", "tc.a b", "index"]);
    assert!(violations([routed("a", fine)]).is_empty());
    let wrong = json!([
        "index.a b",
        "index.a..b",
        "index.a.",
        "index.",
        "index.ä",
        "index.a/b"
    ]);
    assert_eq!(
        violations([routed("a", wrong.clone())]),
        wrong
            .as_array()
            .unwrap()
            .iter()
            .map(|route| format!(
                "a: its route `{}` is not a valid index path",
                route.as_str().unwrap()
            ))
            .collect::<Vec<_>>()
    );
}

#[test]
fn no_task_has_a_better_tier_than_its_dependencies() {
    let tier = |name: &str, tier: Value| {
        let treeherder = json!({"collection": {"opt": true}, "symbol": name, "tier": tier});
        valid_task(name).field("extra", json!({"treeherder": treeherder}))
    };
    let fine = [
        tier("one", json!(1)),
        tier("two", json!(2)).dep("one"),
        tier("three", json!(3)).dep("one").dep("two"),
        valid_task("nowhere").dep("one"),
        valid_task("also-nowhere").dep("nowhere"),
    ];
    assert!(violations(fine).is_empty());
    assert_eq!(
        violations([
            tier("two", json!(2)),
            tier("one", json!(1)).dep("two").dep("nowhere"),
            valid_task("nowhere"),
        ]),
        [
            "one: it has tier 1 but depends on `two` with tier 2",
            "one: it has tier 1 but depends on `nowhere` with tier unknown",
        ]
    );
    let stand_ins = [
        valid_task("image").field("workerType", json!("always-optimized")),
        valid_task("post").kind("dummy-post"),
        tier("one", json!(1)).dep("image").dep("post"),
    ];
    assert!(violations(stand_ins).is_empty());
}

#[test]
fn toolchain_aliases_are_unique() {
    let named = |name: &str, alias: Value| valid_task(name).attribute("toolchain-alias", alias);
    let fine = [
        named("a", json!("x")),
        named("b", json!(["y", "z"])),
        named("c", json!(null)),
        named("d", json!("")),
        named("e", json!("")),
    ];
    assert!(violations(fine).is_empty());
    assert_eq!(
        violations([
            named("a", json!("x")),
            named("b", json!(["y", "x"])),
            named("c", json!("y")),
        ]),
        [
            "b: the task `a` has the same toolchain alias `x`",
            "c: the task `b` has the same toolchain alias `y`",
        ]
    );
}

fn cached(name: &str, program: &str, caches: Value) -> TestTask {
    valid_task(name).field(
        "payload",
        json!({"command": [program, "--"], "cache": caches}),
    )
}

#[test]
fn caches_belong_to_the_trust_domain_and_level() {
    let fine = [
        cached("a", "sh", json!({"snow-level-1-x": "/x"})),
        cached(
            "b",
            "sh",
            json!({"task-reference": {"snow-level-1-x": "/x"}}),
        ),
        valid_task("c").field("payload", json!({"command": ["sh"]})),
        valid_task("d").field("payload", json!({"mounts": [{"cacheName": "x"}]})),
    ];
    assert!(violations(fine).is_empty());
    let message = |name: &str| format!("a: its cache `{name}` does not begin with `snow-level-1-`");
    for name in ["snow-level-3-x", "other-level-1-x", "x"] {
        assert_eq!(
            violations([cached("a", "sh", json!({name: "/x"}))]),
            [message(name)]
        );
        let referring = json!({"task-reference": {name: "/x"}});
        assert_eq!(violations([cached("a", "sh", referring)]), [message(name)]);
    }
}

#[test]
fn only_run_task_uses_its_caches() {
    let checkout = json!({"snow-level-1-checkouts-abc123": "/x"});
    for program in ["run-task", "/usr/local/bin/run-task", "run-task-hg"] {
        assert!(violations([cached("a", program, checkout.clone())]).is_empty());
    }
    let kept = "a: its cache `checkouts-abc123` is reserved for tasks that use run-task";
    for program in ["sh", "run", "/run-task/sh"] {
        assert_eq!(violations([cached("a", program, checkout.clone())]), [kept]);
    }
    assert_eq!(
        violations([cached(
            "a",
            "run-task",
            json!({"snow-level-1-tooltool-cache": "/x"})
        )]),
        [
            "a: its cache `tooltool-cache` is reserved for run-task, but the name of the cache does not depend on the version of run-task"
        ]
    );
}

#[test]
fn worker_types_must_be_valid_identifiers() {
    let on = |provisioner: &str, worker: &str| {
        task("a")
            .field("provisionerId", json!(provisioner))
            .field("workerType", json!(worker))
    };
    assert!(violations([on("a-B_9", &"x".repeat(38))]).is_empty());
    assert_eq!(
        violations([on("a b", &"x".repeat(39))]),
        [
            format!(
                "a: its workerType \"{}\" is not a valid identifier",
                "x".repeat(39)
            ),
            "a: its provisionerId \"a b\" is not a valid identifier".to_owned(),
        ]
    );
    assert_eq!(
        violations([task("a").field("workerType", json!("w"))]).len(),
        1
    );
    assert_eq!(violations([on("", "w")]).len(), 1);
}

#[test]
fn dependencies_of_every_sort_count() {
    let many = |count: usize| {
        let mut dependent = valid_task("a").only_if("b").soft("s");
        for i in 0..count {
            dependent = dependent.dep_as(&format!("d{i}"), "b");
        }
        // The condition is a dependency too.
        [valid_task("b"), dependent]
    };
    assert!(violations(many(9_996)).is_empty());
    assert_eq!(
        violations(many(9_997)),
        ["a: it has 10000 dependencies, more than the limit of 9999"]
    );
}

#[test]
fn all_violations_are_reported_together() {
    let wrong = routed("a", json!(["index.a b", "notify.x"])).field("workerType", json!(""));
    assert_eq!(violations([wrong]).len(), 3);
}

#[test]
fn always_optimized_tasks_must_not_remain() {
    let planned = |name: &str, worker: &str| PlannedTask {
        task_id: id(name),
        kind: crate::base::name::KindName::parse("toolchain").unwrap(),
        label: crate::model::test_support::label(name),
        description: String::new(),
        attributes: crate::base::value::Object::new(),
        task: crate::config::test_support::object(json!({"workerType": worker})),
        optimization: Value::Null,
        dependencies: Default::default(),
        soft_dependencies: Vec::new(),
        if_dependencies: Vec::new(),
        provenance: Default::default(),
    };
    assert_eq!(
        optimized_task_graph(&IdGraph::new([planned("a", "b-linux")]), None),
        Ok(())
    );
    let mut searching = planned("a", "always-optimized");
    searching.optimization = json!({"index-search": ["snow.v2.a", "snow.v2.b"]});
    let left = IdGraph::new([searching, planned("b", "b-linux")]);
    let message = optimized_task_graph(&left, None).unwrap_err().to_string();
    assert!(
        message
            .starts_with("kind `toolchain`, task `a`: it must be replaced with an existing task"),
        "{message}"
    );
    let cause = "the index has no task at snow.v2.a, snow.v2.b";
    assert!(message.contains(cause), "{message}");
}

#[test]
fn every_verification_has_a_name_of_its_own() {
    let mut names: Vec<_> = VERIFICATIONS.iter().map(|v| v.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(VERIFICATIONS.iter().all(|v| !v.doc.is_empty()));
}
