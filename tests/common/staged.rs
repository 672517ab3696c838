//! Staged tasks, and the process that runs one.

use std::path::Path;
use std::process::{Command, Output};

use snowman::base::value::Value;
use snowman::release::staged::{Release, Staged};
use tempfile::TempDir;

use super::taskcluster::Taskcluster;

/// The commit that the release is made of.
pub const REVISION: &str = "0123456789abcdef0123456789abcdef01234567";

/// A task of a release in the phase `promote`, without scopes, after no other one. Its action may be empty.
pub fn staged(system: &str, action: &str, payload: Value) -> Staged {
    Staged {
        system: system.to_owned(),
        action: Some(action.to_owned()).filter(|name| !name.is_empty()),
        payload,
        scopes: Vec::new(),
        pool: format!("scriptworker-k8s/hail-1-{system}"),
        release: Release {
            product: "hail".to_owned(),
            version: "94.0".to_owned(),
            build_number: 1,
            revision: REVISION.to_owned(),
            next_version: String::new(),
        },
        decision: None,
        phase: "promote".to_owned(),
        from: Vec::new(),
        earlier: None,
        history: Vec::new(),
        copy_of: None,
        archive: None,
        repository: None,
        partners: None,
    }
}

/// Runs a task that was claimed, as a process that has nothing but the environment of a docker-worker task, and these
/// variables. Returns the folder of its artifacts, too.
pub fn run(
    taskcluster: &Taskcluster,
    id: &str,
    run_id: u32,
    variables: &[(&str, &str)],
) -> (Output, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let output = tokio::task::block_in_place(|| {
        Command::new(env!("CARGO_BIN_EXE_snowman"))
            .args(["stage", "run", "--folder"])
            .arg(folder.path())
            .env_clear()
            .env("TASK_ID", id)
            .env("RUN_ID", run_id.to_string())
            .env("TASKCLUSTER_ROOT_URL", taskcluster.sandbox.root_url())
            .env("TASKCLUSTER_PROXY_URL", taskcluster.sandbox.proxy_url(id))
            .envs(variables.iter().copied())
            .current_dir(Path::new("/"))
            .output()
            .unwrap()
    });
    (output, folder)
}
