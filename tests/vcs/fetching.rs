//! Revisions and notes that have to be fetched, in clones that earlier runs have used.

use std::path::PathBuf;

use snowman::ports::vcs::VcsError;

use super::{NULL, TestRepositories, files, range, with_hg};

const NOTES: &str = "refs/notes/decision-parameters";

impl TestRepositories {
    /// Everything that a clone remembers of others.
    fn refs(&self, clone: &str) -> String {
        self.git(clone, &["for-each-ref"])
    }

    fn text_of(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }
}

/// A remote `r` after a force push, and a clone of it: the base is in the remote only, and on no
/// branch of it.
fn after_a_force_push(clone: &[&str]) -> (TestRepositories, String, String) {
    let folder = TestRepositories::new();
    folder.new_git("r");
    folder.commit("r", "a", "1");
    let base = folder.commit("r", "gone", "1");
    folder.git("r", &["reset", "--quiet", "--hard", "HEAD~1"]);
    let head = folder.commit("r", "b", "1");
    let url = format!("file://{}", folder.path("r").display());
    let mut arguments = vec!["clone", "--quiet"];
    arguments.extend(clone);
    arguments.extend([url.as_str(), "clone"]);
    folder.git("", &arguments);
    (folder, base, head)
}

#[test]
fn git_fetches_a_base_that_no_branch_has() {
    for (clone, changed) in [
        (&[] as &[&str], vec!["b"]),
        (&["--depth=1"], vec!["b", "gone"]),
    ] {
        let (folder, base, head) = after_a_force_push(clone);
        let vcs = folder.vcs("clone");
        let vcs = vcs.as_ref();
        let since = range(Some(&base), &head);
        assert_eq!(vcs.missing_base(&since), Ok(Some(base.clone())));
        let before = folder.refs("clone");
        let url = format!("file://{}", folder.path("r").display());
        assert_eq!(vcs.fetch(&base, &url), Ok(base.clone()));
        assert_eq!(folder.refs("clone"), before);
        assert_eq!(vcs.missing_base(&since), Ok(None));
        // A shallow clone has no history to compare, so the trees are compared.
        assert_eq!(files(vcs, &since), changed);
        let shallow = folder.git("clone", &["rev-parse", "--is-shallow-repository"]);
        assert_eq!(shallow, (!clone.is_empty()).to_string());
    }
}

#[test]
fn git_finds_the_base_of_a_shallow_clone() {
    let (folder, _, head) = after_a_force_push(&["--depth=1"]);
    let parent = folder.git("r", &["rev-parse", "HEAD~1"]);
    let vcs = folder.vcs("clone");
    let vcs = vcs.as_ref();
    let alone = range(None, &head);
    assert_eq!(vcs.missing_base(&alone), Ok(Some(parent.clone())));
    vcs.fetch(&parent, &folder.text_of("r")).unwrap();
    assert_eq!(vcs.missing_base(&alone), Ok(None));
    assert_eq!(files(vcs, &alone), ["b"]);
    // Nothing comes before the first commit.
    assert_eq!(vcs.missing_base(&range(None, &parent)), Ok(None));
    for none in [Some(""), Some(NULL)] {
        let root = folder.git("r", &["rev-list", "--max-parents=0", "HEAD"]);
        assert_eq!(vcs.missing_base(&range(none, &root)), Ok(None));
    }
}

#[test]
fn git_reports_what_cannot_be_fetched() {
    let (folder, _, head) = after_a_force_push(&[]);
    let vcs = folder.vcs("clone");
    let remote = folder.text_of("r");
    let nowhere = "1234567890".repeat(4);
    let missing = vcs.missing_base(&range(Some(&nowhere), &head));
    assert_eq!(missing, Ok(Some(nowhere.clone())));
    let error = vcs.fetch(&nowhere, &remote).unwrap_err();
    assert!(error.reason().contains(&nowhere), "{error}");
    assert!(!error.reason().contains("--no-tags"), "{error}");
    let branch = folder.git("r", &["rev-parse", "main"]);
    assert_eq!(vcs.fetch("main", &remote), Ok(branch));
    for (revision, remote) in [
        ("nowhere", remote.as_str()),
        ("--upload-pack=touch x", remote.as_str()),
        (nowhere.as_str(), "--upload-pack=touch x"),
        (nowhere.as_str(), ""),
    ] {
        let refused = vcs.fetch(revision, remote);
        assert!(
            matches!(refused, Err(VcsError::Refused { .. })),
            "{refused:?}"
        );
    }
    // A head that is not there is a mistake, whatever the base is.
    let head = vcs.missing_base(&range(None, &nowhere));
    assert_eq!(head, Err(VcsError::NoRevision(nowhere)));
}

