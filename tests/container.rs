//! Runs decision tasks inside the root file systems of the decision image, as `.taskcluster.yml`
//! defines them, against an embedded Taskcluster.
//!
//! `docker/decision/build-rootfs` builds the root file systems, which needs root and Debian's packages. Two
//! variables at build time name their folders: `SNOWMAN_ROOTFS`, and `SNOWMAN_ROOTFS_PYTHON` for
//! the variant with Python and the requirements of `tests/container/project`. Without one, its test
//! is skipped and says so.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed, and says where; a skipped one says so"
)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use chrono::Utc;
use serde_json::{Value, json};
use snowman::config::yaml;
use snowman::sandbox::{Options, Sandbox, TaskView, WorkerOptions};
use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const TASK_ID: &str = "fN1SbArXTPSVFUUvaOlinQ";

fn run(command: &mut Command, folder: &Path) -> String {
    let output = command.current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let author = ["-c", "user.name=Jane", "-c", "user.email=jane@example.org"];
    run(Command::new("git").args(author).args(arguments), folder)
}

/// A folder that the image's user can read.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    folder
}

/// A push to a local repository that has an address on GitHub.
struct Push<'a> {
    /// The folder of the repository.
    repository: &'a Path,
    name: &'a str,
    /// The text of its `.taskcluster.yml`.
    template: String,
}

/// The result of a decision task.
struct Decided {
    log: String,
    created: Vec<TaskView>,
}

impl Push<'_> {
    fn url(&self) -> String {
        format!("https://github.com/snowman-ci/{}", self.name)
    }

    /// Returns the decision task for the revision that is checked out.
    fn decision_task(&self, revision: &str, root_url: &str) -> Value {
        let template = yaml::load(".taskcluster.yml", self.template.as_bytes()).unwrap();
        let context = json!({
            "tasks_for": "github-push",
            "event": {
                "ref": "refs/heads/main",
                "before": revision,
                "after": revision,
                "base_ref": null,
                "pusher": {"name": "test", "email": "test@example.com"},
                "repository": {"name": self.name, "html_url": self.url()},
            },
            "taskcluster_root_url": root_url,
            "ownTaskId": TASK_ID,
        });
        let mut rendered = json_e::render(&template.value.into(), &context).unwrap();
        let mut task = rendered["tasks"][0].take();
        task.as_object_mut().unwrap().shift_remove("taskId");
        task
    }

    /// Runs the decision task in a root file system.
    async fn decide(&self, rootfs: &str) -> Decided {
        let sandbox = sandbox().await;
        let role = format!("repo:github.com/snowman-ci/{}:branch:main", self.name);
        sandbox.add_role(&role, &["*"]);
        let revision = git(self.repository, &["rev-parse", "HEAD"]);
        let task = self.decision_task(&revision, &sandbox.root_url());
        sandbox.state().create_task(TASK_ID, &task).unwrap();
        sandbox.state().claim(TASK_ID).unwrap();

        let mut variables = task["payload"]["env"].as_object().unwrap().clone();
        // There is no network: only the address of the repository is on GitHub.
        for (name, value) in [
            ("SNOWMAN_HEAD_REPOSITORY", "/srv/repository".to_owned()),
            ("SNOWMAN_BASE_REPOSITORY", "/srv/repository".to_owned()),
            ("TASK_ID", TASK_ID.to_owned()),
            ("TASKCLUSTER_ROOT_URL", sandbox.root_url()),
            ("TASKCLUSTER_PROXY_URL", sandbox.proxy_url(TASK_ID)),
        ] {
            variables.insert(name.to_owned(), json!(value));
        }
        let argv = task["payload"]["command"].as_array().unwrap();
        let mut command = Command::new("sh");
        command.arg(format!("{ROOT}/docker/decision/run-rootfs"));
        let bind = format!("{}:/srv/repository", self.repository.display());
        command.args(["--bind", &bind]);
        for (name, value) in &variables {
            command.args(["--env", &format!("{name}={}", value.as_str().unwrap())]);
        }
        command.arg(rootfs);
        command.args(argv.iter().map(|part| part.as_str().unwrap()));
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await;
        let output = output.unwrap();
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{log}");

        let mut created = sandbox.state().group_tasks(TASK_ID);
        created.retain(|task| task.task_id != TASK_ID);
        for task in &created {
            assert_eq!(task.definition["taskGroupId"], TASK_ID);
            let source = task.definition["metadata"]["source"].as_str().unwrap();
            assert!(source.contains(&revision), "{source}");
        }
        sandbox.stop().await;
        Decided { log, created }
    }
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
    // A clone, because the history of a worktree is in another folder.
    let folder = folder();
    let source = Path::new(ROOT);
    let clone = folder.path().to_str().unwrap();
    git(source, &["clone", "--quiet", "--no-checkout", ".", clone]);
    let push = Push {
        repository: folder.path(),
        name: "snowman",
        template: std::fs::read_to_string(format!("{ROOT}/.taskcluster.yml")).unwrap(),
    };
    let decided = push.decide(rootfs).await;
    // The same push is decided outside of the container, which must yield the same number.
    let (created, log) = (decided.created.len(), decided.log);
    assert!(created > 50, "{created} tasks\n{log}");
    let message = format!("Created {created} tasks in group {TASK_ID}");
    assert!(log.contains(&message), "{log}");
    for task in &decided.created {
        assert_eq!(task.definition["schedulerId"], "snowman-level-3");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_variant_with_python_decides_a_push_of_a_project_with_python() {
    let Some(rootfs) = option_env!("SNOWMAN_ROOTFS_PYTHON") else {
        println!("skipped: SNOWMAN_ROOTFS_PYTHON names no root file system");
        return;
    };
    let folder = folder();
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    let url = "https://github.com/snowman-ci/flake";
    git(folder.path(), &["remote", "add", "origin", url]);
    // The decision task is that of `init`; everything else is the project's.
    run(
        Command::new(env!("CARGO_BIN_EXE_snowman")).arg("init"),
        folder.path(),
    );
    std::fs::remove_dir_all(folder.path().join("taskcluster")).unwrap();
    let project = format!("{ROOT}/tests/container/project/.");
    run(
        Command::new("cp").args(["-R", &project, "."]),
        folder.path(),
    );
    git(folder.path(), &["add", "--all"]);
    git(folder.path(), &["commit", "--quiet", "--message=Start"]);
    let template = std::fs::read_to_string(folder.path().join(".taskcluster.yml")).unwrap();
    let push = Push {
        repository: folder.path(),
        name: "flake",
        template,
    };
    let decided = push.decide(rootfs).await;
    let mut descriptions: Vec<(&str, &str)> = decided
        .created
        .iter()
        .map(|task| {
            assert_eq!(task.definition["schedulerId"], "flake-level-3");
            let description = task.definition["metadata"]["description"].as_str();
            (task.label.as_str(), description.unwrap())
        })
        .collect();
    descriptions.sort_unstable();
    assert_eq!(
        descriptions,
        [
            (
                "greet-new-moon",
                "hello from level 3, New Moon, in /opt/venv"
            ),
            ("greet-world", "hello from level 3, World, in /opt/venv"),
        ],
        "{}",
        decided.log
    );
}
