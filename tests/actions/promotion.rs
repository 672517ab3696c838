//! The parameters of a release promotion, and the graphs that it is put on.

use serde_json::{Value, json};

use super::bench::{Bench, REPOSITORY};
use super::ran::{Ran, Trigger};
use super::releases::{self, on as previous};

fn promotion_trigger(push: &Ran, input: Value) -> Trigger {
    releases::promotion_trigger(push, "promote_fox", input)
}

#[tokio::test]
async fn a_release_is_a_chain_of_graphs() {
    let (bench, push) = Bench::with_push().await;
    let promote = bench.act(promotion_trigger(&push, json!({}))).await.fine();
    assert_eq!(bench.labels(&promote.task_id), ["l10n-a", "partials-a"]);
    let mut input = previous(&[&push, &promote]);
    input["release_promotion_flavor"] = json!("push_fox");
    let out = bench.act(promotion_trigger(&push, input)).await.fine();
    assert_eq!(bench.labels(&out.task_id), ["push-a"]);
    let mut input = previous(&[&push, &promote, &out]);
    input["release_promotion_flavor"] = json!("ship_fox");
    input["next_version"] = json!("1.6.0");
    let ship = bench.act(promotion_trigger(&push, input)).await.fine();
    assert_eq!(bench.labels(&ship.task_id), ["ship-a"]);
    let ids = ship.ids();
    for (label, of) in [
        ("build-a", &push),
        ("sign-a", &push),
        ("l10n-a", &promote),
        ("partials-a", &promote),
        ("push-a", &out),
    ] {
        assert_eq!(ids[label], of.ids()[label], "{label}");
    }
    for task in bench.tasks(&ship.task_id) {
        assert_eq!(task.definition["schedulerId"], "snow-level-1");
    }
    // The action tasks themselves are in the group of the push.
    let members = bench.sandbox.state().group_tasks(push.task_id.as_str());
    for action in [&promote, &out, &ship] {
        assert!(
            members
                .iter()
                .any(|task| task.task_id == action.task_id.as_str())
        );
    }
}

#[tokio::test]
async fn a_promotion_writes_all_artifacts_of_a_decision() {
    let (bench, push) = Bench::with_push().await;
    let ran = bench.act(promotion_trigger(&push, json!({}))).await.fine();
    assert_eq!(
        ran.artifacts.keys().collect::<Vec<_>>(),
        [
            "actions.json",
            "full-task-graph.json",
            "label-to-taskid.json",
            "optimizations.log",
            "parameters.yml",
            "provenance.json",
            "runnable-jobs.json",
            "submission.json",
            "target-tasks.json",
            "task-graph.json",
        ]
    );
    // Actions on the tasks of a promotion belong to its group.
    for action in ran.json("actions.json")["actions"].as_array().unwrap() {
        let group = &action["hookPayload"]["decision"]["action"]["taskGroupId"];
        assert_eq!(group, ran.task_id.as_str());
    }
    assert_eq!(
        ran.json("target-tasks.json"),
        json!(["l10n-a", "partials-a"])
    );
}

#[tokio::test]
async fn parameters_are_those_of_the_first_graph_with_the_revision_of_the_action() {
    let bench = Bench::new(super::project::Project::release()).await;
    let older =
        json!({"head_rev": "r0", "owner": "older@example.com", "pushlog_id": "7", "build_date": 5});
    let older = bench.push(older).await.fine();
    let push = bench
        .push(json!({"owner": "newer@example.com"}))
        .await
        .fine();
    let ran = bench
        .act(promotion_trigger(&push, previous(&[&older, &push])))
        .await
        .fine();
    let parameters = ran.parameters();
    let mut expected = older.parameters();
    let existing = push.ids();
    expected.extend(
        json!({
            "head_rev": "r1",
            "existing_tasks": existing,
            "do_not_optimize": [],
            "target_tasks_method": "promote",
            "build_number": 1,
            "optimize_target_tasks": true,
            "shipping_phase": "promote_fox",
            "tasks_for": "action",
            "version": "1.5.0",
            "release_product": "fox",
            "release_type": "release",
        })
        .as_object()
        .unwrap()
        .clone(),
    );
    assert_eq!(parameters, expected);
    assert_eq!(parameters["owner"], "older@example.com");
    let ran = bench
        .act(promotion_trigger(&push, previous(&[&push, &older])))
        .await
        .fine();
    assert_eq!(ran.parameters()["owner"], "newer@example.com");
    assert_eq!(ran.parameters()["head_repository"], REPOSITORY);
}

#[tokio::test]
async fn target_tasks_that_the_push_did_not_create_are_created() {
    let bench = Bench::new(super::project::Project::release()).await;
    let push = bench
        .push(json!({"optimize_target_tasks": false}))
        .await
        .fine();
    let ran = bench.act(promotion_trigger(&push, json!({}))).await.fine();
    assert_eq!(ran.parameters()["optimize_target_tasks"], true);
    assert_eq!(bench.labels(&ran.task_id), ["l10n-a", "partials-a"]);
}

