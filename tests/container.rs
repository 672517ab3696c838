//! Runs the decision task of a push inside the root file system of the decision image, as
//! `.taskcluster.yml` defines it, against an embedded Taskcluster.
//!
//! The root file system is built by `docker/decision/build-rootfs`, which takes root and Debian's
//! packages; its folder is named by `SNOWMAN_ROOTFS` at build time. Without it the test says that it
//! is skipped.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed, and says where; a skipped one says so"
)]

use std::process::Command;
use std::sync::Arc;

use chrono::Utc;
use serde_json::{Value, json};
use snowman::config::yaml;
use snowman::sandbox::{Options, Sandbox, WorkerOptions};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const TASK_ID: &str = "fN1SbArXTPSVFUUvaOlinQ";

fn head_rev() -> String {
    let output = Command::new("git")
        .args(["rev-parse", "HEAD"])
        .current_dir(ROOT)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The decision task of a push of the revision that is checked out.
fn decision_task(revision: &str, root_url: &str) -> Value {
    let text = std::fs::read(format!("{ROOT}/.taskcluster.yml")).unwrap();
    let template = yaml::load(".taskcluster.yml", &text).unwrap().value;
    let repository = "https://github.com/snowman-ci/snowman";
    let context = json!({
        "tasks_for": "github-push",
        "event": {
            "ref": "refs/heads/main",
            "before": revision,
            "after": revision,
            "base_ref": null,
            "pusher": {"name": "test", "email": "test@example.com"},
            "repository": {"name": "snowman", "html_url": repository},
        },
        "taskcluster_root_url": root_url,
        "ownTaskId": TASK_ID,
    });
    let mut rendered = json_e::render(&template.into(), &context).unwrap();
    let mut task = rendered["tasks"][0].take();
    task.as_object_mut().unwrap().shift_remove("taskId");
    task
}

#[expect(
    clippy::disallowed_methods,
    reason = "the sandbox keeps the time of this machine"
)]
async fn sandbox() -> Sandbox {
    Sandbox::start(Options {
        address: ([127, 0, 0, 1], 0).into(),
        folder: None,
        workers: WorkerOptions::default(),
        clock: Arc::new(Utc::now),
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_image_decides_a_push() {
    let Some(rootfs) = option_env!("SNOWMAN_ROOTFS") else {
        println!("skipped: SNOWMAN_ROOTFS names no root file system");
        return;
    };
    let sandbox = sandbox().await;
    sandbox.add_role("repo:github.com/snowman-ci/snowman:branch:main", &["*"]);
    let revision = head_rev();
    let task = decision_task(&revision, &sandbox.root_url());
    sandbox.state().create_task(TASK_ID, &task).unwrap();
    sandbox.state().claim(TASK_ID).unwrap();

    let mut variables = task["payload"]["env"].as_object().unwrap().clone();
    // There is no network here: the repository is this one, and only its address is GitHub's.
    variables.insert(
        "SNOWMAN_HEAD_REPOSITORY".to_owned(),
        json!("/srv/repository"),
    );
    variables.insert(
        "SNOWMAN_BASE_REPOSITORY".to_owned(),
        json!("/srv/repository"),
    );
    variables.insert("TASK_ID".to_owned(), json!(TASK_ID));
    variables.insert("TASKCLUSTER_ROOT_URL".to_owned(), json!(sandbox.root_url()));
    variables.insert(
        "TASKCLUSTER_PROXY_URL".to_owned(),
        json!(sandbox.proxy_url(TASK_ID)),
    );
    let mut command = Command::new("sh");
    command.arg(format!("{ROOT}/docker/decision/run-rootfs"));
    command.args(["--bind", &format!("{ROOT}:/srv/repository")]);
    for (name, value) in &variables {
        command.args(["--env", &format!("{name}={}", value.as_str().unwrap())]);
    }
    command.arg(rootfs);
    let argv = task["payload"]["command"].as_array().unwrap();
    command.args(argv.iter().map(|part| part.as_str().unwrap()));
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{log}");

    let group = sandbox.state().group_tasks(TASK_ID);
    let created = group
        .iter()
        .filter(|created| created.task_id != TASK_ID)
        .count();
    // The same push decided here; the container must come to the same number.
    assert!(created > 50, "{created} tasks\n{log}");
    assert!(
        log.contains(&format!("Created {created} tasks in the group {TASK_ID}")),
        "{log}"
    );
    for created in group.iter().filter(|created| created.task_id != TASK_ID) {
        assert_eq!(created.definition["schedulerId"], "snowman-level-3");
        assert_eq!(created.definition["taskGroupId"], TASK_ID);
        let source = created.definition["metadata"]["source"].as_str().unwrap();
        assert!(source.contains(&revision), "{source}");
    }
    sandbox.stop().await;
}
