//! What flavors of release promotion need, and what they refuse.

use serde_json::{Value, json};

use super::bench::Bench;
use super::project::Project;
use super::ran::{Ran, Trigger};

pub fn promotion_trigger(push: &Ran, flavor: impl Into<Value>, input: Value) -> Trigger {
    let mut whole = json!({"release_promotion_flavor": flavor.into(), "build_number": 1});
    whole
        .as_object_mut()
        .unwrap()
        .extend(input.as_object().unwrap().clone());
    Trigger {
        callback: "release-promotion",
        group: Some(push.task_id.clone()),
        task: None,
        input: whole,
    }
}

pub fn on(graphs: &[&Ran]) -> Value {
    let ids: Vec<&str> = graphs.iter().map(|ran| ran.task_id.as_str()).collect();
    json!({"previous_graph_ids": ids})
}

/// The error of a promotion that must not create anything.
pub async fn refused(bench: &Bench, trigger: Trigger) -> String {
    let before = bench.everything().len();
    let ran = bench.act(trigger).await;
    assert_eq!(bench.everything().len(), before + 1, "only the action task");
    ran.error_text()
}

#[track_caller]
pub fn assert_contains_all(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[tokio::test]
async fn an_unknown_flavor_is_reported_with_all_known_ones() {
    for project in [Project::release(), Project::with_chains()] {
        let bench = Bench::new(project).await;
        let push = bench.push(json!({})).await.fine();
        let error = refused(&bench, promotion_trigger(&push, "promote_fix", json!({}))).await;
        assert_contains_all(
            &error,
            &["did you mean `promote_fox`?", "again_fox", "ship_fox_rc"],
        );
    }
}

#[tokio::test]
async fn a_version_bump_needs_the_next_version() {
    let (bench, push) = Bench::with_push().await;
    for input in [json!({}), json!({"next_version": ""})] {
        let error = refused(&bench, promotion_trigger(&push, "ship_fox", input)).await;
        assert_contains_all(
            &error,
            &["the flavor `ship_fox`", "`next_version` is not given"],
        );
    }
    let error = refused(
        &bench,
        promotion_trigger(&push, "ship_fox", json!({"next_version": 2})),
    )
    .await;
    assert_contains_all(&error, &["`next_version`", "2 is not of type"]);
}

#[tokio::test]
async fn the_next_version_is_higher() {
    let (bench, push) = Bench::with_push().await;
    for next in ["94.0b3", "94.0b2", "93.0"] {
        let input = json!({"version": "94.0b3", "next_version": next});
        let error = refused(&bench, promotion_trigger(&push, "promote_fox", input)).await;
        let wrong = format!("`next_version` is {next}, which is not higher than");
        assert_contains_all(&error, &[&wrong, "94.0b3"]);
    }
}

#[tokio::test]
async fn a_production_release_with_partial_updates_needs_their_input() {
    let bench = Bench::new(Project::with_real_releases()).await;
    let push = bench.push(json!({"level": "3"})).await;
    let push = push.fine();
    // A push may also be named by its branch alone.
    let short = bench
        .push(json!({"level": "3", "head_ref": "main", "head_rev": "r3"}))
        .await;
    for push in [&push, &short.fine()] {
        let error = refused(&bench, promotion_trigger(push, "partial_fox", json!({}))).await;
        assert_contains_all(
            &error,
            &[
                "`partial_fox` makes partial updates",
                "this is a production release",
            ],
        );
    }
    for (updates, part) in [
        (json!({"1.4": {}}), "buildNumber"),
        (json!({"1.4": {"buildNumber": 0}}), "partial_updates"),
        (json!([1]), "partial_updates"),
    ] {
        let input = json!({"partial_updates": updates});
        let error = refused(&bench, promotion_trigger(&push, "partial_fox", input)).await;
        assert_contains_all(&error, &["the input of the action release-promotion", part]);
    }
    let updates = json!({"1.4": {"buildNumber": 2, "locales": ["de", "fr"]}});
    let input = json!({"partial_updates": updates});
    let ran = bench
        .act(promotion_trigger(&push, "partial_fox", input))
        .await
        .fine();
    assert_eq!(ran.parameters()["release_history"], updates);
    // A rehearsal or a staging release can do without.
    let staging = bench
        .push(json!({"level": "1", "head_rev": "r2"}))
        .await
        .fine();
    bench
        .act(promotion_trigger(&staging, "partial_fox", json!({})))
        .await
        .fine();
}

#[tokio::test]
async fn is_rc_needs_a_release_version() {
    let (bench, push) = Bench::with_push().await;
    for version in ["2.0b3", "2.0a1", "2.0esr"] {
        let input = json!({"version": version});
        let error = refused(&bench, promotion_trigger(&push, "promote_fox_rc", input)).await;
        assert_contains_all(&error, &["is for release candidates", version]);
    }
    for version in ["2.0", "2.0.0-rc.1", "friday"] {
        let input = json!({"version": version});
        bench
            .act(promotion_trigger(&push, "promote_fox_rc", input))
            .await
            .fine();
    }
}

#[tokio::test]
async fn a_flavor_that_selects_nothing_is_reported() {
    let (bench, push) = Bench::with_push().await;
    let error = refused(&bench, promotion_trigger(&push, "aimless", json!({}))).await;
    assert_contains_all(
        &error,
        &["`aimless` selects no task", "no `product`", "config.yml:"],
    );
}

#[tokio::test]
async fn the_type_of_a_release_follows_from_flavor_and_version() {
    let (bench, push) = Bench::with_push().await;
    for (flavor, version, release_type) in [
        ("promote_fox", "94.0", "release"),
        ("promote_fox", "94.0b14", "beta"),
        ("promote_fox", "94.0.1esr", "esr"),
        ("promote_fox", "94.0a1", "nightly"),
        ("promote_fox", "94.0.0-rc.1", "release"),
        ("promote_fox", "friday", "release"),
        ("beta_fox", "94.0", "beta"),
        ("promote_fox_rc", "94.0", "release-rc"),
    ] {
        let input = json!({"version": version});
        let created = bench
            .act(promotion_trigger(&push, flavor, input))
            .await
            .fine();
        assert_eq!(
            created.parameters()["release_type"],
            release_type,
            "{flavor} {version}"
        );
    }
}

#[tokio::test]
async fn input_for_partners_becomes_parameters() {
    let (bench, push) = Bench::with_push().await;
    let partner_input = json!({
        "release_eta": "2026-01-31T12:00:00Z",
        "release_partners": ["a", "b"],
        "release_partner_config": {"release-partner-repack": {"a": {}}},
        "release_partner_build_number": 3,
        "release_enable_partner_repack": true,
        "release_enable_partner_attribution": false,
        "release_enable_emefree": true,
    });
    let created = bench
        .act(promotion_trigger(
            &push,
            "promote_fox",
            partner_input.clone(),
        ))
        .await
        .fine();
    let created = created.parameters();
    for (name, value) in partner_input.as_object().unwrap() {
        assert_eq!(&created[name], value, "{name}");
    }
    let plain = bench
        .act(promotion_trigger(&push, "promote_fox", json!({})))
        .await
        .fine();
    assert!(!plain.parameters().contains_key("release_eta"));
    let wrong = json!({
        "release_partners": "a", "release_partner_build_number": 0, "release_enable_emefree": "no",
    });
    let error = refused(&bench, promotion_trigger(&push, "promote_fox", wrong)).await;
    assert_contains_all(
        &error,
        &[
            "release_partners",
            "release_partner_build_number",
            "release_enable_emefree",
        ],
    );
    let error = refused(
        &bench,
        promotion_trigger(&push, "promote_fox", json!({"release_eta": "soon"})),
    )
    .await;
    assert_contains_all(
        &error,
        &["`release_eta` is \"soon\"", "2026-01-31T12:00:00Z"],
    );
}

#[tokio::test]
async fn a_revision_finds_its_decision() {
    let (bench, newer) = Bench::with_push().await;
    let older = bench.push(json!({"head_rev": "r0"})).await.fine();
    let ran = bench
        .act(promotion_trigger(
            &newer,
            "promote_fox",
            json!({"revision": "r0"}),
        ))
        .await
        .fine();
    assert_eq!(ran.ids()["build-a"], older.ids()["build-a"]);
    // What is created is of the revision that the action was fired from.
    assert_eq!(ran.parameters()["head_rev"], "r1");
    let error = refused(
        &bench,
        promotion_trigger(&newer, "promote_fox", json!({"revision": "r9"})),
    )
    .await;
    assert_contains_all(
        &error,
        &[
            "no decision task of the revision r9",
            "snow.v2.ci.revision.r9",
        ],
    );
    // Graphs that are named come first.
    let mut input = on(&[&newer]);
    input["revision"] = json!("r0");
    let ran = bench
        .act(promotion_trigger(&newer, "promote_fox", input))
        .await
        .fine();
    assert_eq!(ran.ids()["build-a"], newer.ids()["build-a"]);
}

#[tokio::test]
async fn graphs_of_other_projects_are_not_promoted() {
    let (bench, push) = Bench::with_push().await;
    let fork = bench.push(json!({"project": "fork"})).await.fine();
    let elsewhere = json!({"head_repository": "https://github.com/else/ci", "head_rev": "r2"});
    let elsewhere = bench.push(elsewhere).await.fine();
    let error = refused(
        &bench,
        promotion_trigger(&push, "promote_fox", on(&[&push, &fork, &elsewhere])),
    )
    .await;
    assert_contains_all(
        &error,
        &[
            fork.task_id.as_str(),
            "its project is `fork`, but that of this project is `ci`",
            elsewhere.task_id.as_str(),
            "its head_repository is `https://github.com/else/ci`",
        ],
    );
}

#[tokio::test]
async fn expired_graphs_are_reported_as_expired() {
    let (bench, old) = Bench::with_push().await;
    bench.wait(20 * 24 * 60 * 60);
    let push = bench.push(json!({"head_rev": "r2"})).await.fine();
    let error = refused(
        &bench,
        promotion_trigger(&push, "promote_fox", on(&[&push, &old])),
    )
    .await;
    assert_contains_all(&error, &[old.task_id.as_str(), "expired"]);
}

#[tokio::test]
async fn an_unfinished_graph_is_reported() {
    let (bench, push) = Bench::with_push().await;
    let running = bench.new_id();
    let definition = bench.definition(&running, "Decision Task", "branch:main");
    bench.begin(&running, &definition);
    let mut input = on(&[&push]);
    input["previous_graph_ids"]
        .as_array_mut()
        .unwrap()
        .push(json!(running.as_str()));
    let error = refused(&bench, promotion_trigger(&push, "promote_fox", input)).await;
    assert_contains_all(&error, &[running.as_str(), "the task is running"]);
}

#[tokio::test]
async fn graphs_are_named_once_and_exclude_the_action() {
    let (bench, push) = Bench::with_push().await;
    let error = refused(
        &bench,
        promotion_trigger(&push, "promote_fox", on(&[&push, &push])),
    )
    .await;
    assert_contains_all(&error, &["contains", push.task_id.as_str(), "twice"]);
    let own = bench.new_id();
    let input = json!({"previous_graph_ids": [push.task_id.as_str(), own.as_str()]});
    let before = bench.everything().len();
    let error = bench
        .act_as(&own, &[], promotion_trigger(&push, "promote_fox", input))
        .await
        .error_text();
    assert_contains_all(&error, &[own.as_str(), "this action task itself"]);
    assert_eq!(bench.everything().len(), before + 1);
}

#[tokio::test]
async fn graphs_that_depend_on_each_other_are_refused() {
    let (bench, push) = Bench::with_push().await;
    let promote = bench
        .act(promotion_trigger(&push, "promote_fox", on(&[&push])))
        .await
        .fine();
    let out = bench
        .act(promotion_trigger(&push, "push_fox", on(&[&push, &promote])))
        .await
        .fine();
    // A graph that says that it rests on one that was put on it later.
    let forged = bench.new_id();
    let definition = bench.definition(&push.task_id, "Action", "action:release-promotion");
    bench.begin(&forged, &definition);
    let mut artifacts = promote.artifacts.clone();
    let mut provenance = promote.json("provenance.json");
    provenance["action"] = json!(promote.task_id.as_str());
    provenance["previous"] = json!([out.task_id.as_str()]);
    artifacts.insert(
        "provenance.json".to_owned(),
        provenance.to_string().into_bytes(),
    );
    let forged = bench.end(forged, artifacts, Ok(()));
    let error = refused(
        &bench,
        promotion_trigger(&push, "push_fox", on(&[&push, &out, &forged])),
    )
    .await;
    assert_contains_all(
        &error,
        &[
            "depend on each other",
            promote.task_id.as_str(),
            out.task_id.as_str(),
            "provenance.json",
        ],
    );
}

#[tokio::test]
async fn a_promotion_with_running_tasks_is_not_rerun() {
    let (bench, push) = Bench::with_push().await;
    bench.work().await;
    let promote = bench
        .act(promotion_trigger(&push, "promote_fox", on(&[&push])))
        .await
        .fine();
    assert_eq!(bench.labels(&promote.task_id), ["l10n-a", "partials-a"]);
    let before = bench.everything();
    let (artifacts, outcome) = bench.once_more(&promote.task_id).await;
    let error = outcome.unwrap_err().to_string();
    assert_contains_all(
        &error,
        &[
            "unfinished tasks of an earlier run",
            "pending or running",
            "l10n-a",
            "1 more",
        ],
    );
    assert!(!artifacts.contains_key("provenance.json"));
    assert_eq!(bench.everything(), before);
    bench.work().await;
    let (_, outcome) = bench.once_more(&promote.task_id).await;
    assert_eq!(outcome, Ok(()));
}

#[tokio::test]
async fn an_interrupted_promotion_continues() {
    let (bench, push) = Bench::with_push().await;
    bench.work().await;
    // On another queue only the first of its tasks exists when the action begins: its worker died
    // after creating it.
    let promote = bench
        .act(promotion_trigger(&push, "promote_fox", on(&[&push])))
        .await
        .fine();
    let state = bench.sandbox.state();
    let definition = |label: &str| state.task(&promote.ids()[label]).unwrap().definition;
    let (l10n, partials) = (definition("l10n-a"), definition("partials-a"));
    let bench2 = Bench::new(Project::release()).await;
    let push2 = bench2.push(json!({})).await.fine();
    assert_eq!(push2.ids(), push.ids(), "both benches give the same ids");
    bench2.work().await;
    let own = promote.task_id.clone();
    let mut action = bench2.definition(&push2.task_id, "Action", "action:release-promotion");
    action["extra"] = state.task(own.as_str()).unwrap().definition["extra"].clone();
    let environment = bench2.begin(&own, &action);
    bench2
        .sandbox
        .state()
        .create_task(&promote.ids()["l10n-a"], &l10n)
        .unwrap();
    let resumed = bench2.call_back(&own, &environment).await.fine();
    assert_eq!(resumed.ids(), promote.ids());
    assert_eq!(bench2.labels(&own), ["l10n-a", "partials-a"]);
    // Something that is not planned is not passed over.
    let bench3 = Bench::new(Project::release()).await;
    let push3 = bench3.push(json!({})).await.fine();
    bench3.work().await;
    let mut action = bench3.definition(&push3.task_id, "Action", "action:release-promotion");
    action["extra"] = state.task(own.as_str()).unwrap().definition["extra"].clone();
    let environment = bench3.begin(&own, &action);
    let stray = bench3.new_id();
    bench3
        .sandbox
        .state()
        .create_task(stray.as_str(), &partials)
        .unwrap();
    let error = bench3.call_back(&own, &environment).await.error_text();
    assert_contains_all(
        &error,
        &["this run does not create", "partials-a", stray.as_str()],
    );
    assert_eq!(bench3.labels(&own), ["partials-a"]);
}
