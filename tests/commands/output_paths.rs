//! Where files are written, and what is said where they cannot be.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use snowman::ports::artifacts::{ArtifactFolder, Artifacts};
use snowman::ports::environment::Environment;
use snowman::ports::mask::Mask;
use snowman::vcs::discover;

use super::desk::Desk;

/// Writes an artifact in the repository of a desk; tells why it could not be.
fn write(root: &Path, name: &str) -> Result<(), String> {
    let vcs = discover(root, &Environment::of_process()).ok();
    let folder = ArtifactFolder::new(root, vcs.as_deref(), Mask::default());
    let told = folder.write(name, b"new");
    told.map_err(|error| {
        let parts = [Some(error.message), error.cause, error.help];
        parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
    })
}

/// A repository beside a folder `out`, with these links, of which the first few are committed.
fn linked(links: &[(&str, &str)], committed: usize) -> Desk {
    let desk = Desk::empty()
        .file("inside/x", "")
        .beside("out/before", "", 0o644);
    for (at, (name, target)) in links.iter().enumerate() {
        if at == committed {
            desk.git(&["add", "--all"]);
        }
        let path = desk.root().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }
    if committed >= links.len() {
        desk.git(&["add", "--all"]);
    }
    desk
}

/// What lies in the folder beside the repository.
fn out(desk: &Desk) -> Vec<String> {
    let names = std::fs::read_dir(desk.path("out")).unwrap();
    let mut names: Vec<_> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "before")
        .collect();
    names.sort();
    names
}

#[test]
fn links_that_are_not_tracked_may_lead_anywhere() {
    for (links, committed) in [
        (&[("artifacts", "../out")] as &[_], 0),
        (&[("artifacts", "inside/../../out")], 0),
        (&[("artifacts", "other"), ("other", "../out")], 0),
        (&[("build", "inside"), ("artifacts", "../out")], 1),
    ] {
        let desk = linked(links, committed);
        write(&desk.root(), "x.json").unwrap();
        assert_eq!(out(&desk), ["x.json"], "{links:?}");
    }
}

#[test]
fn links_that_are_tracked_may_not_lead_out_of_the_checkout() {
    let refused = |link: &str| {
        format!("`{link}` is a link that version control tracks, and it leads out of the checkout")
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
        let desk = linked(links, committed);
        let told = write(&desk.root(), "logs/x.json").unwrap_err();
        assert!(told.contains(&refused(link)), "{links:?}: {told}");
        assert!(
            told.starts_with("cannot write the artifact artifacts/logs/x.json; "),
            "{told}"
        );
        assert_eq!(out(&desk), [""; 0], "{links:?}");
        assert!(!desk.root().join(".git/logs/x.json").exists());
    }
}

#[test]
fn links_that_are_tracked_may_lead_to_a_folder_of_the_checkout() {
    let desk = linked(&[("artifacts", "inside")], 1);
    write(&desk.root(), "x.json").unwrap();
    assert!(desk.root().join("inside/x.json").is_file());
}

#[test]
fn a_link_in_place_of_a_tracked_folder_is_the_tasks() {
    let desk = linked(&[("artifacts/logs", "../../out")], 1);
    std::fs::remove_dir_all(desk.root().join("artifacts")).unwrap();
    symlink("../out", desk.root().join("artifacts")).unwrap();
    write(&desk.root(), "x.json").unwrap();
    assert_eq!(out(&desk), ["x.json"]);
}

#[test]
fn links_of_a_repository_inside_the_checkout_came_with_it() {
    let desk = linked(&[("sub/link", "../../out"), ("artifacts", "sub/link")], 0);
    std::fs::create_dir(desk.root().join("sub/.git")).unwrap();
    let told = write(&desk.root(), "x.json").unwrap_err();
    assert!(told.contains("`sub/link` is a link"), "{told}");
    assert_eq!(out(&desk), [""; 0]);
}

