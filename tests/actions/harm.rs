//! Promotions that would do harm: builds made again, releases of nothing, failed tasks built on.

use serde_json::{Value, json};

use super::bench::Bench;
use super::command::desk;
use super::project::Project;
use super::ran::{Ran, Said};
use super::releases::{assert_told, fired, on, refused};

/// What is told on a terminal of any width.
pub fn flat(text: &str) -> String {
    let words = text.replace('│', " ");
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub async fn plan(bench: &Bench, args: &[&str]) -> Said {
    let args: Vec<&str> = [&["promote", "--plan"], args].concat();
    bench.command(&desk(bench), &args).await
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
    let promote = fired(&push, "promote_fox", on(&[&push]));
    let promote = bench.act(promote).await.fine();
    bench.work().await;
    (bench, push, promote)
}

#[tokio::test]
async fn a_missing_previous_graph_is_reported() {
    let (bench, push, promote) = promoted().await;
    let told = refused(&bench, fired(&push, "push_fox", on(&[&push]))).await;
    assert_told(
        &told,
        &[
            "the flavor `push_fox` would create 2 tasks of the earlier phase `promote`",
            "no previous graph has tasks of that phase: l10n-a, partials-a",
            "`previous_graph_ids`",
            "`allow_earlier_phases: true`",
        ],
    );
    let ship = with(on(&[&push, &promote]), "next_version", json!("2"));
    let told = refused(&bench, fired(&push, "ship_fox", ship.clone())).await;
    assert_told(
        &told,
        &["`ship_fox` would create 1 task of the earlier phase `push`"],
    );
    // It is what somebody may want all the same.
    let accepted = with(on(&[&push]), "allow_earlier_phases", json!(true));
    let ran = bench.act(fired(&push, "push_fox", accepted)).await.fine();
    assert_eq!(
        bench.labels(&ran.task_id),
        ["l10n-a", "partials-a", "push-a"]
    );
    let no = with(on(&[&push]), "allow_earlier_phases", json!("no"));
    let told = refused(&bench, fired(&push, "push_fox", no)).await;
    assert_told(&told, &["`allow_earlier_phases`"]);
}

#[tokio::test]
async fn a_plan_shows_what_the_action_would_refuse() {
    let (bench, push, _) = promoted().await;
    let first = push.task_id.as_str();
    let said = plan(&bench, &["push_fox", "--previous", first]).await;
    assert_eq!(said.code, Some(1), "{}", said.out);
    let line = "unexpected  2: new, and no previous graph has tasks of the phase promote";
    assert_told(&said.out, &[line, "new         3"]);
    assert_told(
        &said.err,
        &[
            "2 tasks of earlier phases",
            "accept this with --allow-earlier-phases",
        ],
    );
    let said = plan(&bench, &["--json", "push_fox", "--previous", first]).await;
    let told: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(told["holds"], false);
    assert!(told["tasks"]["l10n-a"]["surprise"].is_string(), "{told}");
    assert_eq!(told["tasks"]["push-a"].get("surprise"), None);
    let args = ["push_fox", "--allow-earlier-phases", "--previous", first];
    let said = plan(&bench, &args).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_told(&said.out, &[line]);
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
    let promote = fired(&push, "promote_fox", on(&[&push]));
    let promote = bench.act(promote).await.fine();
    let told = refused(&bench, fired(&push, "push_fox", on(&[&promote]))).await;
    assert_told(
        &told,
        &[
            "`push_fox` would create 1 task of the earlier phase `build`",
            "no previous graph is from a push: notes-a",
        ],
    );
    let both = fired(&push, "push_fox", on(&[&push, &promote]));
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
    let promote = fired(&push, "promote_fox", on(&[&push]));
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
    let promote = fired(&push, "promote_fox", on(&[&push]));
    let promote = bench.act(promote).await.fine();
    let ran = bench.act(fired(&push, "push_fox", on(&[&promote]))).await;
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
    let told = refused(&bench, fired(&push, "promote_fox", on(&[&push]))).await;
    assert_told(
        &told,
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
    let promote = fired(&push, "promote_fox", on(&[&push]));
    let promote = bench.act(promote).await.fine();
    let both = on(&[&push, &promote]);
    let ran = bench.act(fired(&push, "ship_fox", both)).await.fine();
    assert_eq!(bench.labels(&ran.task_id), ["push-a", "ship-a"]);
    let told = refused(&bench, fired(&push, "ship_fox", on(&[&push]))).await;
    assert_told(&told, &["2 tasks of the earlier phase `promote`"]);
}

#[tokio::test]
async fn graphs_in_the_wrong_order_reuse_older_tasks() {
    let (bench, push, _) = promoted().await;
    let again = with(on(&[&push]), "do_not_optimize", json!(["build-a"]));
    let again = bench.act(fired(&push, "promote_fox", again)).await.fine();
    assert_eq!(
        bench.labels(&again.task_id),
        ["build-a", "l10n-a", "partials-a", "sign-a"]
    );
    bench.work().await;
    let told = refused(&bench, fired(&push, "push_fox", on(&[&again, &push]))).await;
    assert_told(
        &told,
        &[
            &format!("2 tasks would be taken from the graph {}", push.task_id),
            &format!("although the graph {}", again.task_id),
            "build-a, sign-a",
            &format!("name {} after {}", again.task_id, push.task_id),
        ],
    );
    let ran = bench
        .act(fired(&push, "push_fox", on(&[&push, &again])))
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
        let told = refused(&bench, fired(&push, chain, input.clone())).await;
        assert_told(&told, &[part]);
    }
    let chain = json!(["promote_fox", "push_fox", "ship_fox"]);
    bench.act(fired(&push, chain, input)).await.fine();
}

/// Has a task of a graph end in a way.
fn fail(bench: &Bench, task_id: &str) {
    let state = bench.sandbox.state();
    state.claim(task_id).unwrap();
    state.report_failed(task_id).unwrap();
}

#[tokio::test]
async fn failed_tasks_are_not_reused() {
    let (bench, push) = pushed().await;
    let promote = fired(&push, "promote_fox", on(&[&push]));
    let promote = bench.act(promote).await.fine();
    // Nothing of the phase `push` depends on it, and the flavor aims at it all the same.
    fail(&bench, &promote.ids()["partials-a"]);
    let previous = on(&[&push, &promote]);
    let told = refused(&bench, fired(&push, "push_fox", previous.clone())).await;
    assert_told(
        &told,
        &[
            "the promotion would reuse 1 task that failed",
            "partials-a",
            "rerun",
        ],
    );
    let ids = [push.task_id.as_str(), promote.task_id.as_str()];
    let said = plan(&bench, &["push_fox", "--previous", ids[0], ids[1]]).await;
    assert_eq!(said.code, Some(1), "{}", said.out);
    assert_told(
        &said.out,
        &[
            "unusable    1: partials-a (failed)",
            "unfinished  1: l10n-a (pending)",
        ],
    );
    assert_told(&said.err, &["1 task cannot be reused"]);
    // It is no surprise that something can accept.
    let accepted = with(previous.clone(), "allow_earlier_phases", json!(true));
    refused(&bench, fired(&push, "push_fox", accepted)).await;
    let again = with(previous, "do_not_optimize", json!(["partials-a"]));
    let ran = bench.act(fired(&push, "push_fox", again)).await.fine();
    assert_eq!(bench.labels(&ran.task_id), ["partials-a", "push-a"]);
}

#[tokio::test]
async fn unscheduled_dependents_of_failed_tasks_are_reported() {
    for (requires, fine) in [("all-completed", false), ("all-resolved", true)] {
        let project = Project::release();
        let sign =
            format!("dependencies: {{build: build-a, probe: probe-a}}, requires: {requires}");
        project
            .kind("probe", &[], &[("a", "")])
            .kind("sign", &["build", "probe"], &[("a", &sign)]);
        let bench = Bench::new(project).await;
        let push = bench.push(json!({})).await.fine();
        fail(&bench, &push.ids()["probe-a"]);
        // What is needed is sign-a, which is still to run.
        let promote = fired(&push, "promote_fox", on(&[&push]));
        if fine {
            bench.act(promote).await.fine();
        } else {
            let told = refused(&bench, promote).await;
            assert_told(&told, &["would reuse 1 task that failed", "probe-a"]);
        }
    }
}

#[tokio::test]
async fn dependents_that_ran_despite_failures_can_be_reused() {
    let project = Project::release();
    let waits = |on: &str| format!("dependencies: {{{on}}}, requires: all-resolved");
    project
        .kind("probe", &[], &[("a", "")])
        .kind("check", &["probe"], &[("a", &waits("probe: probe-a"))])
        .kind(
            "sign",
            &["build", "check"],
            &[("a", &waits("build: build-a, check: check-a"))],
        );
    let bench = Bench::new(project).await;
    let push = bench.push(json!({})).await.fine();
    for label in ["probe-a", "check-a"] {
        fail(&bench, &push.ids()[label]);
    }
    bench.work().await;
    let promote = fired(&push, "promote_fox", on(&[&push]));
    let promote = bench.act(promote).await.fine();
    assert_eq!(bench.labels(&promote.task_id), ["l10n-a", "partials-a"]);
}

/// The graph of a push that says that it made a task which there is not.
fn without(bench: &Bench, push: &Ran, label: &str) -> Ran {
    let own = bench.new_id();
    let definition = bench.definition(&own, "Decision Task", "branch:main");
    bench.begin(&own, &definition);
    let mut artifacts = push.artifacts.clone();
    let mut labels = push.json("label-to-taskid.json");
    labels[label] = json!(bench.new_id().as_str());
    let labels = labels.to_string().into_bytes();
    artifacts.insert("label-to-taskid.json".to_owned(), labels);
    bench.end(own, artifacts, Ok(()))
}

#[tokio::test]
async fn missing_tasks_are_not_reused() {
    let (bench, push) = pushed().await;
    let broken = without(&bench, &push, "sign-a");
    let told = refused(&bench, fired(&push, "promote_fox", on(&[&broken]))).await;
    assert_told(
        &told,
        &[
            "the promotion would reuse 1 task that cannot be found",
            "sign-a",
        ],
    );
    let args = ["promote_fox", "--previous", broken.task_id.as_str()];
    let said = plan(&bench, &args).await;
    assert_eq!(said.code, Some(1), "{}", said.out);
    assert_told(&said.out, &["unusable    1: sign-a (missing)"]);
    // Below a task that has completed nobody needs it any more.
    let broken = without(&bench, &push, "build-a");
    let promote = fired(&push, "promote_fox", on(&[&broken]));
    bench.act(promote).await.fine();
}

#[tokio::test]
async fn expired_tasks_are_not_reused() {
    let project = Project::release();
    project.kind(
        "sign",
        &["build"],
        &[("a", "dependencies: {build: build-a}, expires-after: 2 days")],
    );
    let bench = Bench::new(project).await;
    let push = bench.push(json!({})).await.fine();
    bench.work().await;
    bench.wait(3 * 24 * 60 * 60);
    let told = refused(&bench, fired(&push, "promote_fox", on(&[&push]))).await;
    assert_told(&told, &["the promotion would reuse 1 task that ", "sign-a"]);
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
        let told = refused(&bench, fired(&push, flavor, on(&[&push]))).await;
        assert_told(&told, parts);
        assert_told(&told, &["config.yml:"]);
        let said = plan(&bench, &[flavor, "--previous", push.task_id.as_str()]).await;
        assert_eq!(said.code, Some(1), "{}", said.out);
        assert_told(&flat(&said.err), &parts[..1]);
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
        let told = refused(&bench, fired(&push, json!(chain), on(&[&push]))).await;
        assert_told(
            &told,
            &["`push_bird` selects no task of its own phase `push`"],
        );
    }
}

