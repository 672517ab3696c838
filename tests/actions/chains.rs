//! Chains of flavors, and where the tasks of a promotion came from.

use std::collections::BTreeSet;

use serde_json::json;

use super::bench::Bench;
use super::project::Project;
use super::ran::Ran;
use super::releases::{assert_contains_all, on, promotion_trigger, refused};

#[tokio::test]
async fn several_flavors_are_one_graph_with_gates() {
    let bench = Bench::new(Project::with_chains()).await;
    let push = bench.push(json!({})).await.fine();
    bench.work().await;
    let mut input = on(&[&push]);
    input["next_version"] = json!("1.6.0");
    let chain = json!(["promote_fox", "push_fox", "ship_fox"]);
    let ran = bench
        .act(promotion_trigger(&push, chain, input))
        .await
        .fine();
    assert_eq!(
        bench.labels(&ran.task_id),
        [
            "l10n-a",
            "partials-a",
            "push-a",
            "release-gate-promote_fox",
            "release-gate-push_fox",
            "ship-a"
        ]
    );
    let ids = ran.ids();
    let dependencies = |label: &str| -> BTreeSet<String> {
        let task = bench.sandbox.state().task(&ids[label]).unwrap();
        serde_json::from_value(task.definition["dependencies"].clone()).unwrap()
    };
    let (first, second) = (
        &ids["release-gate-promote_fox"],
        &ids["release-gate-push_fox"],
    );
    // push-a needs only l10n-a, but also waits for partials-a.
    let promoted: BTreeSet<String> = ["l10n-a", "partials-a"].map(|l| ids[l].clone()).into();
    assert_eq!(dependencies("release-gate-promote_fox"), promoted);
    assert!(dependencies("push-a").contains(first));
    assert!(dependencies("release-gate-push_fox").contains(&ids["push-a"]));
    assert!(dependencies("ship-a").contains(second));
    assert!(!dependencies("l10n-a").contains(first));
    let state = |label: &str| {
        bench
            .sandbox
            .state()
            .task(&ids[label])
            .unwrap()
            .state
            .name()
    };
    assert_eq!(state("push-a"), "unscheduled");
    for label in ["l10n-a", "partials-a"] {
        assert_eq!(state(label), "pending", "{label}");
    }
    bench.work().await;
    for label in ids.keys() {
        assert_eq!(state(label), "completed", "{label}");
    }
    // Chain of Trust finds gates too.
    let graph = ran.json("task-graph.json");
    assert_eq!(graph[first]["task"]["workerType"], "succeed");
    assert_eq!(ran.parameters()["shipping_phase"], "ship_fox");
    assert_eq!(
        ran.json("target-tasks.json"),
        json!(["l10n-a", "partials-a", "push-a", "ship-a"])
    );
}

#[tokio::test]
async fn a_later_phase_waits_until_an_earlier_one_has_succeeded() {
    let bench = Bench::new(Project::with_chains()).await;
    let push = bench.push(json!({})).await.fine();
    bench.work().await;
    let chain = json!(["promote_fox", "push_fox"]);
    let ran = bench
        .act(promotion_trigger(&push, chain, on(&[&push])))
        .await
        .fine();
    let state = bench.sandbox.state();
    let partials = &ran.ids()["partials-a"];
    state.claim(partials).unwrap();
    state.report_failed(partials).unwrap();
    bench.work().await;
    assert_eq!(
        state.task(&ran.ids()["l10n-a"]).unwrap().state.name(),
        "completed"
    );
    assert_eq!(
        state.task(&ran.ids()["push-a"]).unwrap().state.name(),
        "unscheduled"
    );
}

#[tokio::test]
async fn completed_tasks_of_a_chain_are_reused() {
    let bench = Bench::new(Project::with_chains()).await;
    let push = bench.push(json!({})).await.fine();
    let promote = bench
        .act(promotion_trigger(&push, "promote_fox", on(&[&push])))
        .await
        .fine();
    let chain = json!(["promote_fox", "push_fox"]);
    let ran = bench
        .act(promotion_trigger(&push, chain, on(&[&push, &promote])))
        .await
        .fine();
    assert_eq!(
        bench.labels(&ran.task_id),
        ["push-a", "release-gate-promote_fox"]
    );
    assert_eq!(ran.ids()["partials-a"], promote.ids()["partials-a"]);
    // A chain of one is that flavor.
    let one = bench
        .act(promotion_trigger(
            &push,
            json!(["promote_fox"]),
            on(&[&push]),
        ))
        .await
        .fine();
    assert_eq!(bench.labels(&one.task_id), ["l10n-a", "partials-a"]);
}