#[tokio::test]
async fn the_input_sets_version_build_number_and_next_version() {
    let (bench, push) = Bench::with_push().await;
    let input = json!({"version": "2.0b3", "build_number": 4, "next_version": "2.0b4"});
    let parameters = bench
        .act(promotion_trigger(&push, input))
        .await
        .fine()
        .parameters();
    assert_eq!(parameters["version"], "2.0b3");
    assert_eq!(parameters["build_number"], 4);
    assert_eq!(parameters["next_version"], "2.0b4");
    let input = json!({"version": "", "next_version": ""});
    let parameters = bench
        .act(promotion_trigger(&push, input))
        .await
        .fine()
        .parameters();
    assert_eq!(parameters["version"], "1.5.0");
    assert_eq!(parameters["next_version"], json!(null));
}

#[tokio::test]
async fn a_version_is_required() {
    let (bench, push) = Bench::with_push().await;
    bench.project.write("version.txt", "  3.1.4 \nnot this\n");
    let created = bench
        .act(promotion_trigger(&push, json!({})))
        .await
        .fine()
        .parameters();
    assert_eq!(created["version"], "3.1.4");
    bench.project.remove("version.txt");
    let error = bench
        .act(promotion_trigger(&push, json!({})))
        .await
        .error_text();
    assert!(
        error.contains("cannot determine the version to promote"),
        "{error}"
    );
    let input = json!({"version": "9"});
    bench.act(promotion_trigger(&push, input)).await.fine();
}

#[tokio::test]
async fn a_custom_version_parser_is_not_ignored() {
    let (bench, push) = Bench::with_push().await;
    let config =
        std::fs::read_to_string(bench.project.root().join("taskcluster/config.yml")).unwrap();
    let with = |parser: &str| {
        let config = format!("{config}version-parser: {parser}\n");
        bench.project.write("taskcluster/config.yml", &config);
    };
    with("ours:parse");
    let error = bench
        .act(promotion_trigger(&push, json!({})))
        .await
        .error_text();
    assert!(
        error.contains("is set to the Python function `ours:parse`"),
        "{error}"
    );
    assert!(error.contains("config.yml:"), "{error}");
    bench
        .act(promotion_trigger(&push, json!({"version": "1.0"})))
        .await
        .fine();
    with("mozilla_taskgraph.version:default_parser");
    bench.act(promotion_trigger(&push, json!({}))).await.fine();
}

#[tokio::test]
async fn without_previous_graphs_the_index_finds_the_push() {
    let bench = Bench::new(super::project::Project::release()).await;
    let push = bench.push(json!({})).await.fine();
    let again = bench.push(json!({})).await.fine();
    for input in [json!({}), json!({"previous_graph_ids": []})] {
        let ran = bench.act(promotion_trigger(&push, input)).await.fine();
        assert_eq!(ran.ids()["build-a"], again.ids()["build-a"]);
    }
    // What is in no index has its group.
    let request = bench.push(json!({"project": "fork"})).await.fine();
    let ran = bench
        .act(promotion_trigger(&request, json!({})))
        .await
        .fine();
    assert_eq!(ran.ids()["build-a"], request.ids()["build-a"]);
}

#[tokio::test]
async fn rebuilds_come_from_the_flavor_unless_the_input_names_them() {
    let (bench, push) = Bench::with_push().await;
    let promote = bench.act(promotion_trigger(&push, json!({}))).await.fine();
    let run = async |more: Value| {
        let mut input = previous(&[&push, &promote]);
        input["release_promotion_flavor"] = json!("again_fox");
        input
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let ran = bench.act(promotion_trigger(&push, input)).await.fine();
        bench.labels(&ran.task_id)
    };
    assert_eq!(run(json!({})).await, ["l10n-a", "partials-a"]);
    assert_eq!(run(json!({"rebuild_kinds": []})).await, ["partials-a"]);
    assert_eq!(run(json!({"do_not_optimize": []})).await, ["l10n-a"]);
    assert_eq!(
        run(json!({"rebuild_kinds": ["sign"], "do_not_optimize": []})).await,
        ["l10n-a", "partials-a", "sign-a"]
    );
}

#[tokio::test]
async fn a_flavor_sets_product_and_type() {
    let (bench, push) = Bench::with_push().await;
    let candidate = json!({"release_promotion_flavor": "promote_fox_rc"});
    let candidate = bench.act(promotion_trigger(&push, candidate)).await.fine();
    assert_eq!(candidate.parameters()["release_type"], "release-rc");
    assert_eq!(candidate.parameters()["shipping_phase"], "promote_fox_rc");
    // On top of a candidate an ordinary release is one again.
    let ran = bench
        .act(promotion_trigger(&push, previous(&[&candidate, &push])))
        .await
        .fine();
    assert_eq!(ran.parameters()["release_type"], "release");
    // Other types are the project's own.
    let beta = bench.push(json!({"release_type": "beta"})).await.fine();
    let ran = bench
        .act(promotion_trigger(&push, previous(&[&beta])))
        .await
        .fine();
    assert_eq!(ran.parameters()["release_type"], "beta");
}

