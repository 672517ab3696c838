//! Decisions that fail before the first task is created: nothing is created.

use std::collections::BTreeMap;

use crate::common::Project;
use crate::common::taskcluster::{SCOPES, Taskcluster};
use insta::assert_snapshot;
use snowman::sandbox::InjectedFault;

/// Runs a decision that must not create anything.
async fn decide(project: Project, more: &[&str]) -> String {
    let taskcluster = Taskcluster::new().await;
    let ran = taskcluster.decide(project, more);
    assert_ne!(ran.code, Some(0), "{}", ran.shown());
    assert_eq!(taskcluster.created(), BTreeMap::new());
    ran.shown()
}

const OVERRIDE: &[&str] = &["--allow-parameter-override"];

#[tokio::test(flavor = "multi_thread")]
async fn a_valid_project_has_no_errors() {
    let taskcluster = Taskcluster::new().await;
    let ran = taskcluster.decide(Project::new(), &[]);
    assert_snapshot!(ran.shown(), @"
    exit code 0
    stderr:
    Created 1 task in group [TASK-ID]
    ");
    let expected = BTreeMap::from([("build-linux".to_owned(), "unscheduled")]);
    assert_eq!(taskcluster.created(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_is_wrong() {
    let project = Project::new().plain("tasks:\n    a: {worker-type: succeed}\n");
    assert_snapshot!(decide(project, &[]).await, @"
    exit code 1
    stderr:
      × kind `build`, task `a`: `description` is missing
       ╭─[taskcluster/kinds/build/kind.yml:4:5]
     3 │ tasks:
     4 │     a: {worker-type: succeed}
       ·     ─
       ╰────
      help: add it: a description of the task

    1 error; nothing was created
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn taskcluster_yml_is_missing() {
    let project = Project::new().without(".taskcluster.yml");
    assert_snapshot!(decide(project, &[]).await, @"
    exit code 1
    stderr:
      × .taskcluster.yml does not exist; actions are rendered from it
      help: add it to the root of the repository

    1 error; nothing was created
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_is_unknown() {
    let shown = decide(Project::new(), &["--target-tasks-method=defalt"]).await;
    assert_snapshot!(shown, @"
    exit code 1
    stderr:
      × unknown target-tasks method `defalt`
      help: did you mean `default`?

    1 error; nothing was created
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_is_unknown() {
    // A decision cannot do without the head.
    let taskcluster = Taskcluster::new().await;
    let project = taskcluster.inside(Project::new(), crate::common::taskcluster::DECISION);
    let flags = [
        &["decision", "--head-rev=0123456789"],
        crate::common::DECISION,
    ]
    .concat();
    let ran = tokio::task::block_in_place(|| project.run(&flags));
    assert_snapshot!(ran.shown(), @"
    exit code 3
    stderr:
      × cannot determine which files changed
      │   cause: the revision `0123456789` does not exist in this clone
      help: fetch the revision of --head-rev: it must be in this clone

    1 failure; nothing was created
    ");
    assert_eq!(taskcluster.created(), BTreeMap::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_is_an_option() {
    let shown = decide(Project::new(), &["--base-rev=--output=x"]).await;
    assert_snapshot!(shown, @r#"
    exit code 1
    stderr:
      × cannot determine which files changed
      │   cause: cannot use the revision "--output=x": it begins with a dash

    1 error; nothing was created
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn try_task_config_is_not_json() {
    let project = Project::new().file(
        "try_task_config.json",
        "{\"version\": 2,\n \"parameters\": }\n",
    );
    assert_snapshot!(decide(project, OVERRIDE).await, @r#"
    exit code 1
    stderr:
      × try_task_config.json is not valid JSON: expected value
       ╭─[try_task_config.json:2:16]
     1 │ {"version": 2,
     2 │  "parameters": }
       ·                ─
       ╰────

    1 error; nothing was created
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn try_task_config_is_not_a_mapping() {
    let project = Project::new().file("try_task_config.json", "[2]");
    assert_snapshot!(decide(project, OVERRIDE).await, @r#"
    exit code 1
    stderr:
      × try_task_config.json is a list, not a mapping
      help: use version 2: `{"version": 2, "parameters": {…}}`

    1 error; nothing was created
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn try_task_config_has_another_version() {
    let project = Project::new().file("try_task_config.json", "{\"version\": 1, \"tasks\": []}");
    assert_snapshot!(decide(project, OVERRIDE).await, @r#"
    exit code 1
    stderr:
      × try_task_config.json has the unknown version 1
      help: use version 2: `{"version": 2, "parameters": {…}}`

    1 error; nothing was created
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn try_task_config_has_no_version() {
    let project = Project::new().file("try_task_config.json", "{\"parameters\": {}}");
    assert_snapshot!(decide(project, OVERRIDE).await, @r#"
    exit code 1
    stderr:
      × try_task_config.json has no `version`
      help: use version 2: `{"version": 2, "parameters": {…}}`

    1 error; nothing was created
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn try_task_config_has_unknown_keys() {
    let config = "{\"version\": 2, \"tasks\": [], \"env\": {}, \"parameters\": []}";
    let project = Project::new().file("try_task_config.json", config);
    assert_snapshot!(decide(project, OVERRIDE).await, @"
    exit code 1
    stderr:
      × try_task_config.json has the unknown key `tasks`
      help: version 2 only allows `parameters`; move the key there

      × try_task_config.json has the unknown key `env`
      help: version 2 only allows `parameters`; move the key there

      × `parameters` in try_task_config.json: expected a mapping, found a list

    3 errors; nothing was created
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn try_task_config_has_unknown_parameters() {
    let config = "{\"version\": 2, \"parameters\": {\"targt_tasks_method\": \"x\", \"frobnicate\": 1, \"level\": 1}}";
    let project = Project::new().file("try_task_config.json", config);
    assert_snapshot!(decide(project, OVERRIDE).await, @"
    exit code 1
    stderr:
      × parameters: `level`: expected a string, found 1

      × parameters: unknown key `targt_tasks_method`
      help: did you mean `target_tasks_method`?

      × parameters: unknown key `frobnicate`
      help: remove it

    3 errors; nothing was created
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_is_not_json() {
    let project = Project::new();
    project.commit();
    let origin = project.root().join("../origin.git");
    let origin = origin.to_str().unwrap();
    project.git(&["clone", "--quiet", "--bare", ".", origin]);
    project.git(&[
        "notes",
        "--ref=decision-parameters",
        "add",
        "-m",
        "level: 3",
    ]);
    project.git(&["push", "--quiet", origin, "refs/notes/decision-parameters"]);
    let address = format!("--head-repository={origin}");
    let taskcluster = Taskcluster::new().await;
    let project = taskcluster.inside(project, crate::common::taskcluster::DECISION);
    let ran = tokio::task::block_in_place(|| {
        project.decide_on_head(&["--allow-parameter-override", &address])
    });
    assert_eq!(taskcluster.created(), BTreeMap::new());
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × the note refs/notes/decision-parameters is not valid JSON: expected value
       ╭─[the note refs/notes/decision-parameters:1:1]
     1 │ level: 3
       · ─────
       ╰────

    1 error; nothing was created
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_cannot_be_fetched() {
    let shown = decide(
        Project::new(),
        &["--allow-parameter-override", "--head-repository=/nowhere"],
    )
    .await;
    assert_snapshot!(shown, @"
    exit code 3
    stderr:
      × cannot fetch the notes refs/notes/decision-parameters from /nowhere
      │   cause: `git ls-remote -- /nowhere refs/notes/decision-parameters` failed with exit code 128:
      │   fatal: '/nowhere' does not appear to be a git repository
      │   fatal: Could not read from remote repository.
      │  
      │   Please make sure you have the correct access rights
      │   and the repository exists.

    1 failure; nothing was created
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn artifacts_cannot_be_written() {
    let project = Project::new().file("artifacts", "");
    assert_snapshot!(decide(project, &[]).await, @"
    exit code 3
    stderr:
      × cannot write the artifact artifacts/parameters.yml
      │   cause: `artifacts` is not a folder
      help: move `artifacts` out of the way

    1 failure; nothing was created
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_written_in_python() {
    let project = Project::new().config(
        "taskgraph:\n",
        "taskgraph:\n    register: project_taskgraph:register\n",
    );
    assert_snapshot!(decide(project, &["--python=never"]).await, @"
    exit code 1
    stderr:
      × `taskgraph.register` is set to the Python function `project_taskgraph:register`, which cannot be
      │ used without Python
        ╭─[taskcluster/config.yml:11:5]
     10 │ taskgraph:
     11 │     register: project_taskgraph:register
        ·     ────────
     12 │     repositories:
        ╰────
      help: the project needs Python, so remove `--python=never`

    1 error; nothing was created
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_refuses_to_answer() {
    let taskcluster = Taskcluster::granting(SCOPES).await;
    let project = Project::new()
        .plain("tasks:\n    a:\n        description: A\n        worker-type: succeed\n        optimization: {index-search: [test.a]}\n");
    let state = taskcluster.sandbox.state();
    state.inject_fault("findTasksAtIndex", u32::MAX, InjectedFault::MissingScopes);
    let ran = taskcluster.decide(project, &[]);
    assert_eq!(taskcluster.created(), BTreeMap::new());
    assert_snapshot!(ran.shown(), @"
    exit code 3
    stderr:
      × cannot look up existing tasks in the index
      │   cause: index.findTasksAtIndex(1 paths): HTTP 403: Insufficient scopes (injected fault)
      help: check the credentials and their scopes; run `snowman optimized --no-optimize` to show the
            graph without Taskcluster

    1 failure; nothing was created
    ");
}
