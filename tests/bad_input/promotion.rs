//! Errors in the graphs that an action is triggered on.

use super::actions::{
    PARAMETERS, PROMOTE, SCOPES, action, call_back, project, refused, taskcluster,
};
use crate::common::taskcluster::{DECISION, Taskcluster};
use crate::common::{CONFIG, Project};
use insta::assert_snapshot;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn previous_graphs_do_not_exist() {
    let shown = call_back(action(PROMOTE, json!({"release_promotion_flavor": "promote", "build_number": 1, "version": "1.0", "previous_graph_ids": ["bN1SbArXTPSVFUUvaOlinQ", "cN1SbArXTPSVFUUvaOlinQ"]}))).await;
    assert_snapshot!(shown, @"
    exit code 1
    stderr:
      × cannot read the artifact public/full-task-graph.json of the task [TASK-ID]
      │   cause: HTTP 404: Task not found; the queue has no such task: the taskId is wrong, or the task
      │   has expired
      help: specify a decision task, or an action task that creates a graph; check its artifacts

      × cannot read the artifact public/full-task-graph.json of the task [TASK-ID]
      │   cause: HTTP 404: Task not found; the queue has no such task: the taskId is wrong, or the task
      │   has expired
      help: specify a decision task, or an action task that creates a graph; check its artifacts

    2 errors; nothing was done
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn previous_graphs_have_malformed_ids() {
    let shown = call_back(action(PROMOTE, json!({"release_promotion_flavor": "promote", "build_number": 1, "version": "1.0", "previous_graph_ids": ["a/b", ""]}))).await;
    assert_snapshot!(shown, @r#"
    exit code 1
    stderr:
      × `previous_graph_ids`: taskId "a/b" contains an invalid character: '/'

      × `previous_graph_ids`: taskId is empty

    2 errors; nothing was done
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_version_is_unknown() {
    let shown = call_back(action(PROMOTE, json!({"release_promotion_flavor": "promote", "build_number": 1, "previous_graph_ids": [DECISION]}))).await;
    assert_snapshot!(shown, @"
    exit code 1
    stderr:
      × cannot determine the version to promote
      help: set `version` in the input (`--version` of `promote --plan`), or add a version.txt to the
            repository

    1 error; nothing was done
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_decision_has_no_parameters() {
    let taskcluster = Taskcluster::new().await;
    taskcluster.act(SCOPES, &action("retrigger", json!({})));
    assert_snapshot!(refused(&taskcluster, project()), @"
    exit code 1
    stderr:
      × cannot read the parameters of the decision task [TASK-ID]
      │   cause: HTTP 404: Artifact not found
      help: specify a decision task that has written its artifacts

    1 error; nothing was done
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_decision_has_wrong_parameters() {
    let taskcluster = taskcluster().await;
    taskcluster.leave(
        "public/parameters.yml",
        PARAMETERS.replace("level: '1'", "level: 1"),
    );
    taskcluster.act(SCOPES, &action("retrigger", json!({})));
    assert_snapshot!(refused(&taskcluster, project()), @"
    exit code 1
    stderr:
      × parameters: `level`: expected a string, found 1
      │   cause: these are the parameters of the graph that the action is triggered on

    1 error; nothing was done
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_graph_has_no_full_task_graph() {
    let taskcluster = Taskcluster::new().await;
    taskcluster.leave("public/parameters.yml", PARAMETERS);
    let input = json!({
        "release_promotion_flavor": "promote", "build_number": 1, "version": "1.0",
        "previous_graph_ids": [DECISION],
    });
    taskcluster.act(SCOPES, &action(PROMOTE, input));
    assert_snapshot!(refused(&taskcluster, project()), @"
    exit code 1
    stderr:
      × cannot read the artifact public/full-task-graph.json of the task [TASK-ID]
      │   cause: HTTP 404: Artifact not found; the task is running
      help: specify a decision task, or an action task that creates a graph; check its artifacts

    1 error; nothing was done
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_graph_is_malformed() {
    let taskcluster = taskcluster().await;
    taskcluster.leave(
        "public/full-task-graph.json",
        "{\"build-linux\": {\"label\": 5}, \"x\": []}",
    );
    taskcluster.leave("public/label-to-taskid.json", "{\"build-linux\": \"a/b\"}");
    let input = json!({
        "release_promotion_flavor": "promote", "build_number": 1, "version": "1.0",
        "previous_graph_ids": [DECISION],
    });
    taskcluster.act(SCOPES, &action(PROMOTE, input));
    assert_snapshot!(refused(&taskcluster, project()), @r#"
    exit code 1
    stderr:
      × task `build-linux` and 1 more: `kind` is not a string
      │   cause: public/full-task-graph.json of [TASK-ID]

      × public/label-to-taskid.json of [TASK-ID] is malformed
      │   cause: taskId "a/b" contains an invalid character: '/' at line 1 column 22

    2 errors; nothing was done
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_parser_is_the_projects_own() {
    let taskcluster = taskcluster().await;
    let input = json!({
        "release_promotion_flavor": "promote", "build_number": 1, "previous_graph_ids": [DECISION],
    });
    taskcluster.act(SCOPES, &action(PROMOTE, input));
    let config = format!(
        "{CONFIG}version-parser: project_taskgraph.version:parse\nrelease-promotion:\n    \
         flavors: {{promote: {{target-tasks-method: promote}}}}\n"
    );
    let project = Project::new()
        .file("taskcluster/config.yml", config)
        .variable("SNOWMAN_PYTHON", "/no/such/python");
    assert_snapshot!(refused(&taskcluster, project), @"
    exit code 3
    stderr:
      × no Python with the package taskgraph was found
      │   cause: /no/such/python: No such file or directory (os error 2)
        ╭─[taskcluster/config.yml:16:1]
     15 │             default-ref: main
     16 │ version-parser: project_taskgraph.version:parse
        · ──────────────
     17 │ release-promotion:
        ╰────
      help: set SNOWMAN_PYTHON to an interpreter in which taskcluster-taskgraph is installed

    1 failure; nothing was done
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flavor_is_checked_when_it_is_promoted() {
    let config = format!(
        "{CONFIG}release-promotion:\n    rebuild-kinds: null\n    flavors:\n        \
         promote: {{rebuild-kinds: all, partial-updates: {{a: b}}, notes: [1]}}\n        \
         ship: {{target-tasks-method: default, product: [1]}}\n        later: null\n"
    );
    // Nothing but promotions reads that section, so graphs can be made, as taskgraph makes them.
    let project = Project::new().file("taskcluster/config.yml", &config);
    let ran = project.run(&["full"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 0
    stdout:
    build-linux
    stderr:
    WARN taskcluster/config.yml:19:9: `release-promotion.flavors.promote.target-tasks-method` is missing
      help: add it: the target-tasks method; `{project}` is replaced
    WARN taskcluster/config.yml:19:19: `release-promotion.flavors.promote.rebuild-kinds`: expected a list of strings, found the string "all"
    WARN taskcluster/config.yml:19:39: `release-promotion.flavors.promote.partial-updates`: expected a boolean, found a mapping
    WARN taskcluster/config.yml:20:46: `release-promotion.flavors.ship.product`: expected a string, found a list
    WARN taskcluster/config.yml:21:9: `release-promotion.flavors.later`: expected a mapping (release promotion flavor), found null
    "#);
    let taskcluster = taskcluster().await;
    let input = json!({
        "release_promotion_flavor": "promote", "build_number": 1, "version": "1.0",
        "previous_graph_ids": [DECISION],
    });
    taskcluster.act(SCOPES, &action(PROMOTE, input));
    assert_snapshot!(refused(&taskcluster, project), @r#"
    exit code 1
    stderr:
    [TIME]  WARN taskcluster/config.yml:19:9: `release-promotion.flavors.promote.target-tasks-method` is missing
      help: add it: the target-tasks method; `{project}` is replaced
    [TIME]  WARN taskcluster/config.yml:19:19: `release-promotion.flavors.promote.rebuild-kinds`: expected a list of strings, found the string "all"
    [TIME]  WARN taskcluster/config.yml:19:39: `release-promotion.flavors.promote.partial-updates`: expected a boolean, found a mapping
    [TIME]  WARN taskcluster/config.yml:20:46: `release-promotion.flavors.ship.product`: expected a string, found a list
    [TIME]  WARN taskcluster/config.yml:21:9: `release-promotion.flavors.later`: expected a mapping (release promotion flavor), found null
      × `release-promotion.flavors.promote.target-tasks-method` is missing
        ╭─[taskcluster/config.yml:19:9]
     18 │     flavors:
     19 │         promote: {rebuild-kinds: all, partial-updates: {a: b}, notes: [1]}
        ·         ───────
     20 │         ship: {target-tasks-method: default, product: [1]}
        ╰────
      help: add it: the target-tasks method; `{project}` is replaced

      × `release-promotion.flavors.promote.rebuild-kinds`: expected a list of strings, found the string
      │ "all"
        ╭─[taskcluster/config.yml:19:19]
     18 │     flavors:
     19 │         promote: {rebuild-kinds: all, partial-updates: {a: b}, notes: [1]}
        ·                   ─────────────
     20 │         ship: {target-tasks-method: default, product: [1]}
        ╰────

    2 errors; nothing was done
    "#);
    // One that says nothing yet is offered, as it is by taskgraph, and is no slip.
    let input = json!({
        "release_promotion_flavor": "later", "build_number": 1, "version": "1.0",
        "previous_graph_ids": [DECISION],
    });
    let taskcluster = self::taskcluster().await;
    taskcluster.act(SCOPES, &action(PROMOTE, input));
    let project = Project::new().file("taskcluster/config.yml", &config);
    let error = refused(&taskcluster, project);
    assert!(
        error.contains("× `release-promotion.flavors.later`: expected a mapping"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_decision_lacks_parameters() {
    let taskcluster = taskcluster().await;
    let parameters = PARAMETERS
        .replace("level: '1'\n", "")
        .replace("head_rev:", "head_revision:");
    taskcluster.leave("public/parameters.yml", parameters);
    taskcluster.act(SCOPES, &action("retrigger", json!({})));
    assert_snapshot!(refused(&taskcluster, project()), @"
    exit code 1
    stderr:
      × parameters: `head_rev` is missing
      │   cause: these are the parameters of the graph that the action is triggered on
      help: add it: the revision that is built

      × parameters: `level` is missing
      │   cause: these are the parameters of the graph that the action is triggered on
      help: add it: the SCM level: `1` or `3`

    2 errors; nothing was done
    ");
}

#[test]
fn a_rehearsed_flavor_is_unknown() {
    let ran = project().run(&["rehearse", "promot", "frobnicate"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × unknown flavor `promot`
      help: did you mean `promote`?

      × unknown flavor `frobnicate`
      help: available: promote, ship

    2 errors
    ");
}

#[test]
fn a_rehearsal_of_a_flavor_needs_flavors() {
    let ran = Project::new().run(&["rehearse", "promote"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × the graph config has no `release-promotion.flavors`
      help: pass no flavors to rehearse only the push

    1 error
    ");
}

#[test]
fn a_tested_action_has_a_malformed_input() {
    let ran = project().file("input.json", "{\"times\": }").run(&[
        "test-action-callback",
        "--input=input.json",
        "retrigger",
    ]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × input.json is not valid JSON: expected value
       ╭─[input.json:1:11]
     1 │ {"times": }
       ·           ─
       ╰────

    1 error
    "#);
}

#[test]
fn a_tested_action_has_no_input() {
    let ran = project().run(&["test-action-callback", "--input=input.yml", "retrigger"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × cannot read the input input.yml
      │   cause: No such file or directory (os error 2)

    1 error
    ");
}
