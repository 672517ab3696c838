//! Files, branches and tags of repositories, whatever is checked out.

use snowman::ports::vcs::{Contents, VcsError};
use snowman::vcs::{GitClone, HgClone};

use super::{TestRepositories, with_hg};

const LIMIT: u64 = 10;

/// A repository `r` with two commits, two branches and two tags, of which the first commit is that of `old`, and
/// a link. Returns the commits.
fn repository() -> (TestRepositories, String, String) {
    let folder = TestRepositories::new();
    folder.new_git("r");
    folder.git("r", &["config", "uploadpack.allowFilter", "true"]);
    folder.git("r", &["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let first = folder.commit("r", "folder/version.txt", "1.0\n");
    folder.git("r", &["branch", "old"]);
    folder.git("r", &["tag", "light"]);
    folder.git("r", &["tag", "-a", "-m", "text", "heavy"]);
    folder.write("r/large", "more than ten bytes");
    std::os::unix::fs::symlink("large", folder.path("r/link")).unwrap();
    let second = folder.commit("r", "folder/version.txt", "2.0\n");
    (folder, first, second)
}

/// What a working copy and a clone have in common.
fn check(contents: &dyn Contents, first: &str, second: &str) {
    let read = |revision: &str, path: &str| contents.file_at(revision, path, LIMIT);
    let text = |text: &str| Ok(Some(text.as_bytes().to_vec()));
    assert_eq!(read(second, "folder/version.txt"), text("2.0\n"));
    assert_eq!(read(first, "folder/version.txt"), text("1.0\n"));
    for missing in [
        "folder",
        "folder/none",
        "link",
        "../version.txt",
        "*",
        ":/large",
    ] {
        assert_eq!(read(second, missing), Ok(None), "{missing}");
    }
    let path = "large".to_owned();
    let limit = LIMIT;
    assert_eq!(
        read(second, "large"),
        Err(VcsError::TooLarge { path, limit })
    );
    let listed = |revision: &str, folder: &str| contents.files_at(revision, folder);
    let files = Ok(vec!["folder/version.txt".to_owned()]);
    assert_eq!(listed(second, "folder"), files);
    for none in ["none", "large", "link", "..", "fold", "*"] {
        assert_eq!(listed(second, none), Ok(Vec::new()), "{none}");
    }
    let found = |hash: &str| Ok(Some(hash.to_owned()));
    assert_eq!(contents.branch_tip("old"), found(first));
    assert_eq!(contents.branch_tip("main"), found(second));
    assert_eq!(contents.tag_target("light"), found(first));
    assert_eq!(contents.tag_target("heavy"), found(first));
    for none in ["none", "ol", "refs/heads/old"] {
        assert_eq!(contents.branch_tip(none), Ok(None), "{none}");
        assert_eq!(contents.tag_target(none), Ok(None), "{none}");
    }
}

#[test]
fn git_reads_without_a_check_out() {
    let (folder, first, second) = repository();
    let vcs = folder.vcs("r");
    check(vcs.as_ref(), &first, &second);
    let none = "1234567890123456789012345678901234567890";
    assert_eq!(
        vcs.file_at(none, "large", LIMIT),
        Err(VcsError::NoRevision(none.to_owned()))
    );
    // A branch that only the remote has.
    folder.git("", &["clone", "--quiet", "r", "clone"]);
    let clone = folder.vcs("clone");
    assert_eq!(clone.branch_tip("old"), Ok(Some(first)));
}

#[test]
fn a_clone_fetches_what_it_is_asked_for() {
    let (folder, first, second) = repository();
    let url = format!("file://{}", folder.path("r").display());
    let make = |url: &str, revision: &str| {
        let at = tempfile::tempdir().unwrap();
        let made = GitClone::new(url, revision, at.path(), &folder.environment);
        made.map(|clone| (at, clone))
    };
    let (at, clone) = make(&url, &second).unwrap();
    // Nothing but the commit and its folders is there at first.
    let listed = std::process::Command::new("git")
        .args([
            "cat-file",
            "--batch-check=%(objecttype)",
            "--batch-all-objects",
        ])
        .current_dir(at.path())
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert_eq!(listed.matches("commit").count(), 1, "{listed}");
    assert_eq!(listed.matches("blob").count(), 0, "{listed}");
    check(&clone, &first, &second);
    assert!(make(&url, "main").is_err());
    assert!(make(&url, &"12".repeat(20)).is_err());
    let error = make("ssh://example.com/r", &second)
        .unwrap_err()
        .to_string();
    assert!(error.contains("https://, http:// or file://"), "{error}");
    // An address that has a program run is refused.
    let marker = folder.path("marker");
    let program = format!("ext::sh -c touch% {}", marker.display());
    assert!(make(&program, &second).is_err());
    assert!(make("--upload-pack=touch", &second).is_err());
    assert!(!marker.exists());
}

/// A clone of the first revision fetches the second one when somebody asks for it.
fn clones_have_the_same(folder: &TestRepositories, first: &str, second: &str) {
    let url = format!("file://{}", folder.path("s").display());
    let make = |url: &str, revision: &str| {
        let at = tempfile::tempdir().unwrap();
        let made = HgClone::new(url, revision, at.path(), &folder.environment);
        made.map(|clone| (at, clone))
    };
    let (at, clone) = make(&url, first).unwrap();
    let files = std::fs::read_dir(at.path()).unwrap();
    assert_eq!(files.count(), 1, "there is nothing but .hg");
    check(&clone, first, second);
    for name in ["0", "1", "-1", "tip", "null", &first[..12]] {
        assert!(!matches!(clone.tag_target(name), Ok(Some(_))), "{name}");
        assert!(!matches!(clone.branch_tip(name), Ok(Some(_))), "{name}");
    }
    let none = "12".repeat(20);
    assert_eq!(make(&url, &none).unwrap_err(), VcsError::NoRevision(none));
    assert!(make(&url, "main").is_err());
    // Addresses that have a program run, or are the name of something else.
    for address in [
        "ssh://-oProxyCommand=touch/x",
        "--config=hooks.x=touch",
        "/s",
        "bundle:s",
    ] {
        assert!(make(address, first).is_err(), "{address}");
    }
}

#[test]
fn mercurial_reads_without_a_check_out() {
    let Some(folder) = with_hg() else { return };
    folder.hg("", &["init", "s"]);
    folder.write("s/folder/version.txt", "1.0\n");
    folder.hg("s", &["commit", "--addremove", "-m", "one"]);
    let first = folder.hg("s", &["log", "--rev=.", "--template={node}"]);
    folder.hg("s", &["bookmark", "--inactive", "old"]);
    folder.hg("s", &["tag", "--local", "light"]);
    folder.hg("s", &["tag", "--local", "heavy"]);
    folder.write("s/folder/version.txt", "2.0\n");
    folder.write("s/large", "more than ten bytes");
    std::os::unix::fs::symlink("large", folder.path("s/link")).unwrap();
    folder.hg("s", &["commit", "--addremove", "-m", "two"]);
    let second = folder.hg("s", &["log", "--rev=.", "--template={node}"]);
    folder.hg("s", &["bookmark", "main"]);
    check(folder.vcs("s").as_ref(), &first, &second);
    clones_have_the_same(&folder, &first, &second);
    assert_eq!(
        folder.vcs("s").branch_tip("default"),
        Ok(Some(second.clone()))
    );
}
