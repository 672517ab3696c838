//! Promotions that would do harm: builds made again, releases of nothing, failed tasks built on.

mod arguments;
mod reuse;

use serde_json::{Value, json};

use super::bench::Bench;
use super::command::local_environment;
use super::project::Project;
use super::ran::{CommandOutput, Ran};
use super::releases::{assert_contains_all, on, promotion_trigger, refused};

/// The output without line breaks, for comparison at any terminal width.
pub fn flat(text: &str) -> String {
    let words = text.replace('│', " ");
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub async fn plan(bench: &Bench, args: &[&str]) -> CommandOutput {
    let args: Vec<&str> = [&["promote", "--plan"], args].concat();
    bench.command(&local_environment(bench), &args).await
}

pub fn with(mut input: Value, key: &str, value: Value) -> Value {
    input[key] = value;
    input
}

/// The release fixture with other flavors.
pub fn flavors(project: &Project, flavors: &str) {
    let config = format!(
        "trust-domain: snow\ntask-priority: low\nworkers: {{aliases: {{}}}}\n\
         taskgraph: {{repositories: {{ci: {{name: ci}}}}}}\n\
         release-promotion: {{chains: true, flavors: {{{flavors}}}}}\n"
    );
    project.write("taskcluster/config.yml", &config);
}

pub const FOX: &str = "promote_fox: {product: fox, target-tasks-method: promote}, \
                   push_fox: {product: fox, target-tasks-method: push}, \
                   ship_fox: {product: fox, target-tasks-method: ship}";

pub async fn pushed() -> (Bench, Ran) {
    let (bench, push) = Bench::with_push().await;
    bench.work().await;
    (bench, push)
}

async fn promoted() -> (Bench, Ran, Ran) {
    let (bench, push) = pushed().await;
    let promote = promotion_trigger(&push, "promote_fox", on(&[&push]));
    let promote = bench.act(promote).await.fine();
    bench.work().await;
    (bench, push, promote)
}

#[tokio::test]
async fn a_missing_previous_graph_is_reported() {
    let (bench, push, promote) = promoted().await;
    let error = refused(&bench, promotion_trigger(&push, "push_fox", on(&[&push]))).await;
    assert_contains_all(
        &error,
        &[
            "the flavor `push_fox` would create 2 tasks of the earlier phase `promote`",
            "no previous graph has tasks of that phase: l10n-a, partials-a",
            "`previous_graph_ids`",
            "`allow_earlier_phases: true`",
        ],
    );
    let ship = with(on(&[&push, &promote]), "next_version", json!("2"));
    let error = refused(&bench, promotion_trigger(&push, "ship_fox", ship.clone())).await;
    assert_contains_all(
        &error,
        &["`ship_fox` would create 1 task of the earlier phase `push`"],
    );
    // It may still be what the user wants.
    let accepted = with(on(&[&push]), "allow_earlier_phases", json!(true));
    let ran = bench
        .act(promotion_trigger(&push, "push_fox", accepted))
        .await
        .fine();
    assert_eq!(
        bench.labels(&ran.task_id),
        ["l10n-a", "partials-a", "push-a"]
    );
    let no = with(on(&[&push]), "allow_earlier_phases", json!("no"));
    let error = refused(&bench, promotion_trigger(&push, "push_fox", no)).await;
    assert_contains_all(&error, &["`allow_earlier_phases`"]);
}

#[tokio::test]
async fn a_plan_shows_what_the_action_would_refuse() {
    let (bench, push, _) = promoted().await;
    let first = push.task_id.as_str();
    let output = plan(&bench, &["push_fox", "--previous", first]).await;
    assert_eq!(output.code, Some(1), "{}", output.out);
    let line = "unexpected  2: new, and no previous graph has tasks of the phase promote";
    assert_contains_all(&output.out, &[line, "new         3"]);
    assert_contains_all(
        &output.err,
        &[
            "2 tasks of earlier phases",
            "accept this with --allow-earlier-phases",
        ],
    );
    let output = plan(&bench, &["--json", "push_fox", "--previous", first]).await;
    let document: Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!(document["holds"], false);
    assert!(
        document["tasks"]["l10n-a"]["surprise"].is_string(),
        "{document}"
    );
    assert_eq!(document["tasks"]["push-a"].get("surprise"), None);
    let args = ["push_fox", "--allow-earlier-phases", "--previous", first];
    let output = plan(&bench, &args).await;
    assert_eq!(output.code, Some(0), "{}", output.err);
    assert_contains_all(&output.out, &[line]);
}

#[tokio::test]
async fn new_builds_are_unexpected_without_a_push() {
    let project = Project::release();
    // Built on push, and needed by nothing before the phase `push`.
    project.kind("notes", &[], &[("a", "")]).kind(
        "push",
        &["l10n", "notes"],
        &[(
            "a",
            "dependencies: {l10n: l10n-a, notes: notes-a}, shipping-phase: push, \
             attributes: {shipping_product: fox}",
        )],
    );
    let bench = Bench::new(project).await;
    let push = bench.push(json!({})).await.fine();
    let promote = promotion_trigger(&push, "promote_fox", on(&[&push]));
    let promote = bench.act(promote).await.fine();
    let error = refused(
        &bench,
        promotion_trigger(&push, "push_fox", on(&[&promote])),
    )
    .await;
    assert_contains_all(
        &error,
        &[
            "`push_fox` would create 1 task of the earlier phase `build`",
            "no previous graph is from a push: notes-a",
        ],
    );
    let both = promotion_trigger(&push, "push_fox", on(&[&push, &promote]));
    let ran = bench.act(both).await.fine();
    assert_eq!(bench.labels(&ran.task_id), ["push-a"]);
}

#[tokio::test]
async fn tasks_for_releases_only_are_expected() {
    let project = Project::release();
    // No push builds it, and the release does.
    project
        .kind("apk", &[], &[("a", "run-on-tasks-for: [cron]")])
        .kind(
            "l10n",
            &["sign", "apk"],
            &[(
                "a",
                "dependencies: {sign: sign-a, apk: apk-a}, shipping-phase: promote, \
             attributes: {shipping_product: fox}",
            )],
        );
    let bench = Bench::new(project).await;
    let push = bench.push(json!({})).await.fine();
    assert!(!push.ids().contains_key("apk-a"));
    let promote = promotion_trigger(&push, "promote_fox", on(&[&push]));
    let promote = bench.act(promote).await.fine();
    assert_eq!(
        bench.labels(&promote.task_id),
        ["apk-a", "l10n-a", "partials-a"]
    );
}

#[tokio::test]
async fn tasks_with_an_index_search_are_expected() {
    let project = Project::release();
    project
        .kind(
            "image",
            &[],
            &[(
                "a",
                "optimization: {index-search: [snow.v2.image]}, run-on-tasks-for: [cron]",
            )],
        )
        .kind(
            "push",
            &["l10n", "image"],
            &[(
                "a",
                "dependencies: {l10n: l10n-a, image: image-a}, shipping-phase: push, \
                 attributes: {shipping_product: fox}",
            )],
        );
    let bench = Bench::new(project).await;
    let push = bench.push(json!({})).await.fine();
    let promote = promotion_trigger(&push, "promote_fox", on(&[&push]));
    let promote = bench.act(promote).await.fine();
    let ran = bench
        .act(promotion_trigger(&push, "push_fox", on(&[&promote])))
        .await;
    assert_eq!(bench.labels(&ran.fine().task_id), ["image-a", "push-a"]);
}

#[tokio::test]
async fn projects_may_have_a_flavor_of_the_phase_build() {
    let project = Project::release();
    flavors(
        &project,
        &format!("{FOX}, build_fox: {{target-tasks-method: codereview}}"),
    );
    project
        .kind(
            "build",
            &[],
            &[(
                "a",
                "run-on-tasks-for: [cron], shipping-phase: build, \
                 attributes: {code-review: true, shipping_product: fox}",
            )],
        )
        .kind(
            "sign",
            &["build"],
            &[(
                "a",
                "run-on-tasks-for: [cron], dependencies: {build: build-a}",
            )],
        )
        .kind(
            "bird",
            &[],
            &[(
                "a",
                "shipping-phase: promote, attributes: {shipping_product: fox}",
            )],
        )
        .remove("taskcluster/kinds/test/kind.yml");
    std::fs::remove_dir(project.root().join("taskcluster/kinds/test")).unwrap();
    project.kind("lint", &[], &[("a", "")]);
    let bench = Bench::new(project).await;
    let push = bench.push(json!({})).await.fine();
    assert_eq!(bench.labels(&push.task_id), ["lint-a"]);
    let error = refused(
        &bench,
        promotion_trigger(&push, "promote_fox", on(&[&push])),
    )
    .await;
    assert_contains_all(
        &error,
        &[
            "would create 1 task of the earlier phase `build`",
            "build-a",
        ],
    );
}

#[tokio::test]
async fn tasks_that_no_other_flavor_creates_are_expected() {
    let project = Project::release();
    // The phase `push` has no flavor of the product, whatever another one has.
    flavors(
        &project,
        "promote_fox: {product: fox, target-tasks-method: promote}, \
         ship_fox: {product: fox, target-tasks-method: ship}, \
         push_bird: {product: bird, target-tasks-method: push}",
    );
    let bench = Bench::new(project).await;
    let push = bench.push(json!({})).await.fine();
    let promote = promotion_trigger(&push, "promote_fox", on(&[&push]));
    let promote = bench.act(promote).await.fine();
    let both = on(&[&push, &promote]);
    let ran = bench
        .act(promotion_trigger(&push, "ship_fox", both))
        .await
        .fine();
    assert_eq!(bench.labels(&ran.task_id), ["push-a", "ship-a"]);
    let error = refused(&bench, promotion_trigger(&push, "ship_fox", on(&[&push]))).await;
    assert_contains_all(&error, &["2 tasks of the earlier phase `promote`"]);
}

#[tokio::test]
async fn graphs_in_the_wrong_order_reuse_older_tasks() {
    let (bench, push, _) = promoted().await;
    let again = with(on(&[&push]), "do_not_optimize", json!(["build-a"]));
    let again = bench
        .act(promotion_trigger(&push, "promote_fox", again))
        .await
        .fine();
    assert_eq!(
        bench.labels(&again.task_id),
        ["build-a", "l10n-a", "partials-a", "sign-a"]
    );
    bench.work().await;
    let error = refused(
        &bench,
        promotion_trigger(&push, "push_fox", on(&[&again, &push])),
    )
    .await;
    assert_contains_all(
        &error,
        &[
            &format!("2 tasks would be taken from the graph {}", push.task_id),
            &format!("although the graph {}", again.task_id),
            "build-a, sign-a",
            &format!("list {} after {}", again.task_id, push.task_id),
        ],
    );
    let ran = bench
        .act(promotion_trigger(&push, "push_fox", on(&[&push, &again])))
        .await
        .fine();
    assert_eq!(ran.ids()["build-a"], again.ids()["build-a"]);
}

#[tokio::test]
async fn each_flavor_of_a_chain_is_checked() {
    let bench = Bench::new(Project::with_chains()).await;
    let push = bench.push(json!({})).await.fine();
    bench.work().await;
    let input = with(on(&[&push]), "next_version", json!("2"));
    for (chain, part) in [
        (
            json!(["push_fox", "ship_fox"]),
            "`push_fox` would create 2 tasks of the earlier phase `promote`",
        ),
        (
            json!(["promote_fox", "ship_fox"]),
            "`ship_fox` would create 1 task of the earlier phase `push`",
        ),
        (
            json!(["push_fox", "promote_fox"]),
            "`push_fox` would create 2 tasks of the earlier phase `promote`",
        ),
    ] {
        let error = refused(&bench, promotion_trigger(&push, chain, input.clone())).await;
        assert_contains_all(&error, &[part]);
    }
    let chain = json!(["promote_fox", "push_fox", "ship_fox"]);
    bench
        .act(promotion_trigger(&push, chain, input))
        .await
        .fine();
}

#[tokio::test]
async fn a_flavor_must_select_tasks_of_its_own_phase() {
    for (config, flavor, parts) in [
        (
            "promote_gadget: {product: gadget, target-tasks-method: promote}",
            "promote_gadget",
            &[
                "`promote_gadget` selects no task",
                "no task has the product `gadget`",
                "bird, fox",
            ][..],
        ),
        (
            "promote_fix: {product: fix, target-tasks-method: promote}, \
             promote_bird: {product: bird, target-tasks-method: promote}",
            "promote_fix",
            &["no task has the product `fix`", "did you mean `fox`?"],
        ),
        (
            "push_bird: {product: bird, target-tasks-method: push}",
            "push_bird",
            &[
                "`push_bird` selects no task of its own phase `push`",
                "of earlier phases: bird-a",
            ],
        ),
        (
            "partners: {product: fox, target-tasks-method: promote_partners}",
            "partners",
            &[
                "`partners` selects no task",
                "no task of the product `fox` is in the phase `promote`",
            ],
        ),
        (
            "nothing: {product: fox, target-tasks-method: nothing}",
            "nothing",
            &["its target-tasks method `nothing` selects none"],
        ),
    ] {
        let project = Project::release();
        flavors(&project, &format!("{FOX}, {config}"));
        let bench = Bench::new(project).await;
        let push = bench.push(json!({})).await.fine();
        let error = refused(&bench, promotion_trigger(&push, flavor, on(&[&push]))).await;
        assert_contains_all(&error, parts);
        assert_contains_all(&error, &["config.yml:"]);
        let output = plan(&bench, &[flavor, "--previous", push.task_id.as_str()]).await;
        assert_eq!(output.code, Some(1), "{}", output.out);
        assert_contains_all(&flat(&output.err), &parts[..1]);
    }
}

#[tokio::test]
async fn each_flavor_of_a_chain_has_tasks_of_its_own() {
    let project = Project::release();
    flavors(
        &project,
        &format!(
            "{FOX}, promote_bird: {{product: bird, target-tasks-method: promote}}, \
             push_bird: {{product: bird, target-tasks-method: push}}"
        ),
    );
    let bench = Bench::new(project).await;
    let push = bench.push(json!({})).await.fine();
    for chain in [["promote_bird", "push_bird"], ["push_bird", "promote_bird"]] {
        let error = refused(&bench, promotion_trigger(&push, json!(chain), on(&[&push]))).await;
        assert_contains_all(
            &error,
            &["`push_bird` selects no task of its own phase `push`"],
        );
    }
}
