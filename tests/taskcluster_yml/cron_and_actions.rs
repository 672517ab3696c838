//! Cron tasks and actions.

use serde_json::{Value, json};

use super::{
    BASE_REV, CANONICAL, FORK, HEAD_REV, OWN_TASK_ID, PUSH_TASK_ID, TARGET_TASK_ID, command, level,
    render_one, strings,
};

pub(super) fn cron(level: Value, quoted_args: &str) -> Value {
    json!({
        "tasks_for": "cron",
        "taskcluster_root_url": "https://tc.example.org",
        "ownTaskId": OWN_TASK_ID,
        "repository": {
            "url": CANONICAL,
            "project": "snowman",
            "level": level,
            "type": "git",
        },
        "push": {"branch": "main", "revision": HEAD_REV, "owner": "cron"},
        "cron": {
            "task_id": "CcCcCcCcQcCcCcCcCcCcCQ",
            "job_name": "nightly",
            "job_symbol": "N",
            "quoted_args": quoted_args,
            "input": {},
        },
    })
}

/// Builds the input of an in-tree action hook; its `decision` part is that of `actions.json`.
pub(super) fn action(tasks_for: &str, permission: &str, level: &str, url: &str) -> Value {
    json!({
        "tasks_for": tasks_for,
        "ownTaskId": OWN_TASK_ID,
        "clientId": "mozilla-auth0/ad|Example|jane/treeherder",
        "taskId": TARGET_TASK_ID,
        "taskGroupId": PUSH_TASK_ID,
        "input": {"times": 2, "note": "a 'quoted' \"${note}\""},
        "action": {
            "name": "retrigger",
            "title": "Retrigger",
            "description": "Runs the task again",
            "taskGroupId": PUSH_TASK_ID,
            "cb_name": "retrigger-decision",
            "symbol": "rt",
            "action_perm": permission,
            "repo_scope": format!("assume:repo:{}:action:{permission}", &url["https://".len()..]),
        },
        "repository": {
            "url": url,
            "project": "snowman",
            "level": level,
            "base_url": CANONICAL,
        },
        "push": {
            "owner": "jane@example.org",
            "pushlog_id": "0",
            "revision": HEAD_REV,
            "base_revision": BASE_REV,
            "branch": "refs/heads/main",
        },
    })
}

#[test]
fn cron_is_indexed_by_its_job() {
    // The level may be a number or a string.
    for level_value in [json!("3"), json!(3)] {
        let task = render_one(&cron(
            level_value,
            "--target-tasks-method=nightly --no-verify",
        ));
        assert_eq!(level(&task), 3);
        assert_eq!(task["taskGroupId"], OWN_TASK_ID);
        assert_eq!(
            strings(&task["scopes"]),
            ["assume:repo:github.com/snowman-ci/snowman:cron:nightly"]
        );
        assert_eq!(
            strings(&task["routes"]),
            [
                format!("tc-treeherder.v2.snowman.{HEAD_REV}"),
                "index.snowman.v2.snowman.latest.taskgraph.decision-nightly".to_owned(),
                format!("index.snowman.v2.snowman.revision.{HEAD_REV}.taskgraph.decision-nightly"),
                format!("index.snowman.v2.snowman.revision.{HEAD_REV}.cron.{OWN_TASK_ID}"),
            ]
        );
        assert!(command(&task).contains(&"--head-ref=refs/heads/main"));
        assert!(command(&task).ends_with(&[
            "--tasks-for=cron",
            "--target-tasks-method=nightly",
            "--no-verify"
        ]));
        let recorded: Value =
            serde_json::from_str(task["extra"]["cron"].as_str().unwrap()).unwrap();
        assert_eq!(recorded["job_name"], "nightly");
    }

    let task = render_one(&cron(json!("1"), ""));
    assert_eq!(level(&task), 1);
    assert!(strings(&task["routes"]).is_empty());
    assert!(command(&task).ends_with(&["--tasks-for=cron"]));
}

