//! Where files are written, and the messages if they cannot be.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use snowman::ports::artifacts::{ArtifactFolder, Artifacts};
use snowman::ports::environment::Environment;
use snowman::ports::mask::Mask;
use snowman::vcs::discover;

use super::test_repository::TestRepository;

/// Writes an artifact in a repository, or returns the error.
fn write(root: &Path, name: &str) -> Result<(), String> {
    let vcs = discover(root, &Environment::of_process()).ok();
    let folder = ArtifactFolder::new(root, vcs.as_deref(), Mask::default());
    let result = folder.write(name, b"new");
    result.map_err(|error| {
        let parts = [Some(error.message), error.cause, error.help];
        parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
    })
}

/// A repository beside a folder `out`, with these links, of which the first few are committed.
fn linked(links: &[(&str, &str)], committed: usize) -> TestRepository {
    let repository = TestRepository::empty()
        .file("inside/x", "")
        .beside("out/before", "", 0o644);
    for (at, (name, target)) in links.iter().enumerate() {
        if at == committed {
            repository.git(&["add", "--all"]);
        }
        let path = repository.root().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }
    if committed >= links.len() {
        repository.git(&["add", "--all"]);
    }
    repository
}

/// What lies in the folder beside the repository.
fn out(repository: &TestRepository) -> Vec<String> {
    let names = std::fs::read_dir(repository.path("out")).unwrap();
    let mut names: Vec<_> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "before")
        .collect();
    names.sort();
    names
}

#[test]
fn untracked_links_may_lead_anywhere() {
    for (links, committed) in [
        (&[("artifacts", "../out")] as &[_], 0),
        (&[("artifacts", "inside/../../out")], 0),
        (&[("artifacts", "other"), ("other", "../out")], 0),
        (&[("build", "inside"), ("artifacts", "../out")], 1),
    ] {
        let repository = linked(links, committed);
        write(&repository.root(), "x.json").unwrap();
        assert_eq!(out(&repository), ["x.json"], "{links:?}");
    }
}

#[test]
fn tracked_links_must_not_lead_out_of_the_checkout() {
    let refused = |link: &str| {
        format!("`{link}` is a link tracked by version control that points outside the checkout")
    };
    for (links, committed, link) in [
        (&[("artifacts", "../out")] as &[_], 1, "artifacts"),
        (&[("artifacts", "inside/../../out")], 1, "artifacts"),
        (&[("artifacts", ".git")], 1, "artifacts"),
        (&[("artifacts", "inside/../.git/refs")], 1, "artifacts"),
        (&[("other", "../out"), ("artifacts", "other")], 1, "other"),
        (
            &[("artifacts", "other"), ("other", "../out")],
            1,
            "artifacts",
        ),
        (&[("artifacts/logs", "../../out")], 1, "artifacts/logs"),
    ] {
        let repository = linked(links, committed);
        let error = write(&repository.root(), "logs/x.json").unwrap_err();
        assert!(error.contains(&refused(link)), "{links:?}: {error}");
        assert!(
            error.starts_with("cannot write the artifact artifacts/logs/x.json; "),
            "{error}"
        );
        assert_eq!(out(&repository), [""; 0], "{links:?}");
        assert!(!repository.root().join(".git/logs/x.json").exists());
    }
}

#[test]
fn tracked_links_may_lead_into_the_checkout() {
    let repository = linked(&[("artifacts", "inside")], 1);
    write(&repository.root(), "x.json").unwrap();
    assert!(repository.root().join("inside/x.json").is_file());
}

#[test]
fn a_link_that_replaces_a_tracked_folder_is_the_tasks_own() {
    let repository = linked(&[("artifacts/logs", "../../out")], 1);
    std::fs::remove_dir_all(repository.root().join("artifacts")).unwrap();
    symlink("../out", repository.root().join("artifacts")).unwrap();
    write(&repository.root(), "x.json").unwrap();
    assert_eq!(out(&repository), ["x.json"]);
}

#[test]
fn links_in_a_nested_repository_count_as_tracked() {
    let repository = linked(&[("sub/link", "../../out"), ("artifacts", "sub/link")], 0);
    std::fs::create_dir(repository.root().join("sub/.git")).unwrap();
    let error = write(&repository.root(), "x.json").unwrap_err();
    assert!(error.contains("`sub/link` is a link"), "{error}");
    assert_eq!(out(&repository), [""; 0]);
}