#[tokio::test]
async fn names_that_no_flavor_has_are_reported() {
    let odd = |attributes: &str| {
        let project = Project::release();
        flavors(&project, FOX);
        let attributes = format!("attributes: {{{attributes}}}");
        project.kind("bird", &[], &[("a", "")]);
        project.kind("odd", &[], &[("a", &attributes), ("b", &attributes)]);
        project
    };
    for (attributes, parts) in [
        (
            "shipping_product: fxo, shipping_phase: promote",
            &[
                "task `odd-a`",
                "no flavor has the product `fxo`",
                "odd-a, odd-b",
                "did you mean `fox`?",
            ][..],
        ),
        (
            "shipping_product: fox, shipping_phase: promte",
            &[
                "no flavor has the phase `promte`",
                "did you mean `promote`?",
            ],
        ),
        (
            "shipping_product: fox, shipping_phase: announce",
            &[
                "no flavor has the phase `announce`",
                "build, promote, push, ship",
            ],
        ),
    ] {
        let bench = Bench::new(odd(attributes)).await;
        let push = bench.push(json!({})).await.fine();
        let told = refused(&bench, fired(&push, "promote_fox", on(&[&push]))).await;
        assert_told(&told, parts);
    }
    // Another application in the same repository has flavors elsewhere, or none yet.
    for attributes in [
        "shipping_product: thunderbird, shipping_phase: promote",
        "shipping_product: fox-esr, shipping_phase: promote",
        "shipping_product: thunderbird, shipping_phase: announce",
        "shipping_product: null, shipping_phase: null",
        "shipping_phase: build",
    ] {
        let bench = Bench::new(odd(attributes)).await;
        let push = bench.push(json!({})).await.fine();
        let promote = fired(&push, "promote_fox", on(&[&push]));
        bench.act(promote).await.fine();
        let said = plan(
            &bench,
            &["promote_fox", "--previous", push.task_id.as_str()],
        )
        .await;
        assert_eq!(said.code, Some(0), "{attributes}: {}", said.err);
        let warned = flat(&said.err).contains("no flavor has the ");
        let known = attributes.contains("null") || attributes.contains("build");
        assert_eq!(warned, !known, "{attributes}: {}", said.err);
    }
}

