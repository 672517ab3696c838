//! A staged task that changes a repository, as a process: it clones the repository that its definition names.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use snowman::base::json::read;
use snowman::ports::environment::Environment;
use snowman::release::staged::{Repository, Staged};

use super::processes::id;
use crate::common::taskcluster::{DECISION, Taskcluster};
use crate::common::{Project, staged};

const VERSION: &str = "browser/config/version.txt";

/// Runs a task that bumps the version and sets a tag. Returns its exit code, its log and the difference.
async fn bump(repository: Option<Repository>, revision: &str) -> (Option<i32>, String, String) {
    // The program that reads the repository has to be found.
    let path = Environment::of_process().get("PATH").unwrap().to_owned();
    bump_with(repository, revision, &path).await
}

/// As [`bump`], with the programs of these folders.
async fn bump_with(
    repository: Option<Repository>,
    revision: &str,
    path: &str,
) -> (Option<i32>, String, String) {
    let taskcluster = Taskcluster::new().await;
    let payload = json!({
        "lando_repo": "hail", "actions": ["version_bump", "tag"],
        "version_bump_info": {"files": [VERSION], "next_version": "94.0.1"},
        "tag_info": {"tags": ["HAIL_94_0_BUILD1"], "revision": revision},
    });
    let scopes = ["repo:hail", "action:version_bump", "action:tag"];
    let payload = read("payload", payload.to_string().as_bytes()).unwrap();
    let mut staged = Staged {
        scopes: scopes
            .map(|end| format!("project:hail:releng:lando:{end}"))
            .into(),
        repository,
        ..staged::staged("lando", "", payload)
    };
    revision.clone_into(&mut staged.release.revision);
    let mut definition = taskcluster.definition("bump", &[]);
    definition["dependencies"] = json!([DECISION]);
    let definition = read("definition", definition.to_string().as_bytes()).unwrap();
    let definition = staged.into_definition(&definition).to_string();
    let definition: Value = serde_json::from_str(&definition).unwrap();
    let task = id('A');
    taskcluster.create(&task, &definition);
    taskcluster.sandbox.state().claim(&task).unwrap();
    let (output, folder) = staged::run(&taskcluster, &task, 0, &[("PATH", path)]);
    let log = String::from_utf8(output.stdout).unwrap();
    let diff = folder.path().join("public/build/version-bump.diff");
    let diff = std::fs::read_to_string(diff).unwrap_or_default();
    (output.status.code(), log, diff)
}

/// Runs `hg` in a folder.
fn hg(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("hg")
        .args(arguments)
        .current_dir(folder)
        .env("HGRCPATH", "")
        .env("HGPLAIN", "1")
        .env("HGUSER", "somebody <somebody@example.com>")
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stderr, reason = "a test that cannot run here says so")]
async fn the_commits_are_made_on_a_clone_of_a_mercurial_repository() {
    if Command::new("hg").arg("version").output().is_err() {
        eprintln!("skipped: hg is not on PATH");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let file = at.join(VERSION);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    hg(at, &["init"]);
    std::fs::write(&file, "94.0\n").unwrap();
    hg(at, &["commit", "--quiet", "--addremove", "--message=one"]);
    let first = hg(at, &["log", "--rev=.", "--template={node}"]);
    std::fs::write(&file, "95.0\n").unwrap();
    hg(at, &["commit", "--quiet", "--message=two"]);
    let repository = || {
        Some(Repository {
            tool: "hg".to_owned(),
            url: format!("file://{}", at.display()),
        })
    };
    let (code, log, diff) = bump(repository(), &first).await;
    assert_eq!(code, Some(0), "{log}");
    assert!(diff.contains("-94.0\n+94.0.1\n"), "{diff}");
    assert!(!log.contains("whether the tags exist"), "{log}");
    // A tag is set by a revision after the one that it names.
    hg(at, &["tag", "--rev=.", "HAIL_94_0_BUILD1"]);
    let (code, log, _) = bump(repository(), &first).await;
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("HAIL_94_0_BUILD1 exists already"), "{log}");
    let (code, log, diff) = bump_with(repository(), &first, "/nonexistent").await;
    assert_eq!((code, diff.as_str()), (Some(0), ""), "{log}");
    assert!(log.contains("the image of the task has no `hg`"), "{log}");
}

fn write(project: &Project, file: &str, text: &str) {
    let path = project.root().join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn repository(project: &Project) -> Repository {
    Repository {
        tool: "git".to_owned(),
        url: format!("file://{}", project.root().display()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commits_are_made_on_a_clone_of_the_repository() {
    let project = Project::new();
    write(&project, VERSION, "94.0\n");
    let revision = project.commit();
    write(&project, VERSION, "95.0\n");
    project.commit();
    let (code, log, diff) = bump(Some(repository(&project)), &revision).await;
    assert_eq!(code, Some(0), "{log}");
    // As git itself writes it.
    project.git(&["checkout", "--quiet", &revision]);
    write(&project, VERSION, "94.0.1\n");
    let expected = project.git(&["-c", "core.abbrev=no", "diff"]);
    let without_index = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with("index "));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(without_index(&diff), without_index(&expected));
    assert!(!log.contains("whether the tags exist"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_the_repository_has_elsewhere_is_red() {
    let project = Project::new();
    write(&project, VERSION, "94.0\n");
    project.commit();
    project.git(&["tag", "HAIL_94_0_BUILD1"]);
    write(&project, "other", "");
    let revision = project.commit();
    let (code, log, _) = bump(Some(repository(&project)), &revision).await;
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("HAIL_94_0_BUILD1 exists already"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_cannot_be_read_is_red_and_one_that_is_not_named_unchecked() {
    let project = Project::new();
    write(&project, VERSION, "94.0\n");
    let revision = project.commit();
    let mut gone = repository(&project);
    gone.url += "-gone";
    let (code, log, _) = bump(Some(gone), &revision).await;
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("cannot read the repository"), "{log}");
    let (code, log, diff) = bump(None, &revision).await;
    assert_eq!((code, diff.as_str()), (Some(0), ""), "{log}");
    assert!(
        log.contains("the task has no repository that can be read"),
        "{log}"
    );
}