#[test]
fn without_version_control_no_link_is_tracked() {
    let repository = linked(&[("artifacts", "../out")], 1);
    std::fs::remove_dir_all(repository.root().join(".git")).unwrap();
    write(&repository.root(), "x.json").unwrap();
    assert_eq!(out(&repository), ["x.json"]);
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that does not test says so")]
fn mercurial_is_supported_too() {
    let hg = |repository: &TestRepository, arguments: &[&str]| {
        let run = Command::new("hg")
            .args(arguments)
            .current_dir(repository.root())
            .env("HGUSER", "Someone")
            .output();
        let output = run.unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    if Command::new("hg").arg("--version").output().is_err() {
        eprintln!("skipped: hg is not on PATH");
        return;
    }
    for committed in [0, 1] {
        let repository = linked(&[("artifacts", "../out"), ("build", "inside")], 2);
        std::fs::remove_dir_all(repository.root().join(".git")).unwrap();
        hg(&repository, &["init"]);
        let files = ["build", "artifacts"];
        hg(&repository, &[&["add"][..], &files[..=committed]].concat());
        hg(&repository, &["commit", "--message", "links"]);
        let result = write(&repository.root(), "x.json");
        assert_eq!(result.is_err(), committed == 1, "{result:?}");
        assert_eq!(out(&repository).len(), 1 - committed);
    }
}

#[test]
fn each_error_has_its_own_help() {
    for (link, advice) in [
        (
            "/nonexistent/dir",
            "`artifacts` is a link to /nonexistent/dir, which does not exist; create /nonexistent/dir, or \
             remove the link",
        ),
        (
            "missing",
            "`artifacts` is a link to missing, which does not exist; create missing, or remove the link",
        ),
        (
            "inside/x",
            "`inside/x` is not a folder; move `inside/x` out of the way",
        ),
    ] {
        for committed in [0, 1] {
            let result = write(&linked(&[("artifacts", link)], committed).root(), "x.json");
            let result = result.unwrap_err();
            assert_eq!(
                result,
                format!("cannot write the artifact artifacts/x.json; {advice}")
            );
        }
    }
    let circle = linked(&[("artifacts", "other"), ("other", "artifacts")], 0);
    let result = write(&circle.root(), "x.json").unwrap_err();
    assert!(
        result.contains("Too many levels of symbolic links"),
        "{result}"
    );
    let repository = TestRepository::empty().file("artifacts", "");
    let result = write(&repository.root(), "x.json").unwrap_err();
    assert!(result.contains("`artifacts` is not a folder"), "{result}");
    let repository = TestRepository::empty().file("artifacts/x.json/y", "");
    let result = write(&repository.root(), "x.json").unwrap_err();
    assert!(
        result.ends_with("; move artifacts/x.json out of the way"),
        "{result}"
    );
}

#[test]
fn named_files_are_not_written_through_tracked_links() {
    let repository = TestRepository::new();
    for (name, target) in [("out.json", "../out/x.json"), ("folder", "../out")] {
        symlink(target, repository.root().join(name)).unwrap();
    }
    let repository = repository
        .beside("out/before", "", 0o644)
        .file(
            "taskcluster/kinds/t/kind.yml",
            super::test_repository::PLAIN,
        )
        .commit("links");
    for (arguments, link) in [
        (
            &["full", "-q", "--output-file", "out.json"] as &[_],
            "out.json",
        ),
        (&["full", "-q", "--output-file", "folder/x"], "folder"),
        (&["full", "-q", "--profile", "out.json"], "out.json"),
        (&["kind-graph", "-q", "--output-file", "folder/x"], "folder"),
        (
            &["build-image", "t", "--context-only", "out.json"],
            "out.json",
        ),
        (&["rehearse", "-q", "--folder", "folder"], "folder"),
        (
            &["sandbox", "--listen", "127.0.0.1:0", "--folder", "folder/x"],
            "folder",
        ),
        (&["reference", "--folder", "folder"], "folder"),
    ] {
        let ran = repository.run(arguments);
        assert_eq!(ran.code, 1, "{arguments:?}: {}", ran.err);
        let advice = format!("remove `{link}` from the repository");
        assert!(
            ran.message().contains(&advice),
            "{arguments:?}: {}",
            ran.err
        );
        assert_eq!(out(&repository), [""; 0], "{arguments:?}");
    }
    // Untracked links are followed, even if their target does not exist yet.
    let root = repository.root();
    symlink("../out/mine.json", root.join("mine.json")).unwrap();
    repository
        .run(&["full", "-q", "--output-file", "mine.json"])
        .ok();
    let ran = repository.run(&["kind-graph", "-q", "--output-file", "/dev/stdout"]);
    assert!(ran.ok().contains("flowchart"));
    assert_eq!(out(&repository), ["mine.json"]);
    let ran = repository.run(&["full", "-q", "--output-file", "none/x.json"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.message().contains("create the folder none first"),
        "{}",
        ran.err
    );
}

#[test]
fn a_new_project_is_not_written_through_tracked_links() {
    let repository = linked(&[("taskcluster", "../out")], 1);
    repository.git(&["remote", "add", "origin", "git@github.com:Org/Project.git"]);
    let ran = repository.run(&["init"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(
        ran.message().contains("remove `taskcluster`"),
        "{}",
        ran.err
    );
    assert_eq!(out(&repository), [""; 0]);
}
