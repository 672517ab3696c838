//! Decisions some or all of whose tasks the queue rejects.

use std::collections::BTreeMap;

use crate::common::Project;
use crate::common::taskcluster::{DECISION, SCOPES, Taskcluster};
use insta::assert_snapshot;
use snowman::base::name::{Label, TaskId};
use snowman::ports::ids::DerivedIds;

/// Two tasks of which one depends on the other, and a third by itself.
const THREE: &str = "\
tasks:
    a: {description: A, worker-type: succeed}
    b: {description: B, worker-type: succeed, dependencies: {a: build-a}}
    c: {description: C, worker-type: succeed}
";

fn created(labels: &[&str]) -> BTreeMap<String, &'static str> {
    let pair = |label: &&str| ((*label).to_owned(), "unscheduled");
    labels.iter().map(pair).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_rejects_definitions() {
    let tasks = THREE.replace(
        "a: {description: A,",
        "a: {description: A, deadline-after: 30 days,",
    );
    let taskcluster = Taskcluster::new().await;
    let ran = taskcluster.decide(Project::new().plain(&tasks), &[]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `build-a`: `deadline` is more than 5 days ahead
      │   cause: the queue would reject the task
       ╭─[taskcluster/kinds/build/kind.yml:4:5]
     3 │ tasks:
     4 │     a: {description: A, deadline-after: 30 days, worker-type: succeed}
       ·     ─
     5 │     b: {description: B, worker-type: succeed, dependencies: {a: build-a}}
       ╰────
      help: set `deadline-after` to at most `5 days`

    1 error; nothing was created
    ");
    assert_eq!(taskcluster.created(), created(&[]));
}

/// Deployments say how far ahead deadlines may be, and a queue that would take them is not forestalled.
#[tokio::test(flavor = "multi_thread")]
async fn deadlines_are_as_late_as_the_deployment_accepts() {
    let tasks = THREE.replace(
        "a: {description: A,",
        "a: {description: A, deadline-after: 30 days, expires-after: 1 year,",
    );
    let taskcluster = Taskcluster::new().await;
    taskcluster.sandbox.set_max_deadline_days(90);
    let ran = taskcluster.decide(Project::new().plain(&tasks), &[]);
    assert!(ran.shown().starts_with("exit code 0"), "{}", ran.shown());
    assert_eq!(
        taskcluster.created(),
        created(&["build-a", "build-b", "build-c"])
    );
    let taskcluster = Taskcluster::new().await;
    taskcluster.sandbox.set_max_deadline_days(29);
    let ran = taskcluster.decide(Project::new().plain(&tasks), &[]);
    let shown = ran.shown();
    assert!(
        shown.contains("task `build-a`: `deadline` is more than 29 days ahead"),
        "{shown}"
    );
    assert!(shown.contains("1 error; nothing was created"), "{shown}");
    assert_eq!(taskcluster.created(), created(&[]));
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_are_missing() {
    let scopes: Vec<&str> = SCOPES
        .iter()
        .copied()
        .filter(|s| !s.contains("route"))
        .collect();
    let tasks = THREE.replace(
        "c: {description: C,",
        "c: {description: C, routes: [other.route], scopes: ['secrets:get:x'],",
    );
    let taskcluster = Taskcluster::granting(&scopes).await;
    let ran = taskcluster.decide(Project::new().plain(&tasks), &[]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × the scope `queue:route:checks` is missing
      │   cause: 3 tasks need it: `build-a`, `build-b`, `build-c`
       ╭─[taskcluster/kinds/build/kind.yml:4:5]
     3 │ tasks:
     4 │     a: {description: A, worker-type: succeed}
       ·     ─
     5 │     b: {description: B, worker-type: succeed, dependencies: {a: build-a}}
       ╰────
      help: grant it to the role of the repository or hook that this decision task runs for, or change
            the tasks so that they do not need it

      × kind `build`, task `build-c`: the scope `queue:route:other.route` is missing
       ╭─[taskcluster/kinds/build/kind.yml:6:5]
     5 │     b: {description: B, worker-type: succeed, dependencies: {a: build-a}}
     6 │     c: {description: C, routes: [other.route], scopes: ['secrets:get:x'], worker-type: succeed}
       ·     ─
       ╰────
      help: grant it to the role of the repository or hook that this decision task runs for, or change
            the tasks so that they do not need it

      × kind `build`, task `build-c`: the scope `secrets:get:x` is missing
       ╭─[taskcluster/kinds/build/kind.yml:6:5]
     5 │     b: {description: B, worker-type: succeed, dependencies: {a: build-a}}
     6 │     c: {description: C, routes: [other.route], scopes: ['secrets:get:x'], worker-type: succeed}
       ·     ─
       ╰────
      help: grant it to the role of the repository or hook that this decision task runs for, or change
            the tasks so that they do not need it

    3 errors; nothing was created
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_is_missing_and_granted_before_a_rerun() {
    let tasks = THREE.replace(
        "a: {description: A,",
        "a: {description: A, scopes: ['secrets:get:x'],",
    );
    let taskcluster = Taskcluster::new().await;
    let ran = taskcluster.decide(Project::new().plain(&tasks), &[]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `build-a`: the scope `secrets:get:x` is missing
       ╭─[taskcluster/kinds/build/kind.yml:4:5]
     3 │ tasks:
     4 │     a: {description: A, scopes: ['secrets:get:x'], worker-type: succeed}
       ·     ─
     5 │     b: {description: B, worker-type: succeed, dependencies: {a: build-a}}
       ╰────
      help: grant it to the role of the repository or hook that this decision task runs for, or change
            the tasks so that they do not need it

    1 error; nothing was created
    ");
    assert_eq!(taskcluster.created(), created(&[]));
    taskcluster
        .sandbox
        .add_role("repo:github.com/org/project:*", &["secrets:get:x"]);
    let ran = taskcluster.decide(Project::new().plain(&tasks), &[]);
    assert_snapshot!(ran.shown(), @"
    exit code 0
    stderr:
    Created 3 tasks in group [TASK-ID]
    ");
    assert_eq!(
        taskcluster.created(),
        created(&["build-a", "build-b", "build-c"])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_id_is_taken() {
    let taskcluster = Taskcluster::new().await;
    let ids = DerivedIds::new(TaskId::parse(DECISION).unwrap());
    let id = ids.id(&Label::parse("build-a").unwrap(), 0);
    let mut squatter = taskcluster.definition("squatter", &[]);
    squatter["dependencies"] = serde_json::json!([DECISION]);
    taskcluster.create(id.as_str(), &squatter);
    let ran = taskcluster.decide(Project::new().plain(THREE), &[]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 0
    stderr:
    [TIME]  WARN cannot use the taskId [TASK-ID] for `build-a`: it belongs to a different task: `metadata.name` should be "build-a", but is "squatter", and 7 more fields differ
    [TIME]  WARN could not cancel [TASK-ID], which has a taskId of this decision but is not `build-a`: it is unscheduled in this task group, so find out who created it
    Created 3 tasks in group [TASK-ID]
    "#);
    assert_eq!(
        taskcluster.created(),
        created(&["build-a", "build-b", "build-c", "squatter"])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_wrong() {
    let taskcluster = Taskcluster::new().await;
    let project = Project::new()
        .plain(THREE)
        .variable("TASK_ID", DECISION)
        .variable("TASKCLUSTER_ROOT_URL", &taskcluster.sandbox.root_url())
        .variable("TASKCLUSTER_CLIENT_ID", "nobody")
        .variable(
            "TASKCLUSTER_ACCESS_TOKEN",
            "very-secret-token-very-secret-token-very-sec",
        );
    let ran = tokio::task::block_in_place(|| project.decide(&[]));
    assert!(!ran.shown().contains("very-secret"));
    assert_snapshot!(ran.shown(), @"
    exit code 3
    stderr:
      × cannot read the task group [TASK-ID]
      │   cause: queue.getTaskGroup([TASK-ID]): HTTP 401: Client with clientId 'nobody' not
      │   found
      help: check that the clock of this machine is right, and that TASKCLUSTER_CLIENT_ID and
            TASKCLUSTER_ACCESS_TOKEN belong together and have not expired

    1 failure; nothing was created
    ");
    assert_eq!(taskcluster.created(), created(&[]));
}

#[tokio::test(flavor = "multi_thread")]
async fn taskcluster_is_not_configured() {
    let project = Project::new().plain(THREE).variable("TASK_ID", DECISION);
    let ran = tokio::task::block_in_place(|| project.decide(&[]));
    assert_snapshot!(ran.shown(), @"
    exit code 3
    stderr:
      × no Taskcluster is configured
      help: tasks reach Taskcluster through the proxy: set `features.taskclusterProxy` in the payload of
            the task

    1 failure; nothing was created
    ");
}
