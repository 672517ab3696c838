//! What surrounds a rehearsal: the checkout, kept state, roles, and tasks of other projects.

use std::fs;
use std::process::Command;

use serde_json::json;

use super::command::{json_of, project, rehearse};
use super::edits::{TEMPLATE, replace};

#[test]
fn uncommitted_files_and_earlier_state_are_noted() {
    let folder = project();
    let clean = json_of(&rehearse(folder.path(), &["--json", "promote_fox"]));
    assert_eq!(clean["notes"], json!([]));
    replace(
        folder.path(),
        "taskcluster/kinds/build/kind.yml",
        "A task",
        "Another task",
    );
    let run = || {
        json_of(&rehearse(
            folder.path(),
            &["--json", "--folder", ".git/kept", "promote_fox"],
        ))
    };
    let report = run();
    assert_eq!(
        report["notes"],
        json!(["the rehearsal includes uncommitted changes to taskcluster/kinds/build/kind.yml"])
    );
    let again = run();
    assert_eq!(again["notes"].as_array().unwrap().len(), 2);
    assert!(
        again["notes"][1]
            .as_str()
            .unwrap()
            .contains(".git/kept already contained an earlier rehearsal")
    );
}

#[test]
fn tasks_are_created_with_the_role_of_their_branch_or_action() {
    for (from, to, missing) in [
        (
            "- assume:repo:${headRepository[8:]}:branch:${branch}",
            "- assume:repo:${headRepository[8:]}:branch:other",
            "assume:repo:github.com/example/ci:branch:other",
        ),
        (
            "- assume:repo:${headRepository[8:]}:action:${action.action_perm}",
            "- assume:repo:${headRepository[8:]}:action:*",
            "assume:repo:github.com/example/ci:action:*",
        ),
    ] {
        let folder = project();
        replace(folder.path(), TEMPLATE, from, to);
        let output = rehearse(folder.path(), &["promote_fox"]);
        assert_eq!(output.status.code(), Some(1));
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains("the queue rejected the task"), "{error}");
        assert!(
            error.replace(['\n', '│', ' '], "").contains(missing),
            "{error}"
        );
    }
}

#[test]
fn the_files_of_init_pass_a_rehearsal() {
    let folder = tempfile::tempdir().unwrap();
    let run = |program: &str, args: &[&str]| {
        let mut command = Command::new(program);
        let output = command
            .args(args)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{program} {args:?}: {output:?}");
    };
    run("git", &["init", "--quiet", "--initial-branch=main"]);
    run(
        "git",
        &["remote", "add", "origin", "https://github.com/example/ci"],
    );
    run(env!("CARGO_BIN_EXE_snowman"), &["init"]);
    run("git", &["add", "--all"]);
    let who = ["-c", "user.name=Dev", "-c", "user.email=dev@example.com"];
    run(
        "git",
        &[&who[..], &["commit", "--quiet", "-m", "x"]].concat(),
    );
    let output = rehearse(folder.path(), &["--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = json_of(&output);
    assert_eq!(
        report["phases"][0]["command"],
        "snowman decision in /builds/worker/src"
    );
    assert_eq!(report["notes"], json!([]));
}

#[test]
fn tasks_outside_of_the_rehearsal_are_created_as_completed() {
    let folder = project();
    let ids = ["AAAAAAAAQAaAAAAAAAAAAA", "BBBBBBBBRBaBBBBBBBBBBA"];
    let image = format!(
        "image: {{type: task-image, taskId: {}, path: public/image.tar.zst}}",
        ids[1]
    );
    let text = fs::read_to_string(folder.path().join(TEMPLATE)).unwrap();
    let line = text
        .lines()
        .find(|line| line.trim_start().starts_with("image:"))
        .unwrap();
    replace(folder.path(), TEMPLATE, line.trim_start(), &image);
    replace(
        folder.path(),
        TEMPLATE,
        "dependencies: []",
        &format!("dependencies: [{}]", ids[0]),
    );
    let output = rehearse(folder.path(), &["--json", "promote_fox"]);
    let report = json_of(&output);
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    let notes = &report["phases"][0]["notes"];
    let note = format!(
        "the task depends on 2 tasks outside the rehearsal: {}, {}",
        ids[0], ids[1]
    );
    assert!(notes.as_array().unwrap().contains(&json!(note)), "{notes}");
    // The action needs the same tasks, which already exist.
    assert!(report["phases"][1]["created"].as_u64().unwrap() > 0);
}
