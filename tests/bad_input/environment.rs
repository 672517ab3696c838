//! Errors in the environment of a command and in its flags.

use crate::common::{DECISION, Project};
use insta::assert_snapshot;

#[test]
fn the_repository_root_cannot_be_guessed() {
    let ran = Project::loose()
        .file("ci/config.yml", "")
        .run(&["full", "--root", "ci"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × cannot determine the root of the repository
      │   cause: the working folder is not in a git or hg repository, and the folder of --root is not
      │   called `taskcluster`
      help: run snowman in a repository

    1 error
    ");
}

#[test]
fn a_decision_needs_a_repository() {
    let ran = Project::loose()
        .variable("TASK_ID", "fN1SbArXTPSVFUUvaOlinQ")
        .run(&[&["decision", "--head-rev=abc"], DECISION].concat());
    assert_snapshot!(ran.shown(), @"
    exit code 3
    stderr:
      × a decision needs a repository, but this folder is not in one
      help: run it in a checkout of the repository

    1 failure; nothing was created
    ");
}

#[test]
fn the_root_is_outside_the_repository() {
    let ran = Project::new().run(&["full", "--root", "../home"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × --root ../home is outside the repository
      help: pass the folder of config.yml in the repository that snowman runs in

    1 error
    ");
}

#[test]
fn the_root_is_missing() {
    let ran = Project::new().run(&["full", "--root", "taskgraph"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × `taskgraph/config.yml` does not exist
      help: run `snowman init` to create a project in this repository, or pass the folder of config.yml
            with --root

    1 error
    ");
}

#[test]
fn the_root_is_found_from_a_subfolder() {
    let ran = Project::new()
        .file("src/main.rs", "")
        .run_in("src", &["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 0
    stdout:
    build-linux
    ");
}

#[test]
fn the_root_is_a_file() {
    let ran = Project::new().run(&["full", "--root", "taskcluster/config.yml"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × `taskcluster/config.yml/config.yml` does not exist
      help: run `snowman init` to create a project in this repository, or pass the folder of config.yml
            with --root

    1 error
    ");
}

#[test]
fn git_is_missing() {
    let project = Project::new().variable("PATH", "/nowhere");
    project.commit();
    let ran = project.run_as_it_is(
        "",
        &["full", "--force-local-files-changed", "-p", "task-id=x"],
    );
    assert_snapshot!(ran.shown(), @"
    exit code 3
    stderr:
      × cannot read the repository
      │   cause: cannot start `git`: No such file or directory (os error 2)
      help: install `git`, and add its folder to PATH

    1 failure
    ");
}

#[test]
fn an_output_cannot_be_written() {
    let ran = Project::new().run(&["full", "-o", "no/such/folder/out"]);
    assert_snapshot!(ran.shown(), @"
    exit code 3
    stderr:
      × cannot write no/such/folder/out
      │   cause: No such file or directory (os error 2)
      help: create the folder no/such/folder first

    1 failure
    ");
}

#[test]
fn taskcluster_is_not_configured() {
    let ran = Project::new()
        .plain(
            "\
tasks:
    a:
        description: A
        worker-type: succeed
        optimization: {index-search: [test.a, test.b]}
",
        )
        .run(&["optimized"]);
    assert_snapshot!(ran.shown(), @"
    exit code 3
    stderr:
      × no Taskcluster is configured
      │   cause: optimization needs to look up 2 index paths
      help: set TASKCLUSTER_ROOT_URL, e.g. to https://firefox-ci-tc.services.mozilla.com; or show the
            graph with `--no-optimize`, which does not need Taskcluster

    1 failure
    ");
}

#[test]
fn a_root_url_is_not_a_url() {
    let ran = Project::new()
        .variable("TASKCLUSTER_ROOT_URL", "firefox-ci-tc")
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 3
    stderr:
      × TASKCLUSTER_ROOT_URL is not the URL of a Taskcluster deployment
      │   cause: it does not begin with https:// or http:// and a host
      help: use a URL such as https://firefox-ci-tc.services.mozilla.com

    1 failure
    ");
}

#[test]
fn credentials_are_incomplete() {
    let ran = Project::new()
        .variable("TASKCLUSTER_ROOT_URL", "https://tc.example.com")
        .variable("TASKCLUSTER_ACCESS_TOKEN", "very-secret")
        .run(&["full"]);
    assert!(!ran.shown().contains("very-secret"));
    assert_snapshot!(ran.shown(), @"
    exit code 3
    stderr:
      × TASKCLUSTER_ACCESS_TOKEN is set, but TASKCLUSTER_CLIENT_ID is not
      help: set both to sign requests, or neither to send them anonymously

    1 failure
    ");
}

#[test]
fn parameters_of_a_task_need_a_taskcluster() {
    let ran = Project::new().run(&["full", "-p", "task-id=fN1SbArXTPSVFUUvaOlinQ"]);
    assert_snapshot!(ran.shown(), @"
    exit code 3
    stderr:
      × no Taskcluster is configured
      help: set TASKCLUSTER_ROOT_URL, e.g. to https://firefox-ci-tc.services.mozilla.com

    1 failure
    ");
}

#[test]
fn parameters_of_a_task_have_no_id() {
    let ran = Project::new().run(&["full", "-p", "task-id=a/b"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 2
    stderr:
      × -p task-id=a/b: taskId "a/b" contains an invalid character: '/'

    1 error
    "#);
}

#[test]
fn the_task_id_is_unknown() {
    let ran = Project::new().decide(&[]);
    assert_snapshot!(ran.shown(), @"
    exit code 3
    stderr:
      × TASK_ID is not set, so the id of this task is unknown
      help: run this command in a task, where the worker sets TASK_ID; locally, show graphs with
            `snowman morphed`, try actions with `snowman test-action-callback`, or rehearse releases
            with `snowman rehearse`

    1 failure; nothing was created
    ");
}

#[test]
fn the_task_has_no_id() {
    let ran = Project::new().variable("TASK_ID", "a/b").decide(&[]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 3
    stderr:
      × TASK_ID: taskId "a/b" contains an invalid character: '/'

    1 failure; nothing was created
    "#);
}

#[test]
fn the_id_of_an_action_task_is_unknown() {
    let ran = Project::new().run(&["action-callback"]);
    assert_snapshot!(ran.shown(), @"
    exit code 3
    stderr:
      × TASK_ID is not set, so the id of this task is unknown
      help: run this command in a task, where the worker sets TASK_ID; locally, show graphs with
            `snowman morphed`, try actions with `snowman test-action-callback`, or rehearse releases
            with `snowman rehearse`

    1 failure; nothing was done
    ");
}

#[test]
fn actions_need_taskcluster_yml() {
    let ran = Project::new().without(".taskcluster.yml").run(&["actions"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × .taskcluster.yml does not exist; actions are rendered from it
      help: add it to the root of the repository

    1 error
    ");
}

#[test]
fn actions_are_disabled_that_do_not_exist() {
    let ran = Project::new()
        .config(
            "taskgraph:\n",
            "taskgraph:\n    disabled-actions: [cancel-al, frobnicate]\n",
        )
        .run(&["actions"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × `taskgraph.disabled-actions` contains the unknown action `cancel-al`
        ╭─[taskcluster/config.yml:11:24]
     10 │ taskgraph:
     11 │     disabled-actions: [cancel-al, frobnicate]
        ·                        ─────────
     12 │     repositories:
        ╰────
      help: did you mean `cancel-all`?

      × `taskgraph.disabled-actions` contains the unknown action `frobnicate`
        ╭─[taskcluster/config.yml:11:35]
     10 │ taskgraph:
     11 │     disabled-actions: [cancel-al, frobnicate]
        ·                                   ──────────
     12 │     repositories:
        ╰────
      help: available: add-new-jobs, backfill, cancel, cancel-all, create-interactive, purge-caches,
            rebuild-cached-tasks, release-promotion, rerun, retrigger, retrigger-decision,
            retrigger-disabled, retrigger-multiple

    2 errors
    ");
}
