//! Problems that the preflight reports, all together: nothing is created.

use std::collections::BTreeMap;

use super::actions::{self, action, refused};
use crate::common::Project;
use crate::common::taskcluster::{DECISION, SCOPES, Taskcluster};
use insta::assert_snapshot;
use serde_json::json;

/// A kind whose tasks break a rule each.
const MANY: &str = "\
tasks:
    a: {description: A, worker-type: succeed, deadline-after: 30 days}
    b: {description: B, worker-type: succeed, routes: [x, x]}
    c: {description: C, worker-type: succeed, dependencies: {d: build-d}}
    d: {description: D, worker-type: succeed, deadline-after: 1 hour, expires-after: 2 hours}
    e: {description: E, worker-type: succeed, scopes: ['secrets:get:**'], treeherder: {symbol: e}}
    f:
        description: F
        worker-type: linux
        worker: {docker-image: debian:12, max-run-time: 0}
";

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_reported_together() {
    let taskcluster = Taskcluster::granting(&["queue:create-task:*", "queue:route:*"]).await;
    let ran = taskcluster.decide(Project::new().plain(MANY), &[]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × kind `build`, task `build-a`: `deadline` is more than 5 days ahead
      │   cause: the queue would reject the task
       ╭─[taskcluster/kinds/build/kind.yml:4:5]
     3 │ tasks:
     4 │     a: {description: A, worker-type: succeed, deadline-after: 30 days}
       ·     ─
     5 │     b: {description: B, worker-type: succeed, routes: [x, x]}
       ╰────
      help: set `deadline-after` to at most `5 days`

      × kind `build`, task `build-b`: `routes` contains "x" more than once
      │   cause: the queue would reject the task
       ╭─[taskcluster/kinds/build/kind.yml:5:5]
     4 │     a: {description: A, worker-type: succeed, deadline-after: 30 days}
     5 │     b: {description: B, worker-type: succeed, routes: [x, x]}
       ·     ─
     6 │     c: {description: C, worker-type: succeed, dependencies: {d: build-d}}
       ╰────

      × kind `build`, task `build-e`: `scopes[0]`: expected a scope (printable ASCII that does not end
      │ in `**`), found "secrets:get:**"
      │   cause: the queue would reject the task
       ╭─[taskcluster/kinds/build/kind.yml:8:5]
     7 │     d: {description: D, worker-type: succeed, deadline-after: 1 hour, expires-after: 2 hours}
     8 │     e: {description: E, worker-type: succeed, scopes: ['secrets:get:**'], treeherder: {symbol: e}}
       ·     ─
     9 │     f:
       ╰────

      × kind `build`, task `build-f`: `payload.maxRunTime` is 0, but must be at least 1
      │   cause: docker-worker would reject the task
        ╭─[taskcluster/kinds/build/kind.yml:9:5]
      8 │     e: {description: E, worker-type: succeed, scopes: ['secrets:get:**'], treeherder: {symbol: e}}
      9 │     f:
        ·     ─
     10 │         description: F
        ╰────

      × kind `build`, task `build-c`: it depends on the task `build-d`, which expires before this task's
      │ deadline
      │   cause: the queue would reject the task
       ╭─[taskcluster/kinds/build/kind.yml:6:5]
     5 │     b: {description: B, worker-type: succeed, routes: [x, x]}
     6 │     c: {description: C, worker-type: succeed, dependencies: {d: build-d}}
       ·     ─
     7 │     d: {description: D, worker-type: succeed, deadline-after: 1 hour, expires-after: 2 hours}
       ╰────
      help: increase the `expires-after` of that task, or decrease the `deadline-after` of this one

      × the scope `queue:scheduler-id:test-level-1` is missing
      │   cause: 6 tasks need it: `build-a`, `build-b`, `build-c` and 3 more
       ╭─[taskcluster/kinds/build/kind.yml:4:5]
     3 │ tasks:
     4 │     a: {description: A, worker-type: succeed, deadline-after: 30 days}
       ·     ─
     5 │     b: {description: B, worker-type: succeed, routes: [x, x]}
       ╰────
      help: grant it to the role of the repository or hook that this decision task runs for, or change
            the tasks so that they do not need it

      × kind `build`, task `build-e`: the scope `secrets:get:**` is missing
       ╭─[taskcluster/kinds/build/kind.yml:8:5]
     7 │     d: {description: D, worker-type: succeed, deadline-after: 1 hour, expires-after: 2 hours}
     8 │     e: {description: E, worker-type: succeed, scopes: ['secrets:get:**'], treeherder: {symbol: e}}
       ·     ─
     9 │     f:
       ╰────
      help: grant it to the role of the repository or hook that this decision task runs for, or change
            the tasks so that they do not need it

    7 errors; nothing was created
    "#);
    assert_eq!(taskcluster.created(), BTreeMap::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_would_reject_payloads() {
    let tasks = "\
tasks:
    a: &task
        description: A
        worker-type: linux
        worker:
            docker-image: debian:12
            max-run-time: 0
            command: [make]
    b: *task
";
    let taskcluster = Taskcluster::new().await;
    let ran = taskcluster.decide(Project::new().plain(tasks), &[]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `build-a` and 1 more: `payload.maxRunTime` is 0, but must be at least 1
      │   cause: docker-worker would reject the task
       ╭─[taskcluster/kinds/build/kind.yml:4:5]
     3 │ tasks:
     4 │     a: &task
       ·     ─
     5 │         description: A
       ╰────

    1 error; nothing was created
    ");
    assert_eq!(taskcluster.created(), BTreeMap::new());
    // Whoever skips verifications skips these too.
    let ran = taskcluster.decide(Project::new().plain(tasks), &["--no-verify"]);
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_tasks_lack_the_same_scope() {
    let tasks: String = (0..700)
        .map(|n| {
            format!("    t{n:03}: {{description: A, worker-type: succeed, routes: [own.{n}.x]}}\n")
        })
        .collect();
    let scopes: Vec<&str> = SCOPES
        .iter()
        .copied()
        .filter(|scope| !scope.contains("route"))
        .collect();
    let taskcluster = Taskcluster::granting(&scopes).await;
    let ran = taskcluster.decide(Project::new().plain(&format!("tasks:\n{tasks}")), &[]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × the scope `queue:route:checks` is missing
      │   cause: 700 tasks need it: `build-t000`, `build-t001`, `build-t002` and 697 more
       ╭─[taskcluster/kinds/build/kind.yml:4:5]
     3 │ tasks:
     4 │     t000: {description: A, worker-type: succeed, routes: [own.0.x]}
       ·     ────
     5 │     t001: {description: A, worker-type: succeed, routes: [own.1.x]}
       ╰────
      help: grant it to the role of the repository or hook that this decision task runs for, or change
            the tasks so that they do not need it

      × 700 scopes that begin with `queue:route:own.` are missing: `queue:route:own.0.x`,
      │ `queue:route:own.1.x`, `queue:route:own.10.x` and 697 more
      │   cause: 700 tasks need them: `build-t000`, `build-t001`, `build-t010` and 697 more
       ╭─[taskcluster/kinds/build/kind.yml:4:5]
     3 │ tasks:
     4 │     t000: {description: A, worker-type: succeed, routes: [own.0.x]}
       ·     ────
     5 │     t001: {description: A, worker-type: succeed, routes: [own.1.x]}
       ╰────
      help: grant `queue:route:own.*`, or each scope individually, to the role of the repository or hook
            that this decision task runs for, or change the tasks so that they do not need them

    2 errors; nothing was created
    ");
    assert_eq!(taskcluster.created(), BTreeMap::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dependency_has_expired_or_will() {
    let taskcluster = Taskcluster::new().await;
    let [short, gone] = ["bN1SbArXTPSVFUUvaOlinQ", "cN1SbArXTPSVFUUvaOlinQ"];
    let mut definition = taskcluster.definition("short", &[]);
    let hour = snowman::base::time::Span::seconds(3_600);
    let soon = snowman::ports::clock::Clock::now(&snowman::ports::clock::SystemClock).plus(hour);
    definition["deadline"] = json!(soon.to_string());
    definition["expires"] = json!(soon.to_string());
    taskcluster.create(short, &definition);
    let tasks = "\
tasks:
    a: {description: A, worker-type: succeed, dependencies: {b: build-b, c: build-c}}
    b: {description: B, worker-type: succeed}
    c: {description: C, worker-type: succeed}
";
    let existing = json!({"build-b": short, "build-c": gone});
    let project = Project::new().plain(tasks).file(
        "try_task_config.json",
        json!({"version": 2, "parameters": {"existing_tasks": existing,
                "optimize_target_tasks": true, "do_not_optimize": ["build-a"]}})
        .to_string(),
    );
    let ran = taskcluster.decide(project, &["--allow-parameter-override"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `build-a`: it depends on the task [TASK-ID], which expires
      │ before this task's deadline
      │   cause: the queue would reject the task
       ╭─[taskcluster/kinds/build/kind.yml:4:5]
     3 │ tasks:
     4 │     a: {description: A, worker-type: succeed, dependencies: {b: build-b, c: build-c}}
       ·     ─
     5 │     b: {description: B, worker-type: succeed}
       ╰────
      help: rebuild that task, or decrease the `deadline-after` of this one

      × kind `build`, task `build-a`: it depends on the task [TASK-ID], which does not
      │ exist or has expired
      │   cause: the queue would reject the task
       ╭─[taskcluster/kinds/build/kind.yml:4:5]
     3 │ tasks:
     4 │     a: {description: A, worker-type: succeed, dependencies: {b: build-b, c: build-c}}
       ·     ─
     5 │     b: {description: B, worker-type: succeed}
       ╰────
      help: rebuild that task, or remove the dependency

    2 errors; nothing was created
    ");
    assert_eq!(
        taskcluster.created(),
        BTreeMap::from([("short".to_owned(), "pending")])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_preflight_is_requested() {
    let tasks = "tasks:\n    a: {description: A, worker-type: succeed}\n";
    let taskcluster = Taskcluster::new().await;
    let project = Project::new().plain(tasks);
    let graph = project.root().join("artifacts/task-graph.json");
    let project = taskcluster.inside(project, DECISION);
    let ran = tokio::task::block_in_place(|| project.decide(&["--preflight-only"]));
    assert_snapshot!(ran.shown(), @"
    exit code 0
    stderr:
    Preflight passed: 1 task in group [TASK-ID]; nothing was created
    ");
    assert_eq!(taskcluster.created(), BTreeMap::new());
    assert!(std::fs::read_to_string(graph).unwrap().contains("build-a"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_lacks_a_scope() {
    let taskcluster = actions::taskcluster().await;
    let task = |label: &str| {
        let mut definition = taskcluster.definition(label, &[]);
        for (name, after) in [("created", "0 seconds"), ("deadline", "1 day")] {
            definition[name] = json!({"relative-datestamp": after});
        }
        definition["routes"] = json!([format!("own.{label}")]);
        json!({
            "attributes": {"kind": "build"}, "dependencies": {}, "description": "A", "kind": "build",
            "label": label, "optimization": null, "task": definition,
        })
    };
    let graph = json!({"build-a": task("build-a"), "build-b": task("build-b")});
    taskcluster.leave("public/full-task-graph.json", graph.to_string());
    let scopes: Vec<&str> = actions::SCOPES
        .iter()
        .copied()
        .filter(|scope| !scope.contains("route"))
        .collect();
    let input = json!({"tasks": ["build-a", "build-b"], "times": 2});
    taskcluster.act(&scopes, &action("add-new-jobs", input));
    let shown = refused(&taskcluster, actions::project());
    assert_snapshot!(shown, @"
    exit code 1
    stderr:
      × kind `build`, task `build-a`: the scope `queue:route:own.build-a` is missing
      help: grant it to the role of the repository or hook that this decision task runs for, or change
            the tasks so that they do not need it

      × kind `build`, task `build-b`: the scope `queue:route:own.build-b` is missing
      help: grant it to the role of the repository or hook that this decision task runs for, or change
            the tasks so that they do not need it

    2 errors; nothing was done
    ");
}

/// A project whose one task takes a scope of its own.
fn local_project() -> Project {
    Project::new()
        .plain("tasks:\n    a: {description: A, worker-type: succeed, scopes: ['secrets:get:x']}\n")
}

#[test]
fn a_project_is_verified_locally() {
    let ran = local_project().run(&["verify"]);
    assert_snapshot!(ran.shown(), @"
    exit code 0
    stderr:
    Preflight passed: 1 task with parameters from defaults; scopes were not checked
    ");
}

#[test]
fn a_file_of_scopes_is_incomplete() {
    let scopes = "- queue:create-task:*\n- queue:route:*\n- assume:repo:github.com/org/project:*\n";
    let ran = local_project()
        .file("scopes.yml", scopes)
        .run(&["verify", "--scopes", "scopes.yml"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
    WARN assume:repo:github.com/org/project:* is not expanded: the file must also list the scopes that this role grants
      × kind `build`, task `build-a`: the scope `queue:scheduler-id:test-level-3` is missing
       ╭─[taskcluster/kinds/build/kind.yml:4:5]
     3 │ tasks:
     4 │     a: {description: A, worker-type: succeed, scopes: ['secrets:get:x']}
       ·     ─
       ╰────
      help: grant it to the role of the repository or hook that this decision task runs for, or change
            the tasks so that they do not need it

      × kind `build`, task `build-a`: the scope `secrets:get:x` is missing
       ╭─[taskcluster/kinds/build/kind.yml:4:5]
     3 │ tasks:
     4 │     a: {description: A, worker-type: succeed, scopes: ['secrets:get:x']}
       ·     ─
       ╰────
      help: grant it to the role of the repository or hook that this decision task runs for, or change
            the tasks so that they do not need it

    2 errors
    ");
}

#[test]
fn a_file_of_scopes_is_complete() {
    let scopes = json!({"scopes": ["queue:*", "secrets:get:*"]}).to_string();
    let ran =
        local_project()
            .file("scopes.json", scopes)
            .run(&["verify", "--scopes", "scopes.json"]);
    assert_snapshot!(ran.shown(), @"
    exit code 0
    stderr:
    Preflight passed: 1 task with parameters from defaults
    ");
}

#[test]
fn a_file_of_scopes_is_invalid() {
    let ran = local_project()
        .file("scopes.yml", "scopes: [a, 5]\n")
        .run(&["verify", "--scopes", "scopes.yml"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × the scopes scopes.yml: expected a scope, found an integer
      help: use the output of `taskcluster api auth expandScopes`

    1 error
    ");
    let ran = local_project()
        .file("scopes.yml", "a\n")
        .run(&["verify", "--scopes", "scopes.yml"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × the scopes scopes.yml: expected a list of scopes, found a string
      help: use the output of `taskcluster api auth expandScopes`

    1 error
    ");
    let ran = local_project().run(&["verify", "--scopes", "none.yml"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × cannot read the scopes none.yml
      │   cause: No such file or directory (os error 2)

    1 error
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_task_id_is_not_a_slugid() {
    let taskcluster = Taskcluster::new().await;
    let project = taskcluster
        .inside(local_project(), DECISION)
        .variable("TASK_ID", "DECISION-TASK");
    let ran = tokio::task::block_in_place(|| project.decide(&[]));
    assert_snapshot!(ran.shown(), @"
    exit code 3
    stderr:
      × TASK_ID: `DECISION-TASK` is not a valid taskId

    1 failure; nothing was created
    ");
}
