//! What is wrong with the definitions of decision and action tasks is found before a real push finds it.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};
use snowman::ports::clock::{Clock, SystemClock};
use snowman::sandbox::{Options, Sandbox, WorkerOptions};
use taskcluster::{ClientBuilder, Credentials, Queue};

use super::command::{CONFIG, json_of, project, rehearse};

const TEMPLATE: &str = ".taskcluster.yml";
const PAYLOAD: &str = "the worker accepts the payload of the task";
const PROXY: &str = "the task reaches Taskcluster through the proxy";
const CACHES: &str = "the scopes of the task cover its caches";
const READ: &str = "the command of the task can be read";
const RUNS: &str = "the command of the task runs";
const LATER: &str = "artifacts that are read later are published";
const PUBLISHED: &str = "the worker can publish every artifact";

/// Replaces a text in a file, which has to hold it.
fn replace(folder: &Path, file: &str, from: &str, to: &str) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} does not hold {from:?}");
    fs::write(&path, text.replace(from, to)).unwrap();
}

/// The rules of a phase that are broken, with the breaches.
fn broken(phase: &Value) -> Vec<(&str, Vec<&str>)> {
    let checks = phase["checks"].as_array().unwrap().iter();
    let broken = checks.filter(|check| check["holds"] == false);
    broken
        .map(|check| {
            let breaches = check["breaches"].as_array().unwrap().iter();
            (
                check["rule"].as_str().unwrap(),
                breaches.map(|breach| breach.as_str().unwrap()).collect(),
            )
        })
        .collect()
}

/// Rehearses a push in a project whose `.taskcluster.yml` was changed; what is broken has to be this alone.
fn breaks(from: &str, to: &str, rule: &str, breach: &str) {
    let folder = project();
    replace(folder.path(), TEMPLATE, from, to);
    let output = rehearse(folder.path(), &["--json"]);
    assert_eq!(output.status.code(), Some(1), "{to}: {output:?}");
    let report = json_of(&output);
    let phases = report["phases"].as_array().unwrap();
    let broken = broken(&phases[0]);
    assert!(
        matches!(broken.as_slice(), [(one, breaches)] if *one == rule && breaches.iter().any(|said| said.contains(breach))),
        "{to}: {broken:#?}"
    );
    // Nothing was created, and nothing is promoted on that.
    assert_eq!(phases[0]["created"], 0, "{to}");
    assert_eq!(phases.len(), 1, "{to}");
    assert_eq!(
        report["notRehearsed"],
        json!(["promote_fox", "push_fox", "ship_fox"])
    );
}

#[test]
fn commands_that_would_fail_are_found() {
    breaks(
        "--head-rev=",
        "--haed-rev=",
        RUNS,
        "unexpected argument '--haed-rev' found; tip: a similar argument exists: '--head-rev'",
    );
    breaks("- --owner=${owner}", "- --ownr=${owner}", RUNS, "'--ownr'");
    breaks(
        "- --tasks-for=${tasks_for}",
        "- --task-for=${tasks_for}",
        RUNS,
        "'--task-for'",
    );
    breaks(
        "--pushdate=0",
        "--pushdate=now",
        RUNS,
        "invalid value 'now' for '--pushdate <PUSHDATE>'",
    );
    breaks(
        "- - snowman\n                      - decision",
        "- - snowman\n                      - decide",
        RUNS,
        "unrecognized subcommand 'decide'",
    );
    breaks(
        "- - snowman",
        "- - snowmann",
        READ,
        "is `snowmann` meant to be `snowman`?",
    );
}

