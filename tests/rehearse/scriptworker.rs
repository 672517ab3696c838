//! Tasks of one type of worker that run again on the builds of a rehearsed release.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Output};

use serde_json::json;
use snowman::base::time::Span;
use snowman::ports::clock::{Clock, SystemClock};
use snowman::sandbox::Sandbox;

use super::command::{json_of, rehearse};
use super::small::{open, small_project};

/// The decision task of the push.
const DECISION: &str = "fN1SbArXTPSVFUUvaOlinQ";

/// Scopes of everything that the decision creates.
const SCOPES: &[&str] = &[
    "assume:*",
    "docker-worker:*",
    "index:*",
    "project:*",
    "queue:*",
];

/// Runs the program in a project, with Taskcluster's address.
fn run(sandbox: &Sandbox, project: &Path, proxy: Option<&str>, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_snowman"));
    command
        .current_dir(project)
        .args(arguments)
        .env("TASKCLUSTER_ROOT_URL", sandbox.root_url());
    if let Some(task) = proxy {
        command
            .env("TASK_ID", task)
            .env("RUN_ID", "0")
            .env("TASKCLUSTER_PROXY_URL", sandbox.proxy_url(task));
    }
    tokio::task::block_in_place(|| command.output().unwrap())
}

fn git(project: &Path, arguments: &[&str]) -> String {
    let author = ["-c", "user.name=Dev", "-c", "user.email=dev@example.com"];
    let output = Command::new("git")
        .args([&author[..], arguments].concat())
        .current_dir(project)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Makes the decision for what is checked out, on a branch below release level.
fn decide(sandbox: &Sandbox, project: &Path) {
    let now = SystemClock.now();
    let definition = json!({
        "provisionerId": "snowman-1", "workerType": "decision", "schedulerId": "snowman-level-1",
        "taskGroupId": DECISION, "created": now.to_string(), "scopes": SCOPES, "payload": {},
        "deadline": now.plus(Span::seconds(86_400)).to_string(),
        "metadata": {
            "name": "Decision Task", "description": "A task", "owner": "someone@example.com",
            "source": "https://github.com/snowman-ci/snowman",
        },
    });
    let state = sandbox.state();
    state.create_task(DECISION, &definition).unwrap();
    state.claim(DECISION).unwrap();
    let revision = git(project, &["rev-parse", "HEAD"]);
    let revisions = [
        format!("--head-rev={revision}"),
        format!("--base-rev={revision}"),
    ];
    let flags = [
        "decision",
        "--allow-parameter-override",
        "--project=snowman",
        "--pushlog-id=0",
        "--pushdate=0",
        "--owner=me@example.com",
        "--level=1",
        "--repository-type=git",
        "--base-repository=https://github.com/snowman-ci/snowman",
        "--head-repository=https://github.com/snowman-ci/snowman",
        "--head-ref=refs/heads/try/scriptworker",
        "--tasks-for=github-push",
    ];
    let revisions = revisions.each_ref().map(String::as_str);
    let output = run(
        sandbox,
        project,
        Some(DECISION),
        &[&flags[..], &revisions].concat(),
    );
    assert!(output.status.success(), "{output:?}");
}

/// The tasks of the sandbox by their ids, each with its label and dependencies.
fn tasks(sandbox: &Sandbox) -> BTreeMap<String, (String, BTreeSet<String>)> {
    let state = sandbox.state();
    let groups = state.groups();
    let all = groups
        .iter()
        .flat_map(|group| state.group_tasks(&group.group_id));
    all.map(|task| {
        let before = task.definition["dependencies"].as_array().unwrap();
        let before = before.iter().map(|id| id.as_str().unwrap().to_owned());
        (task.task_id, (task.label, before.collect()))
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_of_one_worker_run_again_on_the_builds_of_a_release() {
    let project = small_project();
    let kept = tempfile::tempdir().unwrap();
    let state = kept.path().to_str().unwrap();
    let flavors = ["promote_snowdroid", "push_snowdroid", "ship_snowdroid"];
    // At level 1, as pushes to try are.
    let flags = ["--json", "--folder", state, "--branch", "beta"];
    let report = json_of(&rehearse(project.path(), &[&flags[..], &flavors].concat()));
    assert_eq!(report["holds"], true, "{report:#}");
    let ship = &report["phases"][3]["taskId"];
    let ship = ship.as_str().unwrap();
    let sandbox = open(kept.path()).await;
    let before = tasks(&sandbox);

    let listed = run(
        &sandbox,
        project.path(),
        None,
        &["try-scriptworker", "list", "--from", ship, "--json"],
    );
    let listed = json_of(&listed);
    let pushed = json!(["release-push-android-apk", "release-push-android-bundle"]);
    assert_eq!(listed["pushapk"], pushed);
    assert_eq!(listed["shipit:mark-as-shipped"], listed["shipit"]);
    // No task of the release has another type, so that there is none of desktop products.
    assert!(listed.get("balrog").is_none(), "{listed:#}");

    let flags = [
        "try-scriptworker",
        "pushapk",
        "--from",
        ship,
        "--json",
        "--apply",
    ];
    let planned = json_of(&run(&sandbox, project.path(), None, &flags));
    assert_eq!(planned["tasks"], pushed);
    assert_eq!(planned["leftOut"], json!([]));
    assert_eq!(planned["notes"], json!([]));
    let parameters = &planned["tryTaskConfig"]["parameters"];
    assert_eq!(parameters["release_product"], "snowdroid");
    git(project.path(), &["add", "try_task_config.json"]);
    git(project.path(), &["commit", "--quiet", "--message=try"]);
    decide(&sandbox, project.path());

    let after = tasks(&sandbox);
    let created: BTreeMap<_, _> = after
        .iter()
        .filter(|(id, _)| !before.contains_key(*id) && *id != DECISION)
        .collect();
    let labels: BTreeSet<&str> = created.values().map(|(label, _)| label.as_str()).collect();
    let expected: BTreeSet<&str> = pushed
        .as_array()
        .unwrap()
        .iter()
        .map(|label| label.as_str().unwrap())
        .collect();
    assert_eq!(labels, expected);
    let signed = before
        .iter()
        .find(|(_, (label, _))| label == "build-android-signing-snowdroid");
    let (signed, _) = signed.unwrap();
    for (label, dependencies) in created.values() {
        assert!(dependencies.contains(signed), "{label} is on other builds");
        let known = |id: &&String| before.contains_key(*id) || *id == DECISION;
        assert!(dependencies.iter().all(|id| known(&id)), "{label}");
    }
    // What is staged knows the tasks of the release.
    let state = sandbox.state();
    let of = |name: &str| {
        let task = after
            .iter()
            .find(|(id, (label, _))| label == name && !before.contains_key(*id));
        state.task(task.unwrap().0).unwrap().definition
    };
    let staging = &of("release-push-android-apk")["extra"]["staging"];
    assert_eq!(staging["system"], "pushapk", "{staging}");
    sandbox.stop().await;
}

#[test]
fn a_push_to_try_is_promoted_with_the_shown_inputs() {
    let project = small_project();
    let flags = [
        "try-release",
        "--version",
        "94.0b3",
        "--product",
        "snowdroid",
    ];
    let output = Command::new(env!("CARGO_BIN_EXE_snowman"))
        .current_dir(project.path())
        .args([&flags[..], &["--apply", "--json"]].concat())
        .output();
    let planned = json_of(&output.unwrap());
    let commands = planned["commands"].as_array().unwrap();
    let pushed = commands.last().unwrap().as_str().unwrap();
    let (_, branch) = pushed.split_once("HEAD:refs/heads/").unwrap();
    git(project.path(), &["add", "--all"]);
    git(project.path(), &["commit", "--quiet", "--message=try"]);
    // The keys of the inputs are those that a rehearsal of the same flavors finds right.
    let promotions = planned["promotions"].as_array().unwrap();
    let flavors = promotions
        .iter()
        .map(|input| &input["release_promotion_flavor"]);
    let flavors: Vec<&str> = flavors.map(|flavor| flavor.as_str().unwrap()).collect();
    assert_eq!(
        flavors,
        ["promote_snowdroid", "push_snowdroid", "ship_snowdroid"]
    );
    let flags = ["--json", "--branch", branch];
    let report = json_of(&rehearse(project.path(), &[&flags[..], &flavors].concat()));
    assert_eq!(report["holds"], true, "{report:#}");
    let phases = report["phases"].as_array().unwrap();
    assert_eq!(phases.len(), 4);
    // It has made what is promoted.
    let push = phases[0]["taskId"].as_str().unwrap();
    assert!(phases[1]["reused"][push].as_u64() > Some(0), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_in_the_request_say_what_there_is() {
    let project = small_project();
    let kept = tempfile::tempdir().unwrap();
    let state = kept.path().to_str().unwrap();
    let flags = ["--json", "--folder", state, "promote_snowdroid"];
    let report = json_of(&rehearse(project.path(), &flags));
    let task = |phase: usize| report["phases"][phase]["taskId"].as_str().unwrap();
    let sandbox = open(kept.path()).await;
    let ask = |arguments: &[&str]| {
        let all = [&["try-scriptworker"], arguments].concat();
        let output = run(&sandbox, project.path(), None, &all);
        let stderr = String::from_utf8(output.stderr).unwrap();
        let words: Vec<&str> = stderr.split_whitespace().collect();
        (output.status.code(), words.join(" ").replace(" │ ", " "))
    };
    for (arguments, code, text) in [
        (
            &["sining", "--from", task(1)][..],
            2,
            "did you mean `signing`?",
        ),
        (
            &["pushapk", "--from", task(1)],
            2,
            "has no tasks of the type `pushapk`",
        ),
        (
            &["signing", "--from", "nothing"],
            2,
            "neither a taskId nor an index path",
        ),
        (
            &["signing", "--from", "a.b.c"],
            1,
            "the index has no task at `a.b.c`",
        ),
        (
            &["signing", "--from", "fN1SbArXTPSVFUUvaOlinQ"],
            1,
            "cannot read the artifact",
        ),
        (
            &["signing", "--from", task(1), "--tasks-regex", "unsigned"],
            2,
            "`--tasks-regex` matches no label",
        ),
        (
            &["signing", "--from", task(1), "--tasks-regex", "("],
            2,
            "`--tasks-regex`",
        ),
    ] {
        let (found, said) = ask(arguments);
        assert_eq!(found, Some(code), "{arguments:?}: {said}");
        assert!(said.contains(text), "{arguments:?}: {said}");
    }
    // The index knows the decision of the push, which has signed nothing for a store.
    let (code, said) = ask(&[
        "list",
        "--from",
        "snowman.v2.snowman.latest.taskgraph.decision",
    ]);
    assert_eq!(code, Some(0), "{said}");
    sandbox.stop().await;
}
