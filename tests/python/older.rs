//! Projects with an older version of taskgraph, which computes values that later ones read from
//! parameters.
//!
//! The older version is a copy of the installed one in a folder of `PYTHONPATH`, with another
//! version number and the behavior of that version. Its own results are the expected ones.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::services::{DECISION, Services};
use super::world::{World, copy, document, python};

/// Versions before 8 read the changed files from version control.
const ASKS_VERSION_CONTROL: &str = r#"

import os

from taskgraph.optimize.base import registry
from taskgraph.util.vcs import get_repository


def remove(task, params, patterns):
    strategy = registry["skip-unless-changed"]
    repository = get_repository(os.getcwd())
    changed = repository.get_changed_files(base=params["base_rev"], rev=params["head_rev"])
    return not strategy.check(changed, patterns)


registry["skip-unless-changed"].should_remove_task = remove
"#;

/// Versions before 13 do not distinguish a push from a graph without one.
const GOES_BY_FILES_ALONE: &str = r#"

from taskgraph.optimize.base import registry


def remove(task, params, patterns):
    return not registry["skip-unless-changed"].check(params["files_changed"], patterns)


registry["skip-unless-changed"].should_remove_task = remove
"#;

/// Versions before 17 compute the base of a push themselves.
const FINDS_BASE: &str = r#"

def _get_env_prefix(graph_config):
    return "hail"


def _determine_more_accurate_base_ref(repo, candidate_base_ref, head_ref, base_rev):
    return "before" if candidate_base_ref == head_ref else candidate_base_ref


def _determine_more_accurate_base_rev(repo, base_ref, candidate_base_rev, head_rev, env_prefix):
    given = candidate_base_rev.strip("0") and repo.does_revision_exist_locally(candidate_base_rev)
    return repo.find_latest_common_revision(candidate_base_rev if given else base_ref, head_rev)
"#;

/// Returns the folder of the installed taskgraph.
fn installed(python: &Path) -> PathBuf {
    let script = "import taskgraph; print(taskgraph.__path__[0])";
    let done = Command::new(python).args(["-c", script]).output().unwrap();
    PathBuf::from(String::from_utf8(done.stdout).unwrap().trim())
}

fn add(file: &Path, text: &str) {
    let content = std::fs::read_to_string(file).unwrap();
    std::fs::write(file, content + text).unwrap();
}

/// A project with this version, with tasks that depend on changed files, and a second commit that
/// changes a file in `docs`.
fn world(version: &str, strategies: &str) -> Option<World> {
    let python = python()?;
    let package = installed(&python);
    let world = World::new(python);
    let older = world.root().parent().unwrap().join("older");
    copy(&package, &older.join("taskgraph"));
    let version = format!("\n__version__ = \"{version}\"\n");
    add(&older.join("taskgraph/__init__.py"), &version);
    add(&older.join("taskgraph/optimize/strategies.py"), strategies);
    let init = "from taskgraph.filter_tasks import filter_task\n\n\n\
                def register(graph_config):\n    pass\n\n\n\
                @filter_task(\"hail-no-notes\")\ndef no_notes(graph, parameters, graph_config):\n    \
                return [label for label in graph.tasks if label != \"aged-notes\"]\n";
    let mut kind = "loader: taskgraph.loader.transform:loader\n\
                    transforms: [taskgraph.transforms.task]\ntasks:\n"
        .to_owned();
    for (name, patterns, project) in [
        ("code", "[src/**]", "all"),
        ("docs", "[docs/**]", "all"),
        ("notes", "[docs/**]", "all"),
        ("release", "[docs/**]", "release"),
    ] {
        kind += &format!(
            "  {name}:\n    label: aged-{name}\n    description: {name}\n    worker-type: linux\n    \
             run-on-projects: [{project}]\n    optimization: {{skip-unless-changed: {patterns}}}\n    \
             worker: {{docker-image: \"hail:1\", max-run-time: 60}}\n"
        );
    }
    let parameters = "  decision-parameters: hail_taskgraph.parameters:decision_parameters\n";
    let base = world.head();
    let world = world
        .variable("PYTHONPATH", older.to_str().unwrap())
        .file("taskcluster/hail_taskgraph/__init__.py", init)
        .with("taskcluster/config.yml", parameters, "")
        .file("taskcluster/kinds/docker-image/kind.yml", "tasks: {}\n")
        .file("taskcluster/kinds/aged/kind.yml", &kind)
        .file("docs/read.me", "Read this.\n");
    world.git(&["add", "--all"]);
    world.git(&["commit", "--quiet", "--message=docs"]);
    let head = world.head();
    Some(
        world
            .with("params/push.yml", "hail_reason: push\n", "")
            .with("params/push.yml", "method: hail", "method: default")
            .with("params/push.yml", "no_odd_tasks, ", "")
            .with(
                "params/push.yml",
                "5f1c1c2c0a9d4e55a3c3d7f4f0b6f6f1b3a90d11",
                &base,
            )
            .with(
                "params/push.yml",
                "9e4b7a2f6d3c8e1b0f5a7c9d2e4b6a8c0d1f3e52",
                &head,
            ),
    )
}