#[test]
fn git_reads_only_the_notes_of_the_remote() {
    let folder = TestRepositories::new();
    folder.new_git("r");
    let head = folder.commit("r", "a", "1");
    folder.git("", &["clone", "--quiet", "r", "clone"]);
    let write = |at: &str, text: &str| {
        let add = [
            "notes", "--ref", NOTES, "add", "--force", "-m", text, "HEAD",
        ];
        folder.git(at, &add)
    };
    let remote = folder.text_of("r");
    let vcs = folder.vcs("clone");
    let note = || vcs.note(NOTES, &remote);
    // What is left here of another remote is not this one's.
    write("clone", "left");
    assert_eq!(note(), Ok(None));
    write("r", "one");
    assert_eq!(note(), Ok(Some("one".to_owned())));
    // Rewritten with force, so that nothing leads from the one to the other.
    folder.git("r", &["update-ref", "-d", NOTES]);
    write("r", "two");
    let before = folder.refs("clone");
    assert_eq!(note(), Ok(Some("two".to_owned())));
    assert_eq!(folder.refs("clone"), before);
    // A ref that only ends in this name is another.
    folder.git("r", &["update-ref", &format!("refs/heads/{NOTES}"), &head]);
    folder.git("r", &["update-ref", "-d", NOTES]);
    assert_eq!(note(), Ok(None));
}

#[test]
fn git_finds_a_note_among_many() {
    let folder = TestRepositories::new();
    folder.new_git("r");
    folder.commit("r", "a", "1");
    // With so many notes, git keeps each in a folder by the first digits of its hash.
    let tree = folder.git("r", &["rev-parse", "HEAD^{tree}"]);
    for i in 0..300 {
        let message = i.to_string();
        let commit = folder.git("r", &["commit-tree", "-m", &message, &tree]);
        folder.git(
            "r",
            &["notes", "--ref", NOTES, "add", "-m", "other", &commit],
        );
    }
    folder.git("r", &["notes", "--ref", NOTES, "add", "-m", "own", "HEAD"]);
    let listed = folder.git("r", &["ls-tree", "--name-only", NOTES]);
    assert!(listed.lines().all(|name| name.len() == 2), "{listed}");
    folder.git("", &["clone", "--quiet", "r", "clone"]);
    let note = folder.vcs("clone").note(NOTES, &folder.text_of("r"));
    assert_eq!(note, Ok(Some("own".to_owned())));
}

#[test]
fn hg_fetches_a_base() {
    let Some(folder) = with_hg() else { return };
    let node = |at: &str, rev: &str| folder.hg(at, &["log", "-r", rev, "-T", "{node}"]);
    folder.hg("", &["clone", "--quiet", "--rev=1", "r", "clone"]);
    let (base, head) = (node("r", "2"), node("clone", "."));
    let vcs = folder.vcs("clone");
    let vcs = vcs.as_ref();
    let since = range(Some(&base), &head);
    assert_eq!(vcs.missing_base(&since), Ok(Some(base.clone())));
    let nowhere: PathBuf = folder.path("nowhere");
    assert!(vcs.fetch(&base, nowhere.to_str().unwrap()).is_err());
    assert!(vcs.fetch("--config=x.y=z", &folder.text_of("r")).is_err());
    assert_eq!(vcs.fetch(&base, &folder.text_of("r")), Ok(base.clone()));
    assert_eq!(vcs.missing_base(&since), Ok(None));
    assert_eq!(vcs.head_rev(), Ok(head.clone()));
    assert_eq!(files(vcs, &since), [""; 0]);
    for none in [None, Some(""), Some(NULL)] {
        assert_eq!(vcs.missing_base(&range(none, &head)), Ok(None));
    }
}