#[test]
fn flags_that_are_not_those_of_the_push_are_found() {
    breaks(
        "--level=${level}",
        "--level=x",
        RUNS,
        "`--level` is `x`, but the schedulerId of the task is `snow-level-3`",
    );
    breaks("--level=${level}", "--level=1", RUNS, "`--level` is `1`");
    breaks(
        "--tasks-for=${tasks_for}",
        "--tasks-for=push",
        RUNS,
        "`--tasks-for` is `push`, but the push has `github-push`",
    );
    breaks(
        "- --head-rev=${headRev}",
        "- --head-rev=${baseRepository}",
        RUNS,
        "`--head-rev` is `https://github.com/example/ci`",
    );
    breaks(
        "SNOWMAN_HEAD_REV: '${headRev}'",
        "SNOWMAN_HEAD_REV: '${baseRef}'",
        RUNS,
        "the checkout is at `refs/heads/main`",
    );
    breaks(
        "- --owner=${owner}",
        "- --owner=",
        RUNS,
        "`--owner` is empty",
    );
    breaks(
        "- --level=${level}",
        "- --level=${level}\n                      - --root=ci",
        RUNS,
        "it reads ci/config.yml",
    );
    breaks(
        "- --level=${level}",
        "- --level=${level}\n                      - --preflight-only",
        RUNS,
        "creates no task",
    );
    breaks(
        "- --level=${level}",
        "- --level=${level}\n                      - --python=whole",
        RUNS,
        "pass the same to `snowman rehearse`",
    );
}

#[test]
fn payloads_that_workers_refuse_are_found() {
    breaks(
        "maxRunTime: 1800",
        "maxRunTime: 0",
        PAYLOAD,
        "`payload.maxRunTime` is 0",
    );
    breaks(
        "maxRunTime: 1800",
        "maxRunTim: 1800",
        PAYLOAD,
        "did you mean `maxRunTime`?",
    );
    breaks(
        "chainOfTrust: true",
        "chainOfTrust: yes please",
        PAYLOAD,
        "`payload.features.chainOfTrust`",
    );
    breaks(
        "type: directory\n                  path: /builds/worker/src/artifacts",
        "type: folder\n                  path: /builds/worker/src/artifacts",
        PAYLOAD,
        "`payload.artifacts.public.type`",
    );
    breaks(
        "taskclusterProxy: true",
        "taskclusterProxy: false",
        PROXY,
        "is not `true`",
    );
    breaks("taskclusterProxy: true\n", "\n", PROXY, "is missing");
    breaks(
        "expires: {$fromNow: '7 days'}",
        "expires: {$fromNow: '2 years'}",
        PAYLOAD,
        "after the expiry of the task",
    );
}

#[test]
fn caches_need_scopes() {
    let cache = "maxRunTime: 1800\n              cache: {snow-checkouts: /builds/checkouts}";
    let folder = project();
    replace(folder.path(), TEMPLATE, "maxRunTime: 1800", cache);
    let output = rehearse(folder.path(), &["--json", "promote_fox"]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "the role of the branch covers it: {output:?}"
    );
    let role = "assume:repo:${headRepository[8:]}:branch:${branch}";
    replace(
        folder.path(),
        TEMPLATE,
        role,
        "queue:create-task:lowest:x/y",
    );
    let report = json_of(&rehearse(folder.path(), &["--json"]));
    assert_eq!(
        broken(&report["phases"][0]),
        [(
            CACHES,
            vec!["the task lacks `docker-worker:cache:snow-checkouts`"]
        )]
    );
}

#[test]
fn artifacts_have_to_be_published_under_their_names() {
    breaks(
        "                public:\n",
        "                privat:\n",
        LATER,
        "public/actions.json and 5 more are not published: /builds/worker/src/artifacts is published as `privat`",
    );
    breaks(
        "path: /builds/worker/src/artifacts",
        "path: /builds/worker/artifacts",
        LATER,
        "they are written to /builds/worker/src/artifacts, which is not among the paths of `payload.artifacts`",
    );
}

