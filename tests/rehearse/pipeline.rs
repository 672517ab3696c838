//! This project's own pipeline: what each flavor has and has not.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use snowman::base::value::{Value, json};
use snowman::cli::parse_arguments;
use snowman::config::graph_config::GraphConfig;
use snowman::decision::Context;
use snowman::ports::clock::SystemClock;
use snowman::ports::environment::Environment;
use snowman::ports::files::Disk;
use snowman::rehearse::Options;
use snowman::rehearse::rehearsal::Rehearsal;
use snowman::task_scripts::TaskScripts;

/// A task that was created, as its full graph describes it.
#[derive(Debug)]
struct CreatedTask {
    label: String,
    kind: String,
    product: String,
    phase: String,
    partner: bool,
}

/// Rehearses flavors one after another; what each phase created, the push first.
async fn rehearsed(flavors: &[&str]) -> Vec<Vec<CreatedTask>> {
    let files = Disk::new(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let environment = Environment::of_process();
    let vcs = snowman::vcs::discover(files.root(), &environment).unwrap();
    let mut graph_config = GraphConfig::load(&files, "taskcluster").unwrap();
    promise_no_updates(&mut graph_config);
    let environment = Environment::default();
    let task_scripts = TaskScripts::default();
    let context = Context {
        files: &files,
        vcs: Some(&*vcs),
        environment: &environment,
        clock: &SystemClock,
        taskcluster: None,
        task_scripts: &task_scripts,
        python: None,
        cache: None,
        fast: false,
        stop: &snowman::ports::stop::NEVER,
    };
    let options = Options::default();
    let mut rehearsal = Rehearsal::start(
        context,
        &graph_config,
        &options,
        parse_arguments,
        Arc::new(|_| {}),
    )
    .await
    .unwrap();
    let pushed = rehearsal.push().await.unwrap();
    assert!(pushed.holds(), "{pushed:#?}");
    for flavor in flavors {
        let previous: Vec<String> = rehearsal.graphs().iter().map(ToString::to_string).collect();
        let chain: Vec<&str> = flavor.split('+').collect();
        let expected = match chain.as_slice() {
            [one] => json!(one),
            several => json!(several),
        };
        let input = json!({
            "release_promotion_flavor": expected, "build_number": 1, "previous_graph_ids": previous,
            "next_version": "10.0",
        });
        let report = rehearsal.promote(flavor, input).await.unwrap();
        assert!(report.holds(), "{flavor}: {report:#?}");
    }
    let mut created = Vec::new();
    for ran in rehearsal.outputs() {
        let artifact = rehearsal.sandbox().state().artifact(
            ran.task_id.as_str(),
            None,
            "public/task-graph.json",
        );
        let graph: Value = serde_json::from_slice(&artifact.unwrap().bytes).unwrap();
        let text = |task: &Value, name: &str| {
            task["attributes"][name]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        let tasks = graph.as_object().unwrap().values();
        let tasks = tasks.map(|task| CreatedTask {
            label: task["label"].as_str().unwrap().to_owned(),
            kind: task["kind"].as_str().unwrap().to_owned(),
            product: text(task, "shipping_product"),
            phase: text(task, "shipping_phase"),
            partner: task["attributes"]["partner_repack"] == true,
        });
        created.push(tasks.collect());
    }
    rehearsal.stop().await;
    created
}

/// Takes the promise of partial updates from all flavors: there is no earlier release here.
fn promise_no_updates(config: &mut GraphConfig) {
    let mut values = Value::Object(config.values().clone());
    let names: Vec<String> = values["release-promotion"]["flavors"]
        .as_object()
        .unwrap()
        .keys()
        .map(ToString::to_string)
        .collect();
    for name in names {
        let flavor = &mut values["release-promotion"]["flavors"][name.as_str()];
        flavor["partial-updates"] = json!(false);
    }
    config.replace(values.as_object().unwrap().clone());
}

fn kinds(created: &[CreatedTask]) -> BTreeSet<&str> {
    created.iter().map(|task| task.kind.as_str()).collect()
}

/// What holds for every promotion of a product.
fn of_product(created: &[CreatedTask], product: &str, other: &str, phases: &[&str]) {
    assert!(!created.is_empty());
    for task in created.iter().filter(|task| !task.product.is_empty()) {
        assert_eq!(task.product, product, "{task:?}");
        assert!(!task.label.contains(other), "{task:?}");
    }
    for task in created {
        assert!(phases.contains(&task.phase.as_str()), "{task:?}");
    }
}

fn secondary(created: &[CreatedTask]) -> usize {
    created
        .iter()
        .filter(|task| task.kind.ends_with("-secondary"))
        .count()
}

fn partners(created: &[CreatedTask]) -> usize {
    let partners = created.iter().filter(|task| task.partner).count();
    let named = created
        .iter()
        .filter(|task| task.kind.contains("partner"))
        .count();
    assert_eq!(partners, named);
    partners
}

/// A candidate, partners on top of it, then the release for everyone.
async fn whole_release(product: &str, other: &str) {
    let flavor = |name: &str| name.replace('_', &format!("_{product}_"));
    let candidate = format!("promote_{product}_rc");
    let ship_candidate = format!("ship_{product}_rc");
    let partner = flavor("promote_partners");
    let flavors = [
        candidate.as_str(),
        &ship_candidate,
        &partner,
        &format!("promote_{product}"),
        &format!("push_{product}"),
        &format!("ship_{product}"),
    ];
    let created = rehearsed(&flavors).await;
    let [pushed, promote_rc, ship_rc, partner, promote, push, ship] = created.as_slice() else {
        unreachable!()
    };
    assert_eq!((secondary(pushed), partners(pushed)), (0, 0));
    assert!(
        pushed
            .iter()
            .all(|task| matches!(task.phase.as_str(), "" | "build"))
    );

    of_product(promote_rc, product, other, &["", "build", "promote"]);
    assert!(secondary(promote_rc) > 0);
    assert_eq!(partners(promote_rc), 0);

    // A candidate is never pushed.
    of_product(ship_rc, product, other, &["ship"]);
    assert!(secondary(ship_rc) > 0);
    assert!(
        kinds(ship_rc).contains("release-balrog-scheduling-secondary"),
        "{:?}",
        kinds(ship_rc)
    );
    assert!(
        !kinds(ship_rc).contains("release-version-bump"),
        "the version stays"
    );

    of_product(partner, product, other, &["promote"]);
    assert_eq!(partners(partner), partner.len());

    // Whatever a candidate has promoted is not promoted again.
    let twice: BTreeSet<&str> = promote_rc.iter().map(|task| task.label.as_str()).collect();
    assert!(
        promote
            .iter()
            .all(|task| !twice.contains(task.label.as_str())),
        "{promote:?}"
    );
    assert_eq!((secondary(promote), partners(promote)), (0, 0));

    of_product(push, product, other, &["push"]);
    assert_eq!((secondary(push), partners(push)), (0, 0));
    assert!(
        kinds(push).contains("release-beetmover-push"),
        "{:?}",
        kinds(push)
    );
    of_product(ship, product, other, &["ship"]);
    assert_eq!((secondary(ship), partners(ship)), (0, 0));
    assert!(
        kinds(ship).contains("release-version-bump"),
        "{:?}",
        kinds(ship)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_product_from_its_candidate_to_its_release() {
    whole_release("snowfox", "snowbird").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_product_and_its_partners_can_be_promoted_repeatedly() {
    let partners_of = "promote_snowbird_partners";
    let created = rehearsed(&["promote_snowbird", partners_of, partners_of]).await;
    let [_, promote, first, second] = created.as_slice() else {
        unreachable!()
    };
    of_product(promote, "snowbird", "snowfox", &["", "build", "promote"]);
    assert_eq!((secondary(promote), partners(promote)), (0, 0));
    let labels = |created: &[CreatedTask]| {
        created
            .iter()
            .map(|task| task.label.clone())
            .collect::<BTreeSet<_>>()
    };
    of_product(first, "snowbird", "snowfox", &["promote"]);
    assert_eq!(partners(first), first.len());
    assert_eq!(labels(first), labels(second));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_action_can_create_a_whole_release() {
    let created = rehearsed(&["promote_snowfox+push_snowfox+ship_snowfox"]).await;
    let [_, release] = created.as_slice() else {
        unreachable!("one graph for each action")
    };
    let gates: BTreeSet<&str> = release
        .iter()
        .filter(|task| task.kind == "release-gate")
        .map(|task| task.label.as_str())
        .collect();
    let expected = ["release-gate-promote_snowfox", "release-gate-push_snowfox"];
    assert_eq!(gates, expected.into());
    for phase in ["promote", "push", "ship"] {
        assert!(release.iter().any(|task| task.phase == phase), "{phase}");
    }
}