#[tokio::test]
async fn the_arguments_of_a_plan_come_in_any_order() {
    let (bench, push, promote) = promoted().await;
    let (a, b) = (push.task_id.as_str(), promote.task_id.as_str());
    for args in [
        &["--previous", a, b, "push_fox"][..],
        &["--previous", a, "--previous", b, "push_fox"],
        &["push_fox", "--previous", a, b],
        &["--previous", a, "push_fox", "--previous", b],
        &["--previous", a, b, "--", "push_fox"],
    ] {
        let said = plan(&bench, args).await;
        assert_eq!(said.code, Some(0), "{args:?}: {}", said.err);
        assert_told(&said.out, &["push_fox\n", "reused      4", "new         1"]);
    }
    let said = plan(&bench, &["--previous", a, b, "push_fix"]).await;
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert_told(&said.err, &["did you mean `push_fox`?"]);
    for (args, part) in [
        (&["--previous", a, b][..], "no flavor is given"),
        (
            &["--previous", "push_fox"],
            "no graph is given with --previous",
        ),
        (
            &["push_fox", "--previous", "abc"],
            "--previous abc: neither a taskId nor a folder",
        ),
        (&["push_fox"], "--previous <GRAPH>"),
    ] {
        let said = plan(&bench, args).await;
        assert_eq!(said.code, Some(2), "{args:?}: {}", said.err);
        assert_told(&said.err, &[part]);
    }
    let help = bench.command(&desk(&bench), &["promote", "--help"]).await;
    let usage = "snowman promote [OPTIONS] --plan --previous <GRAPH>... <FLAVOR>...";
    assert_told(&help.out, &[usage]);
}

