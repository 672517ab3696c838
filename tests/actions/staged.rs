//! Release tasks that actions add to a graph.

use serde_json::{Value, json};
use snowman::base::name::TaskId;

use super::bench::Bench;
use super::project::Project;
use super::ran::Trigger;
use crate::common::CANDIDATES;

const CONFIG: &str = r#"
trust-domain: snow
task-priority: low
workers:
    aliases:
        linux:
            provisioner: snow-1
            implementation: docker-worker
            os: linux
            worker-type: linux
        beetmover:
            provisioner: scriptworker-k8s
            implementation: beetmover
            os: scriptworker
            worker-type: snow-1-beetmover
taskgraph:
    repositories:
        ci: {name: ci}
snowman:
    staging:
        worker-type: linux
        image: example/snowman:1
"#;

const DEFAULTS: &str = "
loader: taskgraph.loader.transform:loader
transforms: [taskgraph.transforms.task:transforms]
task-defaults:
    description: A task
    run-on-projects: [all]
    attributes: {retrigger: true}
";

const PUBLISH: &str = "
kind-dependencies: [build]
tasks:
    a:
        dependencies: {build: build-a}
        worker-type: beetmover
";

fn succeeds(dependency: &str) -> String {
    let (kind, _) = dependency.rsplit_once('-').unwrap();
    format!(
        "kind-dependencies: [{kind}]\ntasks:\n    a:\n        worker-type: succeed\n        worker: {{}}\n        \
         dependencies: {{{kind}: {dependency}}}\n"
    )
}

/// `release-generate-checksums-a -> gate-a -> publish-a -> build-a`: the first and the third are release tasks.
fn project() -> Project {
    let project = Project::empty();
    project.write("taskcluster/config.yml", CONFIG);
    let build = "tasks:\n    a:\n        worker-type: succeed\n        worker: {}\n".to_owned();
    let kinds = [
        ("build", build),
        ("publish", format!("{PUBLISH}{CANDIDATES}")),
        ("gate", succeeds("publish-a")),
        ("release-generate-checksums", succeeds("gate-a")),
    ];
    for (name, tasks) in kinds {
        let path = format!("taskcluster/kinds/{name}/kind.yml");
        project.write(&path, &format!("{DEFAULTS}{tasks}"));
    }
    project.commit("Stage");
    project
}

/// The definitions of the tasks with a label in a group, by taskId.
fn all(bench: &Bench, group: &TaskId, label: &str) -> Vec<(String, Value)> {
    let tasks = bench.tasks(group).into_iter();
    let tasks = tasks.filter(|task| task.label == label);
    tasks.map(|task| (task.task_id, task.definition)).collect()
}

#[tokio::test]
async fn a_retriggered_release_task_is_staged_too() {
    let bench = Bench::new(project()).await;
    let push = bench.push(json!({})).await.fine();
    let label = "release-generate-checksums-a";
    let original = push.id(label);
    let first = all(&bench, &push.task_id, label).remove(0).1;
    let publish = push.id("publish-a");
    assert_eq!(first["extra"]["staging"]["from"], json!([publish.as_str()]));
    assert_eq!(first["extra"]["staging"]["copyOf"], Value::Null);
    let trigger = Trigger {
        callback: "retrigger",
        group: Some(push.task_id.clone()),
        task: Some(original.clone()),
        input: json!({}),
    };
    bench.act(trigger).await.fine();
    let mut tasks = all(&bench, &push.task_id, label);
    tasks.retain(|(id, _)| id != original.as_str());
    let [(_, copy)] = tasks.as_slice() else {
        unreachable!("{tasks:?}")
    };
    let staging = &copy["extra"]["staging"];
    assert_eq!(staging["system"], "checksums");
    assert_eq!(staging["from"], json!([publish.as_str()]));
    assert_eq!(staging["copyOf"], original.as_str());
    for key in ["payload", "taskQueueId", "scopes"] {
        let left = |definition: &Value| {
            let mut value = definition[key].clone();
            // It expires when the task does.
            if let Some(folder) = value.pointer_mut("/artifacts/public") {
                folder["expires"].take();
            }
            value
        };
        assert_eq!(left(copy), left(&first), "{key}");
    }
    assert_eq!(
        copy["payload"]["command"],
        json!(["snowman", "stage", "run"])
    );
}

#[tokio::test]
async fn a_task_that_its_release_worker_would_refuse_is_not_added_to_a_release() {
    let project = Project::empty();
    let config = format!("{CONFIG}release-branches: {{ci: [main]}}\n");
    project.write("taskcluster/config.yml", &config);
    let build = "tasks:\n    a:\n        worker-type: succeed\n        worker: {}\n";
    // The push does not create it, so the decision does not check it.
    let publish = format!("{PUBLISH}        run-on-tasks-for: [cron]\n{CANDIDATES}");
    let bucket = "            - project:test:releng:beetmover:bucket:";
    let two = publish.replace(bucket, &format!("{bucket}other\n{bucket}"));
    for (name, tasks) in [("build", build), ("publish", two.as_str())] {
        let path = format!("taskcluster/kinds/{name}/kind.yml");
        project.write(&path, &format!("{DEFAULTS}{tasks}"));
    }
    project.commit("Release");
    let bench = Bench::new(project).await;
    let push = bench.push(json!({"level": "3"})).await.fine();
    let trigger = || Trigger {
        callback: "add-new-jobs",
        group: Some(push.task_id.clone()),
        task: None,
        input: json!({"tasks": ["publish-a"]}),
    };
    let said = bench.act(trigger()).await.error_text();
    assert!(
        said.contains("the worker asks for one scope for the bucket"),
        "{said}"
    );
    assert!(all(&bench, &push.task_id, "publish-a").is_empty());
    // With one bucket, it is added, and not staged.
    let path = "taskcluster/kinds/publish/kind.yml";
    bench.project.write(path, &format!("{DEFAULTS}{publish}"));
    bench.project.commit("One bucket");
    let push = bench.push(json!({"level": "3"})).await.fine();
    let trigger = Trigger {
        group: Some(push.task_id.clone()),
        ..trigger()
    };
    bench.act(trigger).await.fine();
    let added = all(&bench, &push.task_id, "publish-a");
    assert_eq!(added.len(), 1);
    assert_eq!(added[0].1["extra"]["staging"], Value::Null);
    // What is copied was created already, here by a project that had no settings for staging yet.
    let (without, _) = config.split_once("snowman:").unwrap();
    bench.project.write("taskcluster/config.yml", without);
    let two = two.replace("        run-on-tasks-for: [cron]\n", "");
    bench.project.write(path, &format!("{DEFAULTS}{two}"));
    bench.project.commit("Two again");
    let push = bench.push(json!({"level": "3"})).await.fine();
    bench.project.write("taskcluster/config.yml", &config);
    bench.project.commit("Stage");
    let retrigger = Trigger {
        callback: "retrigger",
        group: Some(push.task_id.clone()),
        task: Some(push.id("publish-a")),
        input: json!({}),
    };
    bench.act(retrigger).await.fine();
    assert_eq!(all(&bench, &push.task_id, "publish-a").len(), 2);
}
