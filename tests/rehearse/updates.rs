//! A release on top of another one, in the same rehearsal or in the one before: what is updated.
//!
//! The project is this one, with one platform and two locales.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use snowman::base::value::Value as Own;
use snowman::stage::history::Bundle;

use super::command::{json_of, rehearse};
use super::edits::replace;
use super::small::{next_release, small_project, without_updates, write_history};

/// The reports of staged tasks in the folder of a sandbox.
fn reports(folder: &Path) -> Vec<Value> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let content = fs::read(&path).unwrap();
            let report: Option<Value> = serde_json::from_slice(&content).ok();
            found.extend(report.filter(|report| report["verdict"].is_string()));
        }
    }
    found
}

/// The action tasks that the index in the folder of a sandbox has below a revision.
fn actions_of_revision(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder.join("index")).unwrap();
    let entries = entries.map(|entry| fs::read(entry.unwrap().path()).unwrap());
    let entries = entries.map(|content| serde_json::from_slice::<Value>(&content).unwrap());
    let mut found = BTreeSet::new();
    for entry in entries {
        let path = entry["namespace"].as_str().unwrap();
        if path.contains(".revision.") && path.contains(".actions.") {
            found.insert(entry["taskId"].as_str().unwrap().to_owned());
        }
    }
    found
}

/// How often a system has checked something, in all reports.
fn count(reports: &[Value], system: &str, what: &str) -> u64 {
    let of_system = reports.iter().filter(|report| report["system"] == system);
    let checked = of_system.flat_map(|report| report["checked"].as_array().unwrap());
    let same = checked.filter(|checked| checked["what"] == what);
    same.map(|checked| checked["count"].as_u64().unwrap()).sum()
}

#[test]
fn a_release_updates_the_one_before() {
    let project = small_project();
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().to_str().unwrap();
    let output = rehearse(project.path(), &["--json", "--folder", state]);
    let report = json_of(&output);
    assert_eq!(report["holds"], true, "{report:#}");
    let [earlier] = report["earlierReleases"].as_array().unwrap().as_slice() else {
        unreachable!("{report:#}")
    };
    assert_eq!(earlier["version"], "0.0.0");
    for release in [earlier, &report] {
        let phases = release["phases"].as_array().unwrap();
        let names: Vec<&str> = phases
            .iter()
            .map(|one| one["name"].as_str().unwrap())
            .collect();
        assert_eq!(
            names,
            ["push", "promote_snowfox", "push_snowfox", "ship_snowfox"]
        );
    }
    // The first release promises no partial updates, the second one for each locale.
    assert_eq!(earlier["phases"][1]["staged"]["partials"], Value::Null);
    assert_eq!(report["phases"][1]["staged"]["partials"], 2);
    let reports = reports(folder.path());
    let verified = |what| count(&reports, "update-verify", what);
    assert_eq!(verified("offers of the update server"), 2);
    let both = "updates applied to earlier builds and compared with the new one";
    assert_eq!(verified(both), 4, "complete and partial");
    let files = "unique addresses of files: where each leads, and its size";
    assert_eq!(count(&reports, "final-verify", files), 4);
    // Both are of one revision here, but the push of the second has its own actions only.
    let of_phase = |phase: &Value| phase["taskId"].as_str().unwrap().to_owned();
    let phases = report["phases"].as_array().unwrap().iter();
    let own: BTreeSet<String> = phases.skip(1).map(of_phase).collect();
    assert_eq!(actions_of_revision(folder.path()), own);
    // Both are the history of what comes next.
    let file = folder.path().join("history.json.gz");
    write_history(folder.path(), &file);
    let bundle = Bundle::read(&fs::read(&file).unwrap()).unwrap();
    let folder_of = |version: &str| format!("pub/snowfox/releases/{version}/update/");
    for version in ["0.0.0", "0.1.0"] {
        let folder = folder_of(version);
        let files = bundle
            .effects
            .iter()
            .filter(|effect| effect.key.starts_with(&folder));
        assert!(files.count() > 0, "{version}");
    }
    // What is scheduled is the later release.
    let mut rules = bundle
        .effects
        .iter()
        .filter(|effect| effect.space == "balrog-scheduled");
    assert!(
        rules.any(|rule| rule.value["mapping"] == "Snowfox-0.1.0-build1"),
        "{bundle:?}"
    );
    // Of the first release there is nothing to verify, and the reports say so.
    let excused = |system: &str, why: &str| {
        let of_system = reports.iter().filter(|report| report["system"] == system);
        let excused = of_system.filter(|report| report["notChecked"].to_string().contains(why));
        excused.count()
    };
    assert_eq!(excused("update-verify", "the configuration lists none"), 4);
    assert_eq!(
        excused(
            "update-verify-config",
            "updates from earlier releases: none is known"
        ),
        1
    );
    assert_eq!(
        excused("final-verify", "the configurations list no earlier release"),
        1
    );
}

