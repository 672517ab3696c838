//! Actions that fail: nothing is created.

use std::collections::BTreeMap;

use crate::common::taskcluster::{DECISION, Taskcluster};
use crate::common::{CONFIG, Project};
use insta::assert_snapshot;
use serde_json::{Value, json};

/// What an action task holds, for actions of every permission.
pub(super) const SCOPES: &[&str] = &[
    "assume:repo:github.com/org/project:action:generic",
    "assume:repo:github.com/org/project:action:release-promotion",
    "queue:create-task:*",
    "queue:cancel-task:*",
    "queue:route:*",
    "queue:scheduler-id:test-level-1",
];

/// The parameters of the decision.
pub(super) const PARAMETERS: &str = "\
base_repository: https://github.com/org/project
base_ref: main
base_rev: ''
build_date: 1900000000
build_number: 1
do_not_optimize: []
enable_always_target: true
existing_tasks: {}
files_changed: []
filters: [target_tasks_method]
head_ref: refs/heads/main
head_repository: https://github.com/org/project
head_rev: 0123456789abcdef0123456789abcdef01234567
head_tag: ''
level: '1'
moz_build_date: '20300317175320'
next_version: null
optimize_strategies: null
optimize_target_tasks: true
owner: someone@example.com
project: project
pushdate: 1900000000
pushlog_id: '1'
repository_type: git
target_tasks_method: default
tasks_for: github-push
version: null
";

/// A project with two flavors of promotion.
pub(super) fn project() -> Project {
    let promotion = "\
release-promotion:
    flavors:
        promote: {target-tasks-method: promote, product: project}
        ship: {target-tasks-method: ship, product: project}
";
    Project::new().file("taskcluster/config.yml", format!("{CONFIG}{promotion}"))
}

/// The `extra.action` of an action task.
pub(super) fn action(name: &str, input: Value) -> Value {
    json!({
        "name": name, "cb_name": name,
        "context": {"taskGroupId": DECISION, "taskId": null, "input": input},
    })
}

/// A decision that has made its artifacts, and an empty graph.
pub(super) async fn taskcluster() -> Taskcluster {
    let taskcluster = Taskcluster::new().await;
    taskcluster.leave("public/parameters.yml", PARAMETERS);
    taskcluster.leave("public/full-task-graph.json", "{}");
    taskcluster.leave("public/label-to-taskid.json", "{}");
    taskcluster
}

/// Calls an action back that must not create anything.
pub(super) async fn call_back(action: Value) -> String {
    let taskcluster = taskcluster().await;
    taskcluster.act(SCOPES, &action);
    refused(&taskcluster, project())
}

/// Runs the action task, which must not create anything.
pub(super) fn refused(taskcluster: &Taskcluster, project: Project) -> String {
    let ran = taskcluster.call_back(project);
    assert_ne!(ran.code, Some(0), "{}", ran.shown());
    assert_eq!(taskcluster.created(), BTreeMap::new());
    ran.shown()
}

/// The action that puts graphs on top of others.
pub(super) const PROMOTE: &str = "release-promotion";

