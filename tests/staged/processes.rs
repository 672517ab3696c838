//! A task of each action as a process that has nothing but the environment of a docker-worker task and the
//! artifacts on the queue: it does the same as in this process.

use serde_json::{Value, json};
use snowman::base::json::read;
use snowman::release::staged::STATE;
use snowman::stage::run::run;
use snowman::stage::state::TaskRun;

use super::good::{self, Good};
use crate::common::staged;
use crate::common::taskcluster::{DECISION, Taskcluster};

/// Creates the tasks that have artifacts, and completes them.
fn upload(taskcluster: &Taskcluster, good: &Good) {
    let state = taskcluster.sandbox.state();
    let mut artifacts = good.world.artifacts().peekable();
    while let Some((task, ..)) = artifacts.peek() {
        let task = (*task).to_owned();
        taskcluster.create(&task, &taskcluster.definition("before", &[]));
        state.claim(&task).unwrap();
        while let Some((_, name, content)) = artifacts.next_if(|(of, ..)| **of == *task) {
            let kind = "application/octet-stream";
            state
                .put_artifact(&task, None, name, kind, content.to_vec())
                .unwrap();
        }
        state.report_completed(&task).unwrap();
    }
}

/// Creates the task itself, and claims it.
fn create(taskcluster: &Taskcluster, good: &Good) -> Value {
    let task = &good.task;
    let own: Value = serde_json::from_str(&task.definition().to_string()).unwrap();
    let mut definition = taskcluster.definition("the-task", &["queue:get-artifact:*"]);
    for part in ["extra", "tags"] {
        definition[part] = own[part].clone();
    }
    definition["dependencies"] = json!([DECISION]);
    definition["requires"] = json!("all-resolved");
    taskcluster.create(task.id.as_str(), &definition);
    let state = taskcluster.sandbox.state();
    state.claim(task.id.as_str()).unwrap();
    state.task(task.id.as_str()).unwrap().definition
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_does_the_same_as_a_call() {
    for mut good in good::all() {
        // What only a checkout has is not on the queue.
        good.world.files.clear();
        good.world.tags.clear();
        let taskcluster = Taskcluster::new().await;
        upload(&taskcluster, &good);
        let definition = create(&taskcluster, &good);
        let id = good.task.id.as_str();
        let (output, folder) = staged::run(&taskcluster, id, 0, &[]);
        let of_run = TaskRun {
            task_id: good.task.id.clone(),
            run_id: 0,
        };
        let own = read("definition", definition.to_string().as_bytes()).unwrap();
        let done = run(&of_run, &own, &good.world);
        let said = String::from_utf8_lossy(&output.stderr);
        let name = &good.name;
        assert_eq!(
            output.status.code(),
            Some(i32::from(!done.red.is_empty())),
            "{name}: {:?} {said}",
            done.red
        );
        for artifact in &done.artifacts {
            let written = std::fs::read(folder.path().join(&artifact.name)).unwrap();
            assert!(written == artifact.content, "{name}: {}", artifact.name);
        }
        let is_there = folder.path().join(STATE).exists();
        assert_eq!(is_there, done.red.is_empty(), "{name}");
    }
}
