//! What `promote --plan` says of a promotion before it is started.

use serde_json::{Value, json};
use snowman::ports::environment::Environment;

use super::bench::Bench;
use super::command::local_environment;
use super::project::Project;
use super::ran::{CommandOutput, Ran};
use super::releases::{on, promotion_trigger};

async fn plan(bench: &Bench, args: &[&str]) -> CommandOutput {
    let args: Vec<&str> = [&["promote", "--plan"], args].concat();
    let before = bench.everything();
    let output = bench.command(&local_environment(bench), &args).await;
    assert_eq!(bench.everything(), before, "a plan creates nothing");
    output
}

fn read(output: &CommandOutput) -> Value {
    let document = serde_json::from_str(&output.out);
    document.unwrap_or_else(|_| unreachable!("{}{}", output.out, output.err))
}

/// The fate of every label.
fn fates(plan: &Value) -> Value {
    let tasks = plan["tasks"].as_object().unwrap().iter();
    tasks
        .map(|(label, task)| (label.clone(), task["fate"].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

async fn promoted() -> (Bench, Ran, Ran) {
    let (bench, push) = Bench::with_push().await;
    bench.work().await;
    let promote = bench
        .act(promotion_trigger(&push, "promote_fox", on(&[&push])))
        .await
        .fine();
    (bench, push, promote)
}

#[tokio::test]
async fn plans_list_reused_and_new_tasks() {
    let (bench, push, promote) = promoted().await;
    let (first, second) = (push.task_id.as_str(), promote.task_id.as_str());
    let output = plan(&bench, &["push_fox", "--previous", first, second, "--json"]).await;
    assert_eq!(output.code, Some(0), "{}", output.err);
    let plan_json = read(&output);
    assert_eq!(plan_json["flavors"], json!(["push_fox"]));
    assert_eq!(
        plan_json["graphs"],
        json!([{"taskId": first, "revision": "r1"}, {"taskId": second, "revision": "r1"}])
    );
    let expected = json!({
        "build-a": "reused", "sign-a": "reused", "l10n-a": "reused", "partials-a": "reused",
        "push-a": "new",
    });
    assert_eq!(fates(&plan_json), expected);
    assert_eq!(plan_json["tasks"]["build-a"]["graph"], first);
    assert_eq!(plan_json["tasks"]["l10n-a"]["graph"], second);
    assert_eq!(
        plan_json["tasks"]["l10n-a"]["taskId"],
        promote.ids()["l10n-a"]
    );
    assert_eq!(
        plan_json["tasks"]["push-a"]["why"],
        "no previous graph has it"
    );
    // Tasks that have not completed are reported, because they may fail.
    assert_eq!(plan_json["tasks"]["l10n-a"]["state"], "pending");
    assert_eq!(plan_json["tasks"]["build-a"].get("state"), None);
    let output = plan(&bench, &["push_fox", "--previous", first, second]).await;
    for part in [
        "reused      4",
        "new         1",
        "unfinished  2",
        "l10n-a (pending)",
    ] {
        assert!(output.out.contains(part), "{part} is not in {}", output.out);
    }
    // The action then does what was planned.
    let ran = bench
        .act(promotion_trigger(&push, "push_fox", on(&[&push, &promote])))
        .await
        .fine();
    assert_eq!(bench.labels(&ran.task_id), ["push-a"]);
}

#[tokio::test]
async fn a_requested_rebuild_is_expected() {
    let (bench, push, promote) = promoted().await;
    let previous = [push.task_id.as_str(), promote.task_id.as_str()];
    let mut args = vec!["push_fox", "--json", "--rebuild-kind", "l10n", "--previous"];
    args.extend(previous);
    let output = plan(&bench, &args).await;
    assert_eq!(output.code, Some(0), "{}", output.err);
    let plan_json = read(&output);
    let l10n = &plan_json["tasks"]["l10n-a"];
    assert_eq!(l10n["fate"], "rebuilt");
    assert_eq!(l10n["why"], "its kind `l10n` is listed in `rebuild_kinds`");
    assert_eq!(l10n["was"], promote.ids()["l10n-a"]);
    assert_eq!(l10n["expected"], true);
    // What depends on it is built again with it.
    let mut args = vec![
        "push_fox",
        "--json",
        "--do-not-optimize",
        "build-a",
        "--previous",
    ];
    args.extend(previous);
    let output = plan(&bench, &args).await;
    assert_eq!(output.code, Some(0), "{}", output.err);
    let plan_json = read(&output);
    let partials = &plan_json["tasks"]["partials-a"];
    assert_eq!(partials["why"], "it depends on `sign-a`, which is rebuilt");
    assert_eq!(partials["root"], "build-a");
    assert_eq!(partials["expected"], true);
}

#[tokio::test]
async fn a_rebuild_because_of_a_missing_task_is_unexpected() {
    let (bench, push, promote) = promoted().await;
    // Somebody has made sign-a depend on something new.
    bench.project.kind("key", &[], &[("a", "")]).kind(
        "sign",
        &["build", "key"],
        &[(
            "a",
            "dependencies: {build: build-a, key: key-a}, attributes: {retrigger: true}",
        )],
    );
    let (first, second) = (push.task_id.as_str(), promote.task_id.as_str());
    let output = plan(
        &bench,
        &["push_fox", "--previous", first, "--previous", second],
    )
    .await;
    assert_eq!(output.code, Some(1), "{}", output.out);
    for part in [
        "rebuilt     3",
        "unexpected  3: because of key-a: no previous graph has it",
        "reused      1",
    ] {
        assert!(output.out.contains(part), "{part} is not in {}", output.out);
    }
    assert!(
        output.err.contains("3 tasks of earlier phases"),
        "{}",
        output.err
    );
    let output = plan(
        &bench,
        &["push_fox", "--labels", "--previous", first, second],
    )
    .await;
    let line = "rebuilt  sign-a: it depends on `key-a`, which is new; was ";
    assert!(output.out.contains(line), "{}", output.out);
    assert!(
        output
            .out
            .lines()
            .any(|l| l.starts_with("reused   build-a: ")),
        "{}",
        output.out
    );
}

#[tokio::test]
async fn folders_of_artifacts_work_like_tasks() {
    let (bench, push, promote) = promoted().await;
    let folder = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for ran in [&push, &promote] {
        let own = folder.path().join(ran.task_id.as_str());
        std::fs::create_dir_all(&own).unwrap();
        for (name, content) in &ran.artifacts {
            std::fs::write(own.join(name), content).unwrap();
        }
        paths.push(own.to_str().unwrap().to_owned());
    }
    let nobody = Environment::default();
    let args = [
        "promote",
        "--plan",
        "push_fox",
        "--json",
        "--previous",
        &paths[0],
        &paths[1],
    ];
    let output = bench.command(&nobody, &args).await;
    assert_eq!(output.code, Some(0), "{}", output.err);
    assert!(
        output.err.contains("The index was not queried"),
        "{}",
        output.err
    );
    let mut offline = read(&output);
    let (first, second) = (push.task_id.as_str(), promote.task_id.as_str());
    let output = plan(&bench, &["push_fox", "--json", "--previous", first, second]).await;
    let mut online = read(&output);
    for plan in [&mut offline, &mut online] {
        for (_, task) in plan["tasks"].as_object_mut().unwrap() {
            task.as_object_mut().unwrap().shift_remove("state");
        }
    }
    assert_eq!(offline, online);
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let empty = empty.to_str().unwrap();
    let args = ["promote", "--plan", "push_fox", "--previous", empty];
    let output = bench.command(&nobody, &args).await;
    assert_eq!(output.code, Some(1), "{}", output.out);
    assert!(
        output.err.contains("contains no artifacts of a graph"),
        "{}",
        output.err
    );
}

#[tokio::test]
async fn mistakes_in_a_promotion_are_reported() {
    let (bench, push, _) = promoted().await;
    let first = push.task_id.as_str();
    let output = plan(&bench, &["ship_fox", "--previous", first]).await;
    assert_eq!(output.code, Some(1), "{}", output.out);
    assert!(
        output.err.contains("`next_version` is not given"),
        "{}",
        output.err
    );
    let output = plan(
        &bench,
        &[
            "ship_fox",
            "--next-version",
            "2",
            "--allow-earlier-phases",
            "--previous",
            first,
        ],
    )
    .await;
    assert_eq!(output.code, Some(0), "{}", output.err);
    let output = plan(&bench, &["ship_fix", "--previous", first]).await;
    assert!(
        output.err.contains("did you mean `ship_fox`?"),
        "{}",
        output.err
    );
    let output = bench
        .command(
            &local_environment(&bench),
            &["promote", "push_fox", "--previous", first],
        )
        .await;
    assert_eq!(
        output.code,
        Some(2),
        "promotions are started by their action"
    );
    let input = bench.project.root().join("input.yml");
    std::fs::write(&input, "version: 3.0\n").unwrap();
    let args = ["promote_fox", "--input", "input.yml", "--previous", first];
    let output = plan(&bench, &args).await;
    assert!(
        output.err.contains("`version`: 3.0 is not of type"),
        "{}",
        output.err
    );
}

#[tokio::test]
async fn a_chain_has_one_plan() {
    let bench = Bench::new(Project::with_chains()).await;
    let push = bench.push(json!({})).await.fine();
    let first = push.task_id.as_str();
    let output = plan(
        &bench,
        &["promote_fox", "push_fox", "--json", "--previous", first],
    )
    .await;
    assert_eq!(output.code, Some(0), "{}", output.err);
    let plan_json = read(&output);
    assert_eq!(plan_json["flavors"], json!(["promote_fox", "push_fox"]));
    let expected = json!({
        "build-a": "reused", "sign-a": "reused", "l10n-a": "new", "partials-a": "new",
        "push-a": "new", "release-gate-promote_fox": "new",
    });
    assert_eq!(fates(&plan_json), expected);
}