#[tokio::test(flavor = "multi_thread")]
async fn an_action_is_unknown() {
    let shown = call_back(action("retriger", json!(null))).await;
    assert_snapshot!(shown, @"
    exit code 1
    stderr:
      × unknown action `retriger`
      help: did you mean `retrigger`?

    1 error; nothing was done
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_is_the_projects_own() {
    let shown = call_back(action("add-talos", json!(null))).await;
    assert_snapshot!(shown, @"
    exit code 1
    stderr:
      × unknown action `add-talos`
      help: register it if the project defines it in Python; available: add-new-jobs, cancel,
            cancel-all, rebuild-cached-tasks, release-promotion, rerun, retrigger, retrigger-decision,
            retrigger-disabled, retrigger-multiple

    1 error; nothing was done
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_task_is_not_an_action_task() {
    let shown = call_back(Value::Null).await;
    assert_snapshot!(shown, @"
    exit code 1
    stderr:
      × the task [TASK-ID] is not an action task
      │   cause: ACTION_CALLBACK is not set and the task has no `extra.action`
      help: run `snowman action-callback` in an action task, or try the action locally with `snowman
            test-action-callback`

    1 error; nothing was done
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_action_has_no_name() {
    let shown = call_back(json!({"context": {}})).await;
    assert_snapshot!(shown, @"
    exit code 1
    stderr:
      × `extra.action` of [TASK-ID] has no `name`

    1 error; nothing was done
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_action_is_not_a_mapping() {
    let shown = call_back(json!(["retrigger"])).await;
    assert_snapshot!(shown, @"
    exit code 1
    stderr:
      × `extra.action` of [TASK-ID] has no `name`

    1 error; nothing was done
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_action_names_no_task_group() {
    let shown = call_back(json!({"name": "retrigger", "context": {}})).await;
    assert_snapshot!(shown, @"
    exit code 1
    stderr:
      × cannot determine the task group that the action was triggered on
      help: set ACTION_TASK_GROUP_ID, or `extra.action.context.taskGroupId` in the action task

    1 error; nothing was done
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_action_names_malformed_ids() {
    let shown =
        call_back(json!({"name": "retrigger", "context": {"taskGroupId": "a/b", "taskId": 5}}))
            .await;
    assert_snapshot!(shown, @r#"
    exit code 1
    stderr:
      × `extra.action.context.taskGroupId`: taskId "a/b" contains an invalid character: '/'

      × `extra.action.context.taskId`: expected a taskId, found an integer

    2 errors; nothing was done
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_breaks_its_schema() {
    let shown = call_back(action(PROMOTE, json!({"release_promotion_flavor": "promot", "build_number": 0, "previous_graph_ids": ["x", 5], "version": 1.0}))).await;
    assert_snapshot!(shown, @r#"
    exit code 1
    stderr:
      × the input of the action release-promotion, `release_promotion_flavor`: "promot" is not one of
      │ "promote" or "ship"
      help: did you mean `promote`? available: promote, ship

      × the input of the action release-promotion, `build_number`: 0 is less than the minimum of 1

      × the input of the action release-promotion, `previous_graph_ids.1`: 5 is not of type "string"

      × the input of the action release-promotion, `version`: 1 is not of type "string"

    4 errors; nothing was done
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_lacks_a_required_key() {
    let shown = call_back(action(PROMOTE, json!(null))).await;
    assert_snapshot!(shown, @r#"
    exit code 1
    stderr:
      × the input of the action release-promotion: "release_promotion_flavor" is a required property
      help: known properties: release_promotion_flavor, build_number, version, do_not_optimize,
            rebuild_kinds, previous_graph_ids, revision, allow_mixed_revisions, allow_earlier_phases,
            release_eta, release_partners, release_partner_config, release_partner_build_number,
            release_enable_partner_repack, release_enable_partner_attribution, release_enable_emefree

      × the input of the action release-promotion: "build_number" is a required property
      help: known properties: release_promotion_flavor, build_number, version, do_not_optimize,
            rebuild_kinds, previous_graph_ids, revision, allow_mixed_revisions, allow_earlier_phases,
            release_eta, release_partners, release_partner_config, release_partner_build_number,
            release_enable_partner_repack, release_enable_partner_attribution, release_enable_emefree

    2 errors; nothing was done
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_is_not_a_mapping() {
    let shown = call_back(action("retrigger", json!([3]))).await;
    assert_snapshot!(shown, @r#"
    exit code 1
    stderr:
      × the input of the action retrigger: [3] is not of type "object"
      help: known properties: downstream, times

    1 error; nothing was done
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn retrigger_needs_a_task() {
    let shown = call_back(action("retrigger", json!({}))).await;
    assert_snapshot!(shown, @"
    exit code 1
    stderr:
      × the action retrigger requires a task
      help: trigger it on a task, or pass --task-id

    1 error; nothing was done
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn cancel_needs_a_task() {
    let shown = call_back(action("cancel", json!(null))).await;
    assert_snapshot!(shown, @"
    exit code 1
    stderr:
      × the action cancel requires a task
      help: trigger it on a task, or pass --task-id

    1 error; nothing was done
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scope_is_missing() {
    let taskcluster = taskcluster().await;
    taskcluster.act(&SCOPES[2..], &action("retrigger", json!({})));
    assert_snapshot!(refused(&taskcluster, project()), @"
    exit code 1
    stderr:
      × the action task has neither the scope `assume:repo:github.com/org/project:action:generic` nor
      │ `assume:repo:github.com/org/project:pr-action:generic`
      help: trigger the action `retrigger` through its own hook

    1 error; nothing was done
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_task_to_retrigger_does_not_exist() {
    let mut action = action("retrigger", json!({}));
    action["context"]["taskId"] = json!("bN1SbArXTPSVFUUvaOlinQ");
    assert_snapshot!(call_back(action).await, @"
    exit code 1
    stderr:
      × cannot read the task [TASK-ID]
      │   cause: HTTP 404: `[TASK-ID]` does not correspond to a task that exists.
      │   Are you sure this task has already been submitted?
      help: trigger the action on a task that exists

    1 error; nothing was done
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_task_to_cancel_does_not_exist() {
    let mut action = action("cancel", json!(null));
    action["context"]["taskId"] = json!("bN1SbArXTPSVFUUvaOlinQ");
    assert_snapshot!(call_back(action).await, @"
    exit code 1
    stderr:
      × cannot cancel the task [TASK-ID]
      │   cause: HTTP 404: Task `[TASK-ID]` not found. Are you sure it was created?
      help: check that the task exists, and that the action task has the scope to cancel it

    1 error; nothing was done
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_task_to_retrigger_is_not_in_the_graph() {
    let mut action = action("retrigger", json!({}));
    action["context"]["taskId"] = json!(DECISION);
    assert_snapshot!(call_back(action).await, @"
    exit code 1
    stderr:
      × the full task graph of [TASK-ID] has no task `Decision Task`
      help: trigger the action on a task of that graph

    1 error; nothing was done
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_are_malformed() {
    let taskcluster = taskcluster().await;
    taskcluster.act(SCOPES, &Value::Null);
    let project = project()
        .variable("ACTION_CALLBACK", "retrigger")
        .variable("ACTION_TASK_GROUP_ID", DECISION)
        .variable("ACTION_TASK_ID", "fN1SbArXTPSVFUUvaOlinQ")
        .variable("ACTION_INPUT", "{times: 1}");
    assert_snapshot!(refused(&taskcluster, project), @"
    exit code 3
    stderr:
      × ACTION_TASK_ID is not valid JSON
      │   cause: expected ident at line 1 column 2

      × ACTION_INPUT is not valid JSON
      │   cause: key must be a string at line 1 column 2

    2 failures; nothing was done
    ");
}