#[tokio::test]
async fn a_target_tasks_method_may_contain_the_project() {
    let (bench, push) = Bench::with_push().await;
    let input = json!({"release_promotion_flavor": "own_ci"});
    let error = bench
        .act(promotion_trigger(&push, input))
        .await
        .error_text();
    assert!(
        error.contains("unknown target-tasks method `nothingci`"),
        "{error}"
    );
}

#[tokio::test]
async fn the_input_is_checked_against_the_schema() {
    let (bench, push) = Bench::with_push().await;
    for (input, part) in [
        (
            json!({"release_promotion_flavor": "promote_wolf"}),
            "promote_wolf",
        ),
        (json!({"build_number": 0}), "build_number"),
        (json!({"build_number": "1"}), "build_number"),
        (json!({"previous_graph_ids": "x"}), "previous_graph_ids"),
        (json!({"rebuild_kinds": [1]}), "rebuild_kinds"),
        (json!({"version": null}), "version"),
    ] {
        let error = bench
            .act(promotion_trigger(&push, input))
            .await
            .error_text();
        assert!(
            error.contains("the input of the action release-promotion"),
            "{error}"
        );
        assert!(error.contains(part), "{part} is not in {error}");
    }
    let mut trigger = promotion_trigger(&push, json!({}));
    trigger.input = json!({});
    let error = bench.act(trigger).await.error_text();
    for part in ["release_promotion_flavor", "build_number"] {
        assert!(error.contains(part), "{part} is not in {error}");
    }
}

#[tokio::test]
async fn invalid_graphs_are_reported_before_anything_is_created() {
    let (bench, push) = Bench::with_push().await;
    let error_of = async |ids: Value| {
        let groups = bench.sandbox.state().groups().len();
        let ran = bench
            .act(promotion_trigger(&push, json!({"previous_graph_ids": ids})))
            .await;
        assert_eq!(bench.sandbox.state().groups().len(), groups);
        ran.error_text()
    };
    let malformed = error_of(json!(["not an id", "a/b", push.task_id.as_str()])).await;
    assert!(malformed.contains("not an id"), "{malformed}");
    assert!(malformed.contains("a/b"), "{malformed}");
    let unknown = bench.new_id();
    let missing = error_of(json!([push.task_id.as_str(), unknown.as_str()])).await;
    assert!(missing.contains(unknown.as_str()), "{missing}");
    assert!(missing.contains("full-task-graph.json"), "{missing}");
    let first = error_of(json!([unknown.as_str()])).await;
    assert!(first.contains(unknown.as_str()), "{first}");
    // A task that is no decision.
    let task = push.ids()["build-a"].clone();
    let plain = error_of(json!([push.task_id.as_str(), task])).await;
    assert!(plain.contains("specify a decision task"), "{plain}");
}

/// A task with some of the artifacts of another.
fn copy(bench: &Bench, of: &Ran, change: impl Fn(&str, &[u8]) -> Option<Vec<u8>>) -> Ran {
    let task_id = bench.new_id();
    let definition = bench.definition(&task_id, "Decision Task", "branch:main");
    bench.begin(&task_id, &definition);
    let changed = of.artifacts.iter();
    let changed = changed.filter_map(|(name, text)| Some((name.clone(), change(name, text)?)));
    bench.end(task_id, changed.collect(), Ok(()))
}

#[tokio::test]
async fn a_graph_without_ids_is_not_treated_as_empty() {
    let (bench, push) = Bench::with_push().await;
    let broken = copy(&bench, &push, |name, text| {
        (name != "label-to-taskid.json").then(|| text.to_vec())
    });
    let error = bench
        .act(promotion_trigger(&push, previous(&[&push, &broken])))
        .await
        .error_text();
    assert!(
        error.contains(&format!("{} has no label-to-taskid.json", broken.task_id)),
        "{error}"
    );
    for (artifact, content) in [
        ("label-to-taskid.json", "[]"),
        ("label-to-taskid.json", "{"),
        ("label-to-taskid.json", "{\"build-a\": 1}"),
        ("full-task-graph.json", "{"),
        (
            "full-task-graph.json",
            "{\"build-a\": {\"label\": \"build-a\"}}",
        ),
        ("parameters.yml", "- a"),
    ] {
        let broken = copy(&bench, &push, |name, text| {
            Some(if name == artifact {
                content.into()
            } else {
                text.to_vec()
            })
        });
        let error = bench
            .act(promotion_trigger(&push, previous(&[&broken, &push])))
            .await
            .error_text();
        assert!(
            error.contains(broken.task_id.as_str()),
            "{artifact} {content}: {error}"
        );
        assert!(error.contains(artifact), "{artifact} {content}: {error}");
    }
}

#[tokio::test]
async fn a_rerun_of_a_promotion_creates_nothing_more() {
    let (bench, push) = Bench::with_push().await;
    let first = bench
        .act(promotion_trigger(&push, previous(&[&push])))
        .await
        .fine();
    bench.work().await;
    let before = bench.everything();
    let (artifacts, outcome) = bench.once_more(&first.task_id).await;
    assert_eq!(outcome, Ok(()));
    assert_eq!(artifacts, first.artifacts);
    assert_eq!(bench.everything(), before);
}