#[test]
fn without_version_control_no_link_is_tracked() {
    let desk = linked(&[("artifacts", "../out")], 1);
    std::fs::remove_dir_all(desk.root().join(".git")).unwrap();
    write(&desk.root(), "x.json").unwrap();
    assert_eq!(out(&desk), ["x.json"]);
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that does not test says so")]
fn mercurial_is_asked_too() {
    let hg = |desk: &Desk, arguments: &[&str]| {
        let run = Command::new("hg")
            .args(arguments)
            .current_dir(desk.root())
            .env("HGUSER", "Someone")
            .output();
        let said = run.unwrap();
        assert!(said.status.success(), "{said:?}");
    };
    if Command::new("hg").arg("--version").output().is_err() {
        eprintln!("skipped: hg is not on PATH");
        return;
    }
    for committed in [0, 1] {
        let desk = linked(&[("artifacts", "../out"), ("build", "inside")], 2);
        std::fs::remove_dir_all(desk.root().join(".git")).unwrap();
        hg(&desk, &["init"]);
        let files = ["build", "artifacts"];
        hg(&desk, &[&["add"][..], &files[..=committed]].concat());
        hg(&desk, &["commit", "--message", "links"]);
        let told = write(&desk.root(), "x.json");
        assert_eq!(told.is_err(), committed == 1, "{told:?}");
        assert_eq!(out(&desk).len(), 1 - committed);
    }
}

#[test]
fn each_error_has_advice_of_its_own() {
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
            let told = write(&linked(&[("artifacts", link)], committed).root(), "x.json");
            let told = told.unwrap_err();
            assert_eq!(
                told,
                format!("cannot write the artifact artifacts/x.json; {advice}")
            );
        }
    }
    let circle = linked(&[("artifacts", "other"), ("other", "artifacts")], 0);
    let told = write(&circle.root(), "x.json").unwrap_err();
    assert!(told.contains("Too many levels of symbolic links"), "{told}");
    let desk = Desk::empty().file("artifacts", "");
    let told = write(&desk.root(), "x.json").unwrap_err();
    assert!(told.contains("`artifacts` is not a folder"), "{told}");
    let desk = Desk::empty().file("artifacts/x.json/y", "");
    let told = write(&desk.root(), "x.json").unwrap_err();
    assert!(
        told.ends_with("; move artifacts/x.json out of the way"),
        "{told}"
    );
}

#[test]
fn files_that_are_named_are_not_written_through_tracked_links() {
    let desk = Desk::new();
    for (name, target) in [("out.json", "../out/x.json"), ("folder", "../out")] {
        symlink(target, desk.root().join(name)).unwrap();
    }
    let desk = desk
        .beside("out/before", "", 0o644)
        .file("taskcluster/kinds/t/kind.yml", super::desk::PLAIN)
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
        let ran = desk.run(arguments);
        assert_eq!(ran.code, 1, "{arguments:?}: {}", ran.err);
        let advice = format!("remove `{link}` from the repository");
        assert!(ran.said().contains(&advice), "{arguments:?}: {}", ran.err);
        assert_eq!(out(&desk), [""; 0], "{arguments:?}");
    }
    // Links that nobody tracks are followed, even where nothing is there yet.
    let root = desk.root();
    symlink("../out/mine.json", root.join("mine.json")).unwrap();
    desk.run(&["full", "-q", "--output-file", "mine.json"]).ok();
    let ran = desk.run(&["kind-graph", "-q", "--output-file", "/dev/stdout"]);
    assert!(ran.ok().contains("flowchart"));
    assert_eq!(out(&desk), ["mine.json"]);
    let ran = desk.run(&["full", "-q", "--output-file", "none/x.json"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.said().contains("create the folder none first"),
        "{}",
        ran.err
    );
}

#[test]
fn a_new_project_is_not_written_through_tracked_links() {
    let desk = linked(&[("taskcluster", "../out")], 1);
    desk.git(&["remote", "add", "origin", "git@github.com:Org/Project.git"]);
    let ran = desk.run(&["init"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.said().contains("remove `taskcluster`"), "{}", ran.err);
    assert_eq!(out(&desk), [""; 0]);
}
