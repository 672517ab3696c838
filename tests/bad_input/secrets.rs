//! Secrets in places where they would become public.

use crate::common::Project;
use crate::common::taskcluster::Taskcluster;
use insta::assert_snapshot;

const SECRET: &str = "s3cr3t-of-the-deployment";

#[test]
fn an_error_is_next_to_a_secret() {
    let tasks = format!(
        "tasks:\n    a: {{description: {SECRET}, worker-type: succeed, nonsense: {SECRET}}}\n"
    );
    let ran = Project::new()
        .plain(&tasks)
        .variable("DEPLOY_TOKEN", SECRET)
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `a`: unknown key `nonsense`
       ╭─[taskcluster/kinds/build/kind.yml:4:70]
     3 │ tasks:
     4 │     a: {description: [masked], worker-type: succeed, nonsense: [masked]}
       ·                                                                      ────────
       ╰────
      help: available: always-target, attributes, deadline-after, dependencies, description,
            expires-after, extra, if-dependencies, index, label, needs-sccache, optimization, priority,
            requires, routes, run-on-git-branches, run-on-projects, run-on-tasks-for, scopes,
            shipping-phase, … (6 more)

    1 error
    ");
}

#[test]
fn a_graph_contains_a_secret() {
    let tasks = format!("tasks:\n    a: {{description: {SECRET}, worker-type: succeed}}\n");
    let project = Project::new()
        .plain(&tasks)
        .variable("DEPLOY_TOKEN", SECRET);
    let ran = project.run(&["morphed", "--json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert!(
        ran.stdout.contains("\"description\": \"[masked]\""),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains(SECRET));
    // By another name it is none.
    let ran = project
        .variable("DEPLOY_TOKEN", "another")
        .run(&["morphed", "--json"]);
    assert!(ran.stdout.contains(SECRET));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_would_publish_a_secret() {
    let tasks = format!("tasks:\n    a: {{description: {SECRET}, worker-type: succeed}}\n");
    let taskcluster = Taskcluster::new().await;
    let project = Project::new()
        .plain(&tasks)
        .variable("DEPLOY_TOKEN", SECRET);
    let artifacts = project.root().join("artifacts");
    let project = taskcluster.inside(project, crate::common::taskcluster::DECISION);
    let ran = tokio::task::block_in_place(|| project.decide(&[]));
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
    [TIME]  WARN masked the value of a secret environment variable in the artifact full-task-graph.json
    [TIME]  WARN masked the value of a secret environment variable in the artifact task-graph.json
      × kind `build`, task `build-a`: the definition contains the value of DEPLOY_TOKEN
      │   cause: task definitions are public
       ╭─[taskcluster/kinds/build/kind.yml:4:5]
     3 │ tasks:
     4 │     a: {description: [masked], worker-type: succeed}
       ·     ─
       ╰────
      help: store it in the secrets service, and let the task read it from there

    1 error; nothing was created
    ");
    let mut names = Vec::new();
    for file in std::fs::read_dir(artifacts).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert!(!text.contains(SECRET), "{name}");
        if text.contains("[masked]") {
            names.push(name);
        }
    }
    names.sort_unstable();
    assert_eq!(names, ["full-task-graph.json", "task-graph.json"]);
    assert_eq!(taskcluster.created(), Default::default());
}
