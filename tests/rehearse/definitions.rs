//! What is wrong with the definitions of decision and action tasks is found before a real push finds it.

use std::fs;

use serde_json::{Value, json};

use super::command::{json_of, project, rehearse};
use super::edits::{
    BOTH, CACHES, LATER, PAYLOAD, PROXY, READ, RUNS, TEMPLATE, broken, pushed, replace,
    shell_project,
};

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
        matches!(broken.as_slice(), [(one, breaches)] if *one == rule && breaches.iter().any(|line| line.contains(breach))),
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
        "did you mean `snowman` instead of `snowmann`?",
    );
}

#[test]
fn flags_that_differ_from_the_push_are_found() {
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
        "pass the same option to `snowman rehearse`",
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
        "after the task's expiry",
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
            vec!["the task lacks the scope `docker-worker:cache:snow-checkouts`"]
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
    let errors = broken(&report["phases"][1]);
    assert!(
        matches!(errors.as_slice(), [(RUNS, breaches)] if breaches[0].contains("'action-calback'")),
        "{errors:?}"
    );
    assert_eq!(report["notRehearsed"], json!(["push_fox", "ship_fox"]));
}

#[test]
fn all_mistakes_are_reported_together() {
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
fn a_command_that_cannot_be_read_can_be_accepted() {
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
        text.contains("command     not rehearsed: the command runs neither taskgraph nor snowman"),
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

#[test]
fn the_decision_uses_the_flags_of_the_command() {
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
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.contains("did you mean `nothing`?"), "{stderr}");
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
    // Without a root, snowman looks for the project in the folders above, too; taskgraph does not.
    let decides = |before: &str, now: &str| replace(folder.path(), TEMPLATE, before, now);
    let inner = "it reads taskcluster/taskcluster/config.yml";
    decides("taskgraph decision --root .\n", "taskgraph decision\n");
    runs_not(&pushed(folder.path()), inner);
    decides("taskgraph decision\n", "snowman decision\n");
    let phase = pushed(folder.path());
    assert_eq!(phase["holds"], true, "{phase:#}");
    // The nearest project counts.
    let config = folder.path().join("taskcluster/config.yml");
    fs::create_dir(folder.path().join("taskcluster/taskcluster")).unwrap();
    fs::copy(
        config,
        folder.path().join("taskcluster/taskcluster/config.yml"),
    )
    .unwrap();
    runs_not(&pushed(folder.path()), inner);
}

/// The command of the task of a phase is refused for this reason alone.
fn runs_not(phase: &Value, reason: &str) {
    let broken = broken(phase);
    assert!(
        matches!(broken.as_slice(), [(RUNS, why)] if matches!(why.as_slice(), [one] if one.contains(reason))),
        "{phase:#}"
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
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let text = fs::read_to_string(folder.path().join(TEMPLATE)).unwrap();
    let line = text
        .lines()
        .position(|line| line.contains("${ownr}"))
        .unwrap()
        + 1;
    assert!(stderr.contains(&format!("{TEMPLATE}:{line}:")), "{stderr}");
}

#[test]
fn a_command_that_changes_the_proxy_url_is_found() {
    breaks(
        "- - snowman\n",
        "- - env\n                      - TASKCLUSTER_PROXY_URL=http://elsewhere\n                      - snowman\n",
        PROXY,
        "the command changes TASKCLUSTER_PROXY_URL before this call",
    );
    breaks(
        "- - snowman\n",
        "- - env\n                      - -u\n                      - TASKCLUSTER_ROOT_URL\n                      - snowman\n",
        PROXY,
        "the command unsets TASKCLUSTER_ROOT_URL before this call",
    );
}

#[test]
fn a_wrong_repository_variable_is_found() {
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
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("set `chains: true` in the section `release-promotion`"),
        "{stderr}"
    );
}
