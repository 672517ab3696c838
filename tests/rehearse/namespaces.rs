//! Staged releases in the index: they are listed, and one can be removed without the others.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::command::rehearse;
use super::small::{small_project, without_updates};

fn stage(project: &Path, folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_snowman"))
        .arg("stage")
        .args(args)
        .arg("--folder")
        .arg(folder)
        .current_dir(project)
        .output()
        .unwrap()
}

fn listed(project: &Path, folder: &Path) -> Vec<Value> {
    let output = stage(project, folder, &["list", "--json"]);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice::<Value>(&output.stdout)
        .unwrap()
        .as_array()
        .unwrap()
        .clone()
}

#[test]
fn releases_are_listed_and_removed_one_by_one() {
    let project = small_project();
    without_updates(&project);
    let project = project.path();
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    let kept = kept.as_path();
    let path = kept.to_str().unwrap();
    let rehearsed = rehearse(
        project,
        &["--concurrent", "2", "--folder", path, "promote_snowfox"],
    );
    assert!(rehearsed.status.success(), "{rehearsed:?}");
    let all = listed(project, kept);
    let of = |release: &Value, name: &str| release[name].as_str().unwrap().to_owned();
    let mut decisions: Vec<String> = all.iter().map(|graph| of(graph, "decision")).collect();
    decisions.dedup();
    assert_eq!(decisions.len(), 2, "{all:#?}");
    for graph in &all {
        assert_eq!(graph["version"], "0.1.0");
        assert_eq!(graph["index"], "snowman.v2.snowman.staging");
    }
    // The graph of the push and that of the promotion.
    let (one, other) = (decisions[0].as_str(), decisions[1].as_str());
    let of_release = |decision: &str, all: &[Value]| -> Vec<Value> {
        let of_it = all.iter().filter(|graph| graph["decision"] == decision);
        of_it.cloned().collect()
    };
    let graphs: Vec<String> = of_release(one, &all)
        .iter()
        .map(|graph| of(graph, "graph"))
        .collect();
    assert!(
        graphs.contains(&one.to_owned()) && graphs.iter().any(|graph| graph != one),
        "{graphs:?}"
    );
    // Nothing is removed without a doubt.
    let dry = stage(project, kept, &["clean", one, "--dry-run"]);
    let paths = String::from_utf8(dry.stdout).unwrap();
    assert!(paths.lines().count() >= 2, "{paths}");
    assert!(paths.lines().all(|line| line.contains(one)), "{paths}");
    assert_eq!(listed(project, kept), all);
    let unknown = stage(project, kept, &["clean", one, "fN1SbArXTPSVFNUvaOlinQ"]);
    assert!(!unknown.status.success());
    assert_eq!(listed(project, kept), all);
    // One goes, the other stays as it is.
    let before = stage(project, kept, &["clean", other, "--dry-run"]).stdout;
    let cleaned = stage(project, kept, &["clean", one]);
    assert!(cleaned.status.success(), "{cleaned:?}");
    assert_eq!(listed(project, kept), of_release(other, &all));
    assert_eq!(
        stage(project, kept, &["clean", other, "--dry-run"]).stdout,
        before
    );
}
