//! Repositories that cannot be asked: that is never an empty answer.

use std::os::unix::fs::PermissionsExt;

use snowman::ports::vcs::{Change, Vcs, VcsError};
use snowman::vcs::discover;

use super::{TestRepositories, range, with_hg};

/// Every question that has an answer which says that there is nothing.
fn answers(vcs: &dyn Vcs) -> Vec<(&'static str, Option<VcsError>)> {
    let remote = vcs.root().to_str().unwrap();
    vec![
        ("head_rev", vcs.head_rev().err()),
        ("branch", vcs.branch().err()),
        ("remote_url", vcs.remote_url().err()),
        ("resolve", vcs.resolve("HEAD").err()),
        ("base_rev", vcs.base_rev().err()),
        ("commit_message", vcs.commit_message().err()),
        (
            "working copy",
            vcs.changed_files(&Change::WorkingCopy).err(),
        ),
        ("range", vcs.changed_files(&range(None, "HEAD")).err()),
        ("base", vcs.missing_base(&range(Some("x"), "HEAD")).err()),
        ("tracked_files", vcs.tracked_files(&[]).err()),
        ("note", vcs.note("decision-parameters", remote).err()),
    ]
}

fn failed_with(answers: Vec<(&'static str, Option<VcsError>)>, text: &str) {
    for (question, error) in answers {
        assert!(
            matches!(&error, Some(VcsError::Failed { stderr, .. }) if stderr.contains(text)),
            "{question}: {error:?}"
        );
    }
}

/// Git has a variable for tests that makes every repository somebody else's.
#[test]
fn a_repository_of_another_user_is_reported() {
    let folder = TestRepositories::new();
    folder.new_git("r");
    folder.commit("r", "a", "1");
    folder.git("r", &["remote", "add", "origin", "https://example.com/r"]);
    // The variable is left out of what git gets, as any that would mislead it, so it is set by a
    // program that precedes git on the PATH.
    let path = folder.environment.get("PATH").unwrap().to_owned();
    folder.write(
        "bin/git",
        &format!(
            "#!/bin/sh\nPATH={path}\nexport GIT_TEST_ASSUME_DIFFERENT_OWNER=1\nexec git \"$@\"\n"
        ),
    );
    let own = folder.path("bin/git");
    std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o755)).unwrap();
    let before = format!("{}:{path}", folder.path("bin").display());
    let foreign = folder.environment.clone().with("PATH", &before);
    let vcs = discover(&folder.path("r"), &foreign).unwrap();
    failed_with(answers(vcs.as_ref()), "dubious ownership");
}

#[test]
fn a_broken_gitdir_link_is_reported() {
    let folder = TestRepositories::new();
    folder.write("r/.git", "gitdir: elsewhere");
    failed_with(answers(folder.vcs("r").as_ref()), "not a git repository");
}

#[test]
fn a_broken_branch_is_not_an_empty_repository() {
    let folder = TestRepositories::new();
    folder.new_git("r");
    let vcs = folder.vcs("r");
    assert_eq!(vcs.head_rev(), Err(VcsError::NoCommit));
    folder.commit("r", "a", "1");
    assert!(vcs.head_rev().is_ok());
    folder.write("r/.git/refs/heads/main", "garbage\n");
    let broken = vcs.head_rev();
    assert!(matches!(broken, Err(VcsError::Failed { .. })), "{broken:?}");
}

#[test]
fn a_broken_hg_repository_is_reported() {
    let Some(folder) = with_hg() else { return };
    folder.write("r/.hg/requires", "something-new\n");
    let vcs = folder.vcs("r");
    for (question, error) in answers(vcs.as_ref()) {
        if question == "note" {
            // hg has none.
            assert_eq!(error, None);
            continue;
        }
        assert!(
            matches!(error, Some(VcsError::Failed { .. })),
            "{question}: {error:?}"
        );
    }
}