#[tokio::test]
async fn chains_may_follow_the_graphs() {
    let bench = Bench::new(Project::with_chains()).await;
    let push = bench.push(json!({})).await.fine();
    let first = push.task_id.as_str();
    let said = plan(&bench, &["--previous", first, "promote_fox", "push_fox"]).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_told(&said.out, &["promote_fox, then push_fox"]);
}

#[tokio::test]
async fn folders_of_artifacts_have_no_task_states() {
    let (bench, push) = pushed().await;
    let promote = fired(&push, "promote_fox", on(&[&push]));
    let promote = bench.act(promote).await.fine();
    fail(&bench, &promote.ids()["partials-a"]);
    let folder = tempfile::tempdir().unwrap();
    let mut args = vec![
        "promote".to_owned(),
        "--plan".to_owned(),
        "--previous".to_owned(),
    ];
    for ran in [&push, &promote] {
        let own = folder.path().join(ran.task_id.as_str());
        std::fs::create_dir_all(&own).unwrap();
        for (name, content) in &ran.artifacts {
            std::fs::write(own.join(name), content).unwrap();
        }
        args.push(own.to_str().unwrap().to_owned());
    }
    args.push("push_fox".to_owned());
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let nobody = snowman::ports::environment::Environment::default();
    let said = bench.command(&nobody, &args).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
}