#[test]
fn a_mistake_in_the_action_alone_is_found() {
    let folder = project();
    replace(
        folder.path(),
        TEMPLATE,
        "[snowman, action-callback]",
        "[snowman, action-calback]",
    );
    let output = rehearse(folder.path(), &["--json"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let report = json_of(&output);
    assert_eq!(broken(&report["phases"][0]), []);
    let told = broken(&report["phases"][1]);
    assert!(
        matches!(told.as_slice(), [(RUNS, breaches)] if breaches[0].contains("'action-calback'")),
        "{told:?}"
    );
    assert_eq!(report["notRehearsed"], json!(["push_fox", "ship_fox"]));
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let folder = project();
    for (from, to) in [
        ("maxRunTime: 1800", "maxRunTime: 0"),
        ("taskclusterProxy: true", "taskclusterProxy: false"),
        ("                public:\n", "                privat:\n"),
        ("--level=${level}", "--level=x"),
    ] {
        replace(folder.path(), TEMPLATE, from, to);
    }
    let report = json_of(&rehearse(folder.path(), &["--json"]));
    let rules: Vec<&str> = broken(&report["phases"][0])
        .into_iter()
        .map(|(rule, _)| rule)
        .collect();
    assert_eq!(rules, [PAYLOAD, PROXY, RUNS, LATER]);
}

#[test]
fn a_command_that_is_not_read_can_be_accepted() {
    let folder = project();
    replace(
        folder.path(),
        TEMPLATE,
        "- - snowman",
        "- - scripts/decide.sh",
    );
    let output = rehearse(folder.path(), &["--json", "promote_fox"]);
    assert_eq!(output.status.code(), Some(1));
    let report = json_of(&output);
    assert!(matches!(
        broken(&report["phases"][0]).as_slice(),
        [(READ, _)]
    ));
    let output = rehearse(folder.path(), &["--accept-unread-command", "promote_fox"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(
        text.contains("command     not rehearsed: nothing in it runs taskgraph or snowman"),
        "{text}"
    );
    // What is read is never accepted with a mistake in it.
    replace(
        folder.path(),
        TEMPLATE,
        "- - scripts/decide.sh",
        "- - snowman",
    );
    replace(folder.path(), TEMPLATE, "--head-rev=", "--haed-rev=");
    let output = rehearse(folder.path(), &["--accept-unread-command", "promote_fox"]);
    assert_eq!(output.status.code(), Some(1));
}

/// A project with a docker image whose decision task is one of `run-task` and a shell.
fn shell_project(artifacts: &str) -> tempfile::TempDir {
    let folder = project();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let images = "aliases: {images: {provisioner: snow, implementation: docker-worker, os: linux, worker-type: images}}";
    let (config, _) = CONFIG.split_once("release-promotion:").unwrap();
    let config = config
        .replace("aliases: {}", images)
        .replace("taskgraph: {", "taskgraph: {cached-task-prefix: snow, ");
    write("taskcluster/config.yml", &config);
    write("taskcluster/docker/fox/Dockerfile", "FROM scratch\n");
    write(
        "taskcluster/kinds/docker-image/kind.yml",
        "loader: taskgraph.loader.transform:loader\n\
         transforms: [taskgraph.transforms.docker_image:transforms, taskgraph.transforms.cached_tasks:transforms,\n\
         \x20 taskgraph.transforms.task:transforms]\n\
         tasks: {fox: {}}\n",
    );
    write(TEMPLATE, &SHELL.replace("ARTIFACTS", artifacts));
    folder
}

const SHELL: &str = r#"
version: 1
tasks:
  - $if: 'tasks_for == "github-push"'
    then:
      taskId: {$eval: 'as_slugid("decision")'}
      taskGroupId: {$eval: 'as_slugid("decision")'}
      schedulerId: snow-level-3
      provisionerId: snow-3
      workerType: decision
      created: {$fromNow: ''}
      deadline: {$fromNow: '1 day'}
      expires: {$fromNow: '1 year 1 second'}
      metadata: {name: Decision, description: Decides, owner: dev@example.com, source: 'https://example.com'}
      scopes: ['assume:repo:github.com/example/ci:branch:main']
      payload:
        image: example/decision
        maxRunTime: 600
        features: {taskclusterProxy: true}
        env:
          CI_HEAD_REPOSITORY: ${event.repository.html_url}
          CI_HEAD_REF: ${event.ref}
          CI_HEAD_REV: ${event.after}
          CI_REPOSITORY_TYPE: git
          REPOSITORIES: '{"ci": "CI"}'
        command:
          - run-task
          - --ci-checkout=/builds/worker/checkouts/src
          - --task-cwd=/builds/worker/checkouts/src
          - --
          - bash
          - -cx
          - >
            ln -s /builds/worker/artifacts artifacts &&
            taskgraph decision
            --pushlog-id='0'
            --pushdate='0'
            --project='ci'
            --owner='dev@example.com'
            --level='3'
            --repository-type="$CI_REPOSITORY_TYPE"
            --tasks-for='${tasks_for}'
            --base-repository="$CI_HEAD_REPOSITORY"
            --base-rev="$CI_HEAD_REV"
            --head-repository="$CI_HEAD_REPOSITORY"
            --head-ref="$CI_HEAD_REF"
            --head-rev="$CI_HEAD_REV" &&
            echo "{}" > artifacts/notes.json
        artifacts:
          ARTIFACTS
"#;

/// Both folders of a decision task, as projects publish them.
const BOTH: &str = "public: {type: directory, path: /builds/worker/artifacts, expires: {$fromNow: '1 year'}}\n          \
    public/docker-contexts: {type: directory, path: /builds/worker/checkouts/src/docker-contexts, expires: {$fromNow: '7 days'}}";

/// Rehearses a push; its report.
fn pushed(folder: &Path) -> Value {
    let output = rehearse(folder, &["--json", "--folder", "kept"]);
    let mut report = json_of(&output);
    assert_eq!(
        output.status.code(),
        Some(i32::from(report["holds"] == false)),
        "{report:#}"
    );
    report["phases"][0].take()
}

/// A sandbox over what a rehearsal kept.
async fn kept(folder: &Path) -> (Sandbox, Queue) {
    let sandbox = Sandbox::start(Options {
        address: ([127, 0, 0, 1], 0).into(),
        folder: Some(folder.join("kept")),
        workers: WorkerOptions::default(),
        clock: Arc::new(|| SystemClock.now().moment()),
    })
    .await
    .unwrap();
    let root = sandbox.root_credentials();
    let credentials = Credentials::new(root.client_id, root.access_token);
    let builder = ClientBuilder::new(sandbox.root_url()).credentials(credentials);
    (sandbox, Queue::new(builder).unwrap())
}

#[tokio::test]
async fn artifacts_are_published_as_the_payload_says() {
    let folder = shell_project(BOTH);
    let phase = pushed(folder.path());
    assert_eq!(phase["holds"], true, "{phase:#}");
    assert_eq!(phase["created"], 3);
    assert_eq!(
        phase["command"],
        "taskgraph decision in /builds/worker/checkouts/src"
    );
    let (sandbox, queue) = kept(folder.path()).await;
    let id = phase["taskId"].as_str().unwrap();
    let listed = queue.listLatestArtifacts(id, None, None).await.unwrap();
    let task = queue.task(id).await.unwrap();
    let expires = |name: &str| &task["payload"]["artifacts"][name]["expires"];
    let artifact = |name: &str| {
        let all = listed["artifacts"].as_array().unwrap();
        all.iter()
            .find(|one| one["name"] == name)
            .cloned()
            .unwrap_or_default()
    };
    for (name, content_type, entry) in [
        ("public/parameters.yml", "application/yaml", "public"),
        ("public/task-graph.json", "application/json", "public"),
        ("public/actions.json", "application/json", "public"),
        ("public/notes.json", "application/json", "public"),
        (
            "public/docker-contexts/fox.tar.gz",
            "application/gzip",
            "public/docker-contexts",
        ),
    ] {
        let artifact = artifact(name);
        assert_eq!(artifact["storageType"], "s3", "{name}: {listed:#}");
        assert_eq!(artifact["contentType"], content_type, "{name}");
        assert_eq!(&artifact["expires"], expires(entry), "{name}");
    }
    assert_ne!(expires("public"), expires("public/docker-contexts"));
    // What is not packed already is packed on the way, and comes out whole.
    let encoding = |name: &str| {
        let address = format!("{}/content/{id}/0/{name}", sandbox.root_url());
        async move {
            let client = reqwest::Client::builder().no_gzip().build().unwrap();
            let answer = client.get(address).send().await.unwrap();
            answer
                .headers()
                .get("content-encoding")
                .map(|value| value.to_str().unwrap().to_owned())
        }
    };
    assert_eq!(encoding("public/notes.json").await.as_deref(), Some("gzip"));
    assert_eq!(encoding("public/docker-contexts/fox.tar.gz").await, None);
    let notes = sandbox
        .state()
        .artifact(id, None, "public/notes.json")
        .unwrap();
    assert_eq!(&notes.bytes[..], b"{}\n");
    sandbox.stop().await;
}

#[tokio::test]
async fn one_name_with_two_expiries_is_a_malformed_payload() {
    let twice = BOTH.replace(
        "/builds/worker/checkouts/src/docker-contexts",
        "/builds/worker/contexts",
    );
    let folder = shell_project(
        &(twice + "\n          public/more: {type: directory, path: /builds/worker/artifacts}"),
    );
    let link = "ln -s /builds/worker/artifacts artifacts &&";
    let linked = "ln -s /builds/worker/artifacts artifacts && ln -s ../../artifacts/docker-contexts docker-contexts &&";
    replace(folder.path(), TEMPLATE, link, linked);
    replace(
        folder.path(),
        TEMPLATE,
        "path: /builds/worker/contexts",
        "path: /builds/worker/artifacts/docker-contexts",
    );
    let phase = pushed(folder.path());
    let told = broken(&phase);
    let [(PUBLISHED, breaches)] = told.as_slice() else {
        unreachable!("{phase:#}")
    };
    assert_eq!(
        breaches,
        &[
            "public/docker-contexts/fox.tar.gz: published twice with different properties, by `public` and by \
           `public/docker-contexts`; the queue refuses the second (409), and generic-worker ends the task as \
           malformed-payload"
        ]
    );
    let (sandbox, queue) = kept(folder.path()).await;
    let status = queue
        .status(phase["taskId"].as_str().unwrap())
        .await
        .unwrap();
    assert_eq!(
        status["status"]["runs"][0]["reasonResolved"],
        "malformed-payload"
    );
    sandbox.stop().await;
}

#[test]
fn contexts_that_nothing_publishes_are_found() {
    let folder = shell_project("public: {type: directory, path: /builds/worker/artifacts}");
    let phase = pushed(folder.path());
    let told = broken(&phase);
    assert_eq!(
        told,
        [(
            PUBLISHED,
            vec![
                "public/docker-contexts/fox.tar.gz is not published: it is written to \
             /builds/worker/checkouts/src/docker-contexts, which is not among the paths of `payload.artifacts`"
            ]
        )]
    );
}

#[test]
fn generic_worker_publishes_from_the_folder_of_the_task() {
    let folder = shell_project("none");
    let template = folder.path().join(TEMPLATE);
    let text = fs::read_to_string(&template).unwrap();
    let text = text
        .replace("        image: example/decision\n", "")
        .replace("        artifacts:\n          none\n", "        artifacts:\n\
             \x20         - {type: directory, path: checkouts/src/artifacts, name: public}\n\
             \x20         - {type: directory, path: checkouts/src/docker-contexts, name: public/docker-contexts}\n\
             \x20         - {type: file, path: missing.txt, name: public/missing.txt, optional: true}\n")
        .replace("=/builds/worker/checkouts/src", "=checkouts/src")
        .replace("            ln -s /builds/worker/artifacts artifacts &&\n", "")
        .replace("          - run-task\n", "          - - run-task\n");
    // The words of the one command go one level deeper.
    let (before, after) = text.split_once("          - - run-task\n").unwrap();
    let (words, rest) = after.split_once("        artifacts:\n").unwrap();
    let words: String = words.lines().map(|line| format!("  {line}\n")).collect();
    let text = format!("{before}          - - run-task\n{words}        artifacts:\n{rest}");
    fs::write(&template, &text).unwrap();
    let phase = pushed(folder.path());
    assert_eq!(phase["holds"], true, "{phase:#}");
    assert_eq!(
        phase["command"],
        "taskgraph decision in /builds/worker/checkouts/src"
    );
    fs::write(&template, text.replace(", optional: true", "")).unwrap();
    fs::remove_dir_all(folder.path().join("kept")).unwrap();
    let phase = pushed(folder.path());
    let told = broken(&phase);
    assert!(
        matches!(told.as_slice(), [(PUBLISHED, breaches)] if breaches[0].contains("generic-worker would fail the task")),
        "{told:?}"
    );
}

#[test]
fn the_flags_of_the_command_are_those_of_the_decision() {
    let folder = shell_project(BOTH);
    replace(
        folder.path(),
        TEMPLATE,
        "--pushdate='0'",
        "--pushdate='0' --target-tasks-method=nothing",
    );
    let phase = pushed(folder.path());
    assert_eq!(
        (&phase["created"], &phase["holds"]),
        (&json!(1), &json!(true)),
        "{phase:#}"
    );
    replace(folder.path(), TEMPLATE, "method=nothing", "method=nothin");
    let output = rehearse(folder.path(), &[]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(told.contains("did you mean `nothing`?"), "{told}");
    // A folder below the checkout is where relative paths begin.
    let folder = shell_project(BOTH);
    replace(
        folder.path(),
        TEMPLATE,
        "taskgraph decision\n",
        "cd taskcluster && taskgraph decision --root .\n",
    );
    replace(
        folder.path(),
        TEMPLATE,
        "ln -s /builds/worker/artifacts artifacts",
        "ln -s /builds/worker/artifacts taskcluster/artifacts",
    );
    replace(
        folder.path(),
        TEMPLATE,
        "src/docker-contexts",
        "src/taskcluster/docker-contexts",
    );
    let phase = pushed(folder.path());
    assert_eq!(phase["holds"], true, "{phase:#}");
    assert_eq!(
        phase["command"],
        "taskgraph decision in /builds/worker/checkouts/src/taskcluster"
    );
}

#[test]
fn a_template_that_cannot_be_rendered_has_a_place() {
    let folder = project();
    replace(
        folder.path(),
        TEMPLATE,
        "- --owner=${owner}",
        "- --owner=${ownr}",
    );
    let output = rehearse(folder.path(), &[]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let text = fs::read_to_string(folder.path().join(TEMPLATE)).unwrap();
    let line = text
        .lines()
        .position(|line| line.contains("${ownr}"))
        .unwrap()
        + 1;
    assert!(told.contains(&format!("{TEMPLATE}:{line}:")), "{told}");
}

#[test]
fn what_is_not_of_the_commit_and_what_was_kept_are_noted() {
    let folder = project();
    let clean = json_of(&rehearse(folder.path(), &["--json", "promote_fox"]));
    assert_eq!(clean["notes"], json!([]));
    replace(
        folder.path(),
        "taskcluster/kinds/build/kind.yml",
        "A task",
        "Another task",
    );
    let run = || {
        json_of(&rehearse(
            folder.path(),
            &["--json", "--folder", ".git/kept", "promote_fox"],
        ))
    };
    let report = run();
    assert_eq!(
        report["notes"],
        json!([
            "files with uncommitted changes were rehearsed as they are: taskcluster/kinds/build/kind.yml"
        ])
    );
    let again = run();
    assert_eq!(again["notes"].as_array().unwrap().len(), 2);
    assert!(
        again["notes"][1]
            .as_str()
            .unwrap()
            .contains(".git/kept already held an earlier rehearsal")
    );
}

#[test]
fn tasks_are_created_with_the_role_of_their_branch_or_action() {
    for (from, to, missing) in [
        (
            "- assume:repo:${headRepository[8:]}:branch:${branch}",
            "- assume:repo:${headRepository[8:]}:branch:other",
            "assume:repo:github.com/example/ci:branch:other",
        ),
        (
            "- assume:repo:${headRepository[8:]}:action:${action.action_perm}",
            "- assume:repo:${headRepository[8:]}:action:*",
            "assume:repo:github.com/example/ci:action:*",
        ),
    ] {
        let folder = project();
        replace(folder.path(), TEMPLATE, from, to);
        let output = rehearse(folder.path(), &["promote_fox"]);
        assert_eq!(output.status.code(), Some(1));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains("the queue refuses the task"), "{told}");
        assert!(
            told.replace(['\n', '│', ' '], "").contains(missing),
            "{told}"
        );
    }
}

#[test]
fn what_init_writes_holds() {
    let folder = tempfile::tempdir().unwrap();
    let run = |program: &str, args: &[&str]| {
        let mut command = Command::new(program);
        let output = command
            .args(args)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{program} {args:?}: {output:?}");
    };
    run("git", &["init", "--quiet", "--initial-branch=main"]);
    run(
        "git",
        &["remote", "add", "origin", "https://github.com/example/ci"],
    );
    run(env!("CARGO_BIN_EXE_snowman"), &["init"]);
    run("git", &["add", "--all"]);
    let who = ["-c", "user.name=Dev", "-c", "user.email=dev@example.com"];
    run(
        "git",
        &[&who[..], &["commit", "--quiet", "-m", "x"]].concat(),
    );
    let output = rehearse(folder.path(), &["--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = json_of(&output);
    assert_eq!(
        report["phases"][0]["command"],
        "snowman decision in /builds/worker/src"
    );
    assert_eq!(report["notes"], json!([]));
}

#[test]
fn tasks_outside_of_the_rehearsal_are_stood_in_for() {
    let folder = project();
    let ids = ["AAAAAAAAQAaAAAAAAAAAAA", "BBBBBBBBRBaBBBBBBBBBBA"];
    let image = format!(
        "image: {{type: task-image, taskId: {}, path: public/image.tar.zst}}",
        ids[1]
    );
    let text = fs::read_to_string(folder.path().join(TEMPLATE)).unwrap();
    let line = text
        .lines()
        .find(|line| line.trim_start().starts_with("image:"))
        .unwrap();
    replace(folder.path(), TEMPLATE, line.trim_start(), &image);
    replace(
        folder.path(),
        TEMPLATE,
        "dependencies: []",
        &format!("dependencies: [{}]", ids[0]),
    );
    let output = rehearse(folder.path(), &["--json", "promote_fox"]);
    let report = json_of(&output);
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    let notes = &report["phases"][0]["notes"];
    let note = format!(
        "the task depends on 2 tasks outside of the rehearsal: {}, {}",
        ids[0], ids[1]
    );
    assert!(notes.as_array().unwrap().contains(&json!(note)), "{notes}");
    // The action needs the same tasks, which are there by now.
    assert!(report["phases"][1]["created"].as_u64().unwrap() > 0);
}

#[test]
fn a_command_that_leaves_the_proxy_is_found() {
    breaks(
        "- - snowman\n",
        "- - env\n                      - TASKCLUSTER_PROXY_URL=http://elsewhere\n                      - snowman\n",
        PROXY,
        "the command sets TASKCLUSTER_PROXY_URL to another value",
    );
    breaks(
        "- - snowman\n",
        "- - env\n                      - -u\n                      - TASKCLUSTER_ROOT_URL\n                      - snowman\n",
        PROXY,
        "the command takes the worker's TASKCLUSTER_ROOT_URL from it",
    );
}

#[test]
fn a_variable_that_is_mistyped_is_found_by_its_value() {
    breaks(
        "SNOWMAN_HEAD_REPOSITORY: '${headRepository}'",
        "SNOWMAN_HEAD_REPOSITORY: 'https://github.com/example/other'",
        RUNS,
        "the checkout is of `https://github.com/example/other`",
    );
}

#[test]
fn a_relative_path_of_docker_worker_begins_at_the_root() {
    breaks(
        "path: /builds/worker/src/artifacts\n",
        "path: artifacts\n",
        LATER,
        "they are written to /builds/worker/src/artifacts, which is not among the paths",
    );
}

#[test]
fn a_chain_in_a_project_without_chains_is_explained() {
    let folder = project();
    let output = rehearse(folder.path(), &["promote_fox+push_fox"]);
    assert_ne!(output.status.code(), Some(0));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("need `chains: true` in the section `release-promotion`"),
        "{said}"
    );
}