/// Returns the remaining labels, which must be the same as with the older version.
fn left(world: &World) -> Vec<String> {
    let arguments = ["optimized", "--json", "-k", "aged", "-p", "params/push.yml"];
    let labels = |document: serde_json::Value| -> Vec<String> {
        let mut labels: Vec<String> = document.as_object().unwrap().keys().cloned().collect();
        labels.sort();
        labels
    };
    let ours = labels(document(&world.ours(&arguments)));
    assert_eq!(ours, labels(document(&world.peer(&arguments))));
    ours
}

#[test]
fn changed_files_come_from_version_control() {
    let Some(world) = world("6.3.1", ASKS_VERSION_CONTROL) else {
        return;
    };
    // The parameter has another value.
    assert_eq!(left(&world), ["aged-docs", "aged-notes"]);
}

#[test]
fn equal_revisions_are_not_special() {
    let Some(world) = world("11.2.4", GOES_BY_FILES_ALONE) else {
        return;
    };
    let (base, head) = (world.parent(), world.head());
    let world = world.with("params/push.yml", &base, &head);
    assert_eq!(left(&world), ["aged-code"]);
    let world = world.with("params/push.yml", "[src/main.c]", "[docs/read.me]");
    assert_eq!(left(&world), ["aged-docs", "aged-notes"]);
}

#[test]
fn later_versions_keep_the_built_in_rule() {
    let Some(world) = world("13.0.0", "") else {
        return;
    };
    let (base, head) = (world.parent(), world.head());
    assert_eq!(left(&world), ["aged-code"]);
    let world = world.with("params/push.yml", &base, &head);
    assert_eq!(left(&world), ["aged-code", "aged-docs", "aged-notes"]);
}

#[test]
fn the_target_tasks_method_is_always_applied() {
    let Some(world) = world("11.2.4", GOES_BY_FILES_ALONE) else {
        return;
    };
    let generator = world.root().join("../older/taskgraph/generator.py");
    let text = std::fs::read_to_string(&generator).unwrap();
    let (from, to) = (
        "if not filters:",
        "if \"target_tasks_method\" not in filters:",
    );
    assert!(text.contains(from) && text.contains("filters.append(\"target_tasks_method\")"));
    std::fs::write(&generator, text.replace(from, to)).unwrap();
    let world = world
        .with("params/push.yml", "[src/main.c]", "[docs/read.me]")
        .with(
            "params/push.yml",
            "[target_tasks_method]",
            "[hail-no-notes]",
        );
    assert_eq!(left(&world), ["aged-docs"]);
}

#[test]
fn a_decision_uses_the_base_of_its_version() {
    let Some(world) = world("16.0.0", "") else {
        return;
    };
    let decision = world.root().join("../older/taskgraph/decision.py");
    add(&decision, FINDS_BASE);
    for kind in std::fs::read_dir(world.root().join("taskcluster/kinds")).unwrap() {
        let kind = kind.unwrap();
        if !["aged", "docker-image"]
            .map(Into::into)
            .contains(&kind.file_name())
        {
            std::fs::remove_dir_all(kind.path()).unwrap();
        }
    }
    let (base, head) = (world.parent(), world.head());
    world.git(&["branch", "before", &base]);
    let services = Services::start(&["queue:*", "docker-worker:*", "hail:*", "assume:*"]);
    let world = services.inside(world, DECISION);
    let null = "0".repeat(40);
    let gone = "5f1c1c2c0a9d4e55a3c3d7f4f0b6f6f1b3a90d11";
    // A new branch, a force-pushed branch, and an ordinary push.
    for (base_ref, base_rev, found) in [
        ("main", null.as_str(), "before"),
        ("before", gone, "before"),
        ("before", base.as_str(), "before"),
    ] {
        let done = world.ours(&[
            "decision",
            "--project=hail",
            "--pushlog-id=1",
            "--pushdate=1757930400",
            "--owner=someone@example.com",
            "--level=3",
            "--repository-type=git",
            "--base-repository=https://github.com/hail/hail",
            "--head-repository=https://github.com/hail/hail",
            "--head-ref=main",
            &format!("--head-rev={head}"),
            &format!("--base-ref={base_ref}"),
            &format!("--base-rev={base_rev}"),
            "--tasks-for=github-push",
        ]);
        let stderr = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{stderr}");
        let file = world.root().join("artifacts/parameters.yml");
        let file = std::fs::read_to_string(file).unwrap();
        for line in [
            format!("base_ref: {found}\n"),
            format!("base_rev: {base}\n"),
            "files_changed:\n- docs/read.me\n".to_owned(),
        ] {
            assert!(file.replace("  - ", "- ").contains(&line), "{line}{file}");
        }
    }
    let mut created: Vec<_> = services
        .created()
        .into_iter()
        .map(|task| task.label)
        .collect();
    created.sort();
    assert_eq!(created, ["aged-docs", "aged-notes"]);
}
