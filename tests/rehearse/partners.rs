//! The kinds of this project that ordinary releases do not have: partners, a product that is built elsewhere, and
//! that no system is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use snowman::base::json::read;
use snowman::release::{SYSTEMS, recognize};

use super::command::{json_of, rehearse};
use super::edits::{replace, some_of};
use super::small::{red, small_project, without_updates};

/// A defect: the file, what is right in it, what is wrong, the flavors that have the task, its label, and why it fails.
type Defect = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
    &'static str,
);

const PARTNERS: &[&str] = &["promote_snowfox", "promote_snowfox_partners"];
const IOS: &[&str] = &["promote_snowphone", "push_snowphone", "ship_snowphone"];

const DEFECTS: &[Defect] = &[
    (
        "browser/partners/icecap/desktop/icecap-001/repack.cfg",
        "locales=\"en-US de\"",
        "locales=\"en-US fr\"",
        PARTNERS,
        "release-partner-repack-snowfox-linux64: ",
        "has the artifact `public/build/fr/target.tar.xz`",
    ),
    (
        "browser/partners/icecap/desktop/icecap-001/distribution/distribution.ini",
        "version=1.0\n",
        "",
        PARTNERS,
        "release-partner-repack-snowfox-linux64: ",
        "has no version in [Global], so the application does not apply it",
    ),
    (
        "kinds/release-partner-repack/kind.yml",
        "--version {version}",
        "--version 9.9",
        PARTNERS,
        "release-partner-repack-snowfox-linux64: ",
        "the script is told the version 9.9, but the release has 0.1.0",
    ),
    (
        "kinds/build-ios/kind.yml",
        "artifact_prefix: public",
        "artifact_prefix: ../public",
        IOS,
        "build-ios-snowphone: ",
        "which is not a folder in that of the artifacts",
    ),
    (
        "kinds/release-mark-as-shipped-ios/kind.yml",
        "release-name: Snowphone-{version}",
        "release-name: Snowdroid-{version}",
        IOS,
        "release-mark-as-shipped-ios-snowphone: ",
        "is not this release",
    ),
];

/// Rehearses flavors of the small project, which promises no updates here, after a change.
fn rehearsed(change: Option<(&str, &str, &str)>, flavors: &[&str]) -> Value {
    let project = small_project();
    without_updates(&project);
    if let Some((file, right, wrong)) = change {
        replace(project.path(), file, right, wrong);
    }
    let arguments: Vec<&str> = ["--json"].iter().chain(flavors).copied().collect();
    json_of(&rehearse(project.path(), &arguments))
}

#[test]
fn partners_get_their_builds() {
    let report = rehearsed(None, PARTNERS);
    assert_eq!(report["holds"], true, "{report:#}");
    let phases = report["phases"].as_array().unwrap();
    let staged = &phases.last().unwrap()["staged"];
    // Two locales for one platform.
    let expected = json!({"beetmover": 2, "partner-repack": 1, "signing": 2});
    assert_eq!(*staged, expected, "{report:#}");
}

#[test]
fn a_product_can_be_built_elsewhere() {
    let report = rehearsed(None, IOS);
    assert_eq!(report["holds"], true, "{report:#}");
    let phases = report["phases"].as_array().unwrap().iter().skip(1);
    let staged: Vec<Value> = phases.map(|phase| phase["staged"].clone()).collect();
    assert_eq!(
        staged,
        [
            json!({"bitrise": 1}),
            json!({"bitrise": 1}),
            json!({"shipit": 1})
        ]
    );
}

#[test]
fn each_defect_is_found_by_its_task() {
    for (file, right, wrong, flavors, label, why) in some_of(DEFECTS, 2) {
        let report = rehearsed(Some((file, right, wrong)), flavors);
        let found = red(&report["phases"]);
        let said = found.iter().any(|one| one.contains(why));
        let others = found.iter().any(|one| !one.starts_with(label));
        assert!(said && !others, "{file}: {wrong}: {found:#?}");
    }
}

/// The full task graph of this project, in a release that promises updates: each task with its kind.
fn full_graph() -> BTreeMap<String, Value> {
    let parameters = tempfile::tempdir().unwrap();
    let file = parameters.path().join("parameters.json");
    let history = json!({"0.0.9": {"buildNumber": 1, "buildid": "20260101000000"}});
    let history = json!({"version": "0.1.0", "build_number": 1, "release_history": history});
    std::fs::write(&file, history.to_string()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_snowman"))
        .args(["full", "--json", "-p", file.to_str().unwrap()])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .env("TASKCLUSTER_ROOT_URL", "https://tc.example.com")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_system_has_a_kind_and_no_release_task_only_echoes() {
    let graph = full_graph();
    let mut systems = BTreeSet::new();
    for (label, task) in &graph {
        let kind = task["attributes"]["kind"].as_str().unwrap_or_default();
        let definition = read("task", task["task"].to_string().as_bytes()).unwrap();
        let found = recognize(kind, &definition);
        systems.extend(
            found
                .filter(|one| one.can_be_staged())
                .map(|one| one.system.name),
        );
        let command = task["task"]["payload"]["command"].to_string();
        let is_build = kind.ends_with("-repackage");
        let is_release = kind.starts_with("release-") && !is_build;
        assert!(
            !is_release || !command.contains("echo "),
            "{label}: {command}"
        );
    }
    for system in SYSTEMS {
        assert!(systems.contains(system.name), "{}", system.name);
    }
}