#[tokio::test]
async fn flavors_that_cannot_form_a_chain_are_reported() {
    let bench = Bench::new(Project::with_chains()).await;
    let push = bench.push(json!({})).await.fine();
    let error = refused(
        &bench,
        promotion_trigger(&push, json!(["promote_fox_rc", "push_fox"]), json!({})),
    )
    .await;
    assert_contains_all(
        &error,
        &["`promote_fox_rc` and `push_fox` differ in `is-rc`"],
    );
    let error = refused(
        &bench,
        promotion_trigger(&push, json!("nothing"), json!({})),
    )
    .await;
    assert_contains_all(
        &error,
        &[
            "\"nothing\" matches none of the allowed schemas",
            "promote_fox_rc",
        ],
    );
    for chain in [
        json!([]),
        json!(["promote_fox", "promote_fox"]),
        json!(["promote_fox", "nothing"]),
    ] {
        let error = refused(&bench, promotion_trigger(&push, chain, json!({}))).await;
        assert_contains_all(&error, &["release_promotion_flavor"]);
    }
    let (bench, push) = Bench::with_push().await;
    let error = refused(
        &bench,
        promotion_trigger(&push, json!(["promote_fox"]), json!({})),
    )
    .await;
    assert_contains_all(&error, &["release_promotion_flavor"]);
}

#[tokio::test]
async fn every_task_has_provenance() {
    let (bench, push) = Bench::with_push().await;
    let promote = bench
        .act(promotion_trigger(&push, "promote_fox", on(&[&push])))
        .await
        .fine();
    // The last graph names all that it rests on, so it alone is enough.
    let again = bench
        .act(promotion_trigger(&push, "push_fox", on(&[&promote])))
        .await
        .fine();
    let provenance = again.json("provenance.json");
    assert_eq!(provenance["action"], again.task_id.as_str());
    assert_eq!(provenance["flavors"], json!(["push_fox"]));
    assert_eq!(provenance["previous"], json!([promote.task_id.as_str()]));
    assert_eq!(
        provenance["graphs"][push.task_id.as_str()],
        json!({"revision": "r1", "previous": []})
    );
    for (label, how, graph) in [
        ("build-a", "reused", &push),
        ("l10n-a", "reused", &promote),
        ("push-a", "created", &again),
    ] {
        let expected = json!({
            "taskId": again.ids()[label], "how": how, "graph": graph.task_id.as_str(), "revision": "r1",
        });
        assert_eq!(provenance["tasks"][label], expected, "{label}");
    }
    let labels: Vec<String> = provenance["tasks"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(labels, again.ids().into_keys().collect::<Vec<_>>());
}

#[tokio::test]
async fn tasks_of_several_revisions_are_not_shipped() {
    let (bench, push) = Bench::with_push().await;
    let older = bench.push(json!({"head_rev": "r0"})).await.fine();
    // Built from r0, promoted from r1: a fix of the graph has landed in between.
    let promote = bench
        .act(promotion_trigger(
            &push,
            "promote_fox",
            on(&[&push, &older]),
        ))
        .await
        .fine();
    let next = |graphs: &[&Ran]| {
        let mut input = on(graphs);
        input["next_version"] = json!("1.6.0");
        input
    };
    let out = bench
        .act(promotion_trigger(
            &push,
            "push_fox",
            on(&[&push, &older, &promote]),
        ))
        .await
        .fine();
    let before = [&push, &older, &promote, &out];
    let fine = bench
        .act(promotion_trigger(&push, "ship_fox", next(&before)))
        .await
        .fine();
    assert_eq!(bench.labels(&fine.task_id), ["ship-a"]);
    // Signed from r1, and built from r0.
    let mixed = bench.new_id();
    let definition = bench.definition(&mixed, "Decision Task", "branch:main");
    bench.begin(&mixed, &definition);
    let mut artifacts = older.artifacts.clone();
    let mut labels = older.json("label-to-taskid.json");
    labels["sign-a"] = json!(push.ids()["sign-a"]);
    artifacts.insert(
        "label-to-taskid.json".to_owned(),
        labels.to_string().into_bytes(),
    );
    let mixed = bench.end(mixed, artifacts, Ok(()));
    let mut input = next(&[&push, &mixed, &promote]);
    // l10n-a would be taken from the promotion with all that it knows; now everything is looked at.
    input["previous_graph_ids"] = json!([
        push.task_id.as_str(),
        promote.task_id.as_str(),
        out.task_id.as_str(),
        mixed.task_id.as_str()
    ]);
    let error = refused(&bench, promotion_trigger(&push, "ship_fox", input.clone())).await;
    assert_contains_all(
        &error,
        &[
            "task `ship-a`",
            "tasks of the phase `build` from several revisions",
            "r0",
            "r1",
            "build-a",
            "sign-a",
        ],
    );
    input["allow_mixed_revisions"] = json!(true);
    bench
        .act(promotion_trigger(&push, "ship_fox", input))
        .await
        .fine();
}