#[test]
fn action_joins_the_group_of_its_push() {
    let task = render_one(&action("action", "generic", "3", CANONICAL));
    assert_eq!(level(&task), 3);
    // The hooks service adds the taskId.
    assert_eq!(task.get("taskId"), None);
    assert_eq!(task["taskGroupId"], PUSH_TASK_ID);
    assert_eq!(
        strings(&task["scopes"]),
        ["assume:repo:github.com/snowman-ci/snowman:action:generic"]
    );
    assert_eq!(
        strings(&task["routes"]),
        [
            "checks".to_owned(),
            format!("tc-treeherder.v2.snowman.{HEAD_REV}"),
            format!("index.snowman.v2.snowman.revision.{HEAD_REV}.actions.{OWN_TASK_ID}"),
        ]
    );
    assert_eq!(command(&task), ["snowman", "action-callback"]);

    let environment = &task["payload"]["env"];
    let decode = |name: &str| -> Value {
        serde_json::from_str(environment[name].as_str().unwrap()).unwrap()
    };
    let input = json!({"times": 2, "note": "a 'quoted' \"${note}\""});
    assert_eq!(environment["ACTION_CALLBACK"], "retrigger-decision");
    assert_eq!(environment["ACTION_TASK_GROUP_ID"], PUSH_TASK_ID);
    assert_eq!(decode("ACTION_TASK_ID"), TARGET_TASK_ID);
    assert_eq!(decode("ACTION_INPUT"), input);

    assert_eq!(task["extra"]["parent"], PUSH_TASK_ID);
    assert_eq!(
        task["extra"]["action"],
        json!({
            "name": "retrigger",
            "cb_name": "retrigger-decision",
            "context": {
                "taskGroupId": PUSH_TASK_ID,
                "taskId": TARGET_TASK_ID,
                "input": input,
                "clientId": "mozilla-auth0/ad|Example|jane/treeherder",
            },
        })
    );
}

#[test]
fn action_on_the_whole_group_has_no_target() {
    let mut context = action("action", "release-promotion", "3", CANONICAL);
    context["taskId"] = Value::Null;
    context["input"] = Value::Null;
    context.as_object_mut().unwrap().shift_remove("clientId");
    // `actions.json` omits these if the parameters are empty.
    let push = context["push"].as_object_mut().unwrap();
    push.shift_remove("branch");
    push.shift_remove("base_revision");
    let task = render_one(&context);
    assert_eq!(task["payload"]["env"]["ACTION_TASK_ID"], "null");
    assert_eq!(task["payload"]["env"]["ACTION_INPUT"], "null");
    assert_eq!(task["extra"]["action"]["context"]["taskId"], Value::Null);
    assert_eq!(task["extra"]["action"]["context"]["clientId"], Value::Null);
    assert_eq!(
        strings(&task["scopes"]),
        ["assume:repo:github.com/snowman-ci/snowman:action:release-promotion"]
    );
}

#[test]
fn actions_outside_level_3_are_not_indexed() {
    for (context, scope) in [
        (
            action("action", "generic", "1", CANONICAL),
            "assume:repo:github.com/snowman-ci/snowman:action:generic",
        ),
        // A fork that claims to be level 3 is level 1.
        (
            action("action", "generic", "3", FORK),
            "assume:repo:github.com/jane/snowman:action:generic",
        ),
        // For a pull request, the base repository counts, as for its role.
        (
            action("pr-action", "generic", "3", FORK),
            "assume:repo:github.com/snowman-ci/snowman:pr-action:generic",
        ),
        (
            action("pr-action", "generic", "3", CANONICAL),
            "assume:repo:github.com/snowman-ci/snowman:pr-action:generic",
        ),
    ] {
        let task = render_one(&context);
        assert_eq!(level(&task), 1);
        assert_eq!(strings(&task["routes"]), ["checks"]);
        assert_eq!(strings(&task["scopes"]), [scope]);
        assert_eq!(task["taskGroupId"], PUSH_TASK_ID);
    }
}