#[test]
fn a_candidate_updates_betas_and_releases() {
    let project = small_project();
    let output = rehearse(
        project.path(),
        &[
            "--json",
            "--update-from",
            "0.0.9",
            "--update-from",
            "0.0b3",
            "promote_snowfox_rc",
            "ship_snowfox_rc",
        ],
    );
    let report = json_of(&output);
    assert_eq!(report["holds"], true, "{report:#}");
    // Two for each locale, and the secondary tasks beside the others.
    let promoted = &report["phases"][1];
    assert_eq!(promoted["staged"]["partials"], 2);
    assert_eq!(promoted["staged"]["update-verify-config"], 2);
    assert_eq!(promoted["staged"]["update-verify"], 8);
    assert_eq!(report["phases"][2]["staged"]["final-verify"], 1);
}

/// A release of which only sizes and hashes are known is made anew, and counts in place of what is known.
#[test]
fn a_release_that_cannot_be_read_is_rehearsed_first() {
    let history = tempfile::tempdir().unwrap();
    let file = history.path().join("history.json.gz");
    let first = small_project();
    without_updates(&first);
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().to_str().unwrap();
    let report = json_of(&rehearse(first.path(), &["--json", "--folder", state]));
    assert_eq!(report["holds"], true, "{report:#}");
    write_history(folder.path(), &file);
    let known = Bundle::read(&fs::read(&file).unwrap()).unwrap();
    assert!(!known.groups.is_empty());

    // The updates are in the folder, so there is nothing to rehearse first.
    let project = next_release(&known);
    let report = json_of(&rehearse(project.path(), &["--json", "--folder", state]));
    assert_eq!(report["holds"], true, "{report:#}");
    assert_eq!(report["earlierReleases"], serde_json::json!([]));
    assert_eq!(report["phases"][1]["staged"]["partials"], 2);
    let notes = report["notes"].to_string();
    let said = format!(
        "taskcluster/history.json.gz counts as history, with {} facts",
        known.effects.len()
    );
    assert!(notes.contains(&said), "{notes}");

    // Elsewhere they are not, and neither if nobody has them.
    let mut hashes = known.clone();
    for effect in &mut hashes.effects {
        if let Own::Object(value) = &mut effect.value {
            value.shift_remove("content");
        }
    }
    let project = next_release(&hashes);
    let id = "XkrdF-y0SIKCbCrx-Ydmkg";
    replace(
        project.path(),
        "taskcluster/config.yml",
        "history: [",
        &format!("history: [{id}, "),
    );
    let kept = tempfile::tempdir().unwrap();
    let state = kept.path().to_str().unwrap();
    let report = json_of(&rehearse(project.path(), &["--json", "--folder", state]));
    assert_eq!(report["holds"], true, "{report:#}");
    assert_eq!(report["earlierReleases"][0]["version"], "0.1.0");
    assert_eq!(report["phases"][1]["staged"]["partials"], 2);
    let notes = report["notes"].to_string();
    assert!(
        notes.contains(&format!(
            "was not read, because a rehearsal uses no Taskcluster: {id}"
        )),
        "{notes}"
    );
    // Rules of the file count, also where the release is rehearsed that changes them.
    let made_up = reports(kept.path()).into_iter().filter(|report| {
        let unchecked = report["notChecked"].to_string();
        report["system"] == "balrog" && unchecked.contains("made up")
    });
    assert_eq!(made_up.count(), 0);
}

#[test]
fn a_file_that_is_no_history_is_refused() {
    let project = next_release(&Bundle::default());
    fs::write(project.path().join("taskcluster/history.json.gz"), "{}").unwrap();
    let output = rehearse(project.path(), &["--json"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("taskcluster/history.json.gz is not a history"),
        "{said}"
    );
    assert!(said.contains("taskcluster/config.yml"), "{said}");
}
