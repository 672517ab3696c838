//! Staged releases that do not go straight from a push to `ship`: partners between the phases, and the builds of
//! another push.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use snowman::release::staged::STATE;
use snowman::stage::history::Bundle;
use snowman::stage::state::State;

use super::command::{json_of, rehearse};
use super::edits::replace;
use super::small::{open, small_project, without_updates, write_history};

#[test]
fn partners_are_staged_between_the_phases() {
    let project = small_project();
    without_updates(&project);
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().to_str().unwrap();
    let partners = "promote_snowfox_partners";
    let flavors = [
        "promote_snowfox",
        partners,
        partners,
        "push_snowfox",
        "ship_snowfox",
    ];
    let args = [&["--json", "--folder", state], &flavors[..]].concat();
    let report = json_of(&rehearse(project.path(), &args));
    assert_eq!(report["holds"], true, "{report:#}");
    // Both locales of the partner, both times.
    for phase in [2, 3] {
        let phase = &report["phases"][phase];
        assert_eq!(phase["name"], partners);
        assert_eq!(
            phase["staged"],
            json!({"beetmover": 2, "partner-repack": 1, "signing": 2})
        );
    }
    let file = project.path().join("history.json.gz");
    write_history(folder.path(), &file);
    let bundle = Bundle::read(&fs::read(file).unwrap()).unwrap();
    let below = |start: &str| {
        let files = bundle.effects.iter();
        let files =
            files.filter(|effect| effect.space == "archive" && effect.key.starts_with(start));
        files.count()
    };
    // They stay where they are when the release is pushed.
    let candidates = "pub/snowfox/candidates/0.1.0-candidates/build1/";
    assert!(below(&format!("{candidates}partner-repacks/")) > 0);
    assert_eq!(below("pub/snowfox/releases/0.1.0/partner-repacks/"), 0);
    assert!(below("pub/snowfox/releases/0.1.0/linux-x86_64/") > 0);
}

/// The hash of the commit that is checked out.
fn head(project: &Path) -> String {
    let output = Command::new("git")
        .args(["rev-parse", "HEAD"])
        .current_dir(project)
        .output();
    String::from_utf8(output.unwrap().stdout)
        .unwrap()
        .trim()
        .to_owned()
}

fn commit(project: &Path) {
    let author = ["-c", "user.name=Dev", "-c", "user.email=dev@example.com"];
    let args = ["commit", "--quiet", "--all", "--message=y"];
    let status = Command::new("git")
        .args([&author[..], &args].concat())
        .current_dir(project)
        .status();
    assert!(status.unwrap().success());
}

/// What the staged tasks of a group say: the revisions of their states, and the warnings in their reports.
async fn said(folder: &Path, group: &str) -> (BTreeSet<String>, String) {
    let sandbox = open(folder).await;
    let state = sandbox.state();
    let tasks = state.group_tasks(group);
    let artifacts = |name: &'static str| {
        let ids = tasks.iter().map(|task| task.task_id.as_str());
        let found = ids.filter_map(|id| state.artifact(id, None, name));
        found
            .map(|content| content.bytes.to_vec())
            .collect::<Vec<_>>()
    };
    let revisions = artifacts(STATE)
        .iter()
        .map(|packed| State::read(packed).unwrap().revision)
        .collect();
    let reports = artifacts("public/staging/report.json");
    let warnings = reports.iter().map(|report| {
        let report: Value = serde_json::from_slice(report).unwrap();
        report["warnings"].to_string()
    });
    let warnings = warnings.collect();
    sandbox.stop().await;
    (revisions, warnings)
}

/// The first graph of `previous_graph_ids` may be the decision of another revision, here of one that was promoted. What
/// is pushed is of the revision that the action was triggered on; that it builds on another is a warning before the
/// release is shipped.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_promoted_of_another_revision_is_pushed() {
    let pushed = tokio::task::block_in_place(push_another_revision);
    let report = &pushed.report;
    assert_eq!(report["holds"], true, "{report:#}");
    let phase = &report["phases"][1];
    assert_eq!(phase["staged"]["beetmover"], 2);
    assert_eq!(phase["staged"]["final-verify"], 1);
    let group = phase["taskGroup"].as_str().unwrap();
    let (revisions, warnings) = said(pushed.folder.path(), group).await;
    assert_eq!(revisions, BTreeSet::from([pushed.head]));
    let both = "made of 2 revisions";
    let is_said = warnings.contains(both) && warnings.contains(&pushed.promoted);
    assert!(is_said, "{warnings}");
}

/// A release that was promoted at one commit and pushed at another.
struct Pushed {
    folder: tempfile::TempDir,
    report: Value,
    /// The commit that was promoted.
    promoted: String,
    /// The commit that was pushed.
    head: String,
}

/// Promotes a commit below release level, where tasks say themselves what they build on; and pushes the result in the
/// push of another commit.
fn push_another_revision() -> Pushed {
    let project = small_project();
    without_updates(&project);
    commit(project.path());
    let promoted = head(project.path());
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().to_str().unwrap();
    let args = ["--json", "--folder", state, "--branch", "feature"];
    let run = |more: &[&str]| json_of(&rehearse(project.path(), &[&args[..], more].concat()));
    let first = run(&["promote_snowfox"]);
    assert_eq!(first["holds"], true, "{first:#}");
    let file = "taskcluster/config.yml";
    let line = "trust-domain: snowman\n";
    replace(project.path(), file, line, &format!("{line}\n"));
    commit(project.path());
    let head = head(project.path());
    assert_ne!(head, promoted);
    let input = project.path().join("input.json");
    let graphs = [0, 1].map(|phase: usize| first["phases"][phase]["taskId"].clone());
    fs::write(&input, json!({"previous_graph_ids": graphs}).to_string()).unwrap();
    let report = run(&["--input", input.to_str().unwrap(), "push_snowfox"]);
    Pushed {
        folder,
        report,
        promoted,
        head,
    }
}
