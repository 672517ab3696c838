//! The official clients in Python and JavaScript, on the sandbox.
//!
//! `.ci/judges` installs them, in a folder that `SNOWMAN_CLIENTS` names. Without it, these tests are skipped, and say
//! so.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::bench::Bench;

/// The folder with the clients.
fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("SNOWMAN_CLIENTS").map(PathBuf::from);
    if folder.is_none() {
        let wanted = std::env::var("SNOWMAN_JUDGES").is_ok_and(|value| value == "all");
        assert!(!wanted, "SNOWMAN_CLIENTS names no folder");
        eprintln!("skipped: SNOWMAN_CLIENTS names no folder with the clients of Taskcluster");
    }
    folder
}

/// Runs a script on a sandbox; returns how many calls have worked.
async fn calls(program: &Path, script: &str, variables: &[(&str, &Path)]) -> usize {
    let bench = Bench::new().await;
    let credentials = bench.sandbox.root_credentials();
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sandbox/clients");
    let mut command = Command::new(program);
    command
        .arg(scripts.join(script))
        .env("TASKCLUSTER_ROOT_URL", bench.sandbox.root_url())
        .env("TASKCLUSTER_CLIENT_ID", credentials.client_id)
        .env("TASKCLUSTER_ACCESS_TOKEN", credentials.access_token)
        .envs(variables.iter().copied());
    let ran = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    let errors = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}{errors}");
    let count = said.lines().filter(|line| line.starts_with("ok ")).count();
    assert!(said.ends_with(&format!("{count} calls\n")), "{said}");
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_client_in_python_is_answered_as_by_a_deployment() {
    let Some(folder) = folder() else { return };
    let count = calls(&folder.join("bin/python"), "calls.py", &[]).await;
    assert!(count >= 51, "{count}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_client_in_javascript_is_answered_as_by_a_deployment() {
    let Some(folder) = folder() else { return };
    let modules = folder.join("node_modules");
    let variables: &[(&str, &Path)] = &[("NODE_PATH", &modules)];
    let count = calls(Path::new("node"), "calls.js", variables).await;
    assert!(count >= 22, "{count}");
}
