//! Names of files that are not UTF-8. Only some systems take them.

#![cfg(target_os = "linux")]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use snowman::ports::vcs::Change;

use super::{NULL, TestRepositories, files, range, with_hg};

/// A name in Latin-1, and how it is shown.
const LATIN: (&[u8], &str) = (b"src/caf\xe9.txt", r#""src/caf\351.txt""#);
/// A name of bytes that are nothing at all, with what has to be escaped.
const ODD: (&[u8], &str) = (b"\xff\t\"\\", r#""\377\t\"\\""#);

impl TestRepositories {
    fn write_bytes(&self, repository: &str, name: &[u8], text: &str) {
        let path = self.path(repository).join(OsStr::from_bytes(name));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The names that git prints by itself, quoted by default.
    fn quoted(&self, arguments: &[&str]) -> Vec<String> {
        let output = self.git("r", arguments);
        let names = output.lines().filter(|name| !name.is_empty());
        names.map(str::to_owned).collect()
    }
}

#[test]
fn git_supports_names_that_are_not_utf_8() {
    let folder = TestRepositories::new();
    folder.new_git("r");
    let first = folder.commit("r", "plain", "1");
    for (name, _) in [LATIN, ODD] {
        folder.write_bytes("r", name, "1");
    }
    let second = folder.commit("r", "src/b", "1");
    let vcs = folder.vcs("r");
    let vcs = vcs.as_ref();
    // As in git's own output, and so in the peer's.
    let log = ["log", "--format=format:", "--name-only", "HEAD~1..HEAD"];
    let all = [ODD.1, LATIN.1, "src/b"];
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    let expected = |more: &[&str]| {
        let names = more.iter().chain(&all).map(|name| (*name).to_owned());
        sorted(names.collect())
    };
    assert_eq!(sorted(folder.quoted(&log)), expected(&[]));
    let added = files(vcs, &range(Some(&first), &second));
    assert_eq!(sorted(added), expected(&[]));
    let whole = files(vcs, &range(Some(NULL), &second));
    assert_eq!(sorted(whole), expected(&["plain"]));
    let tracked = vcs.tracked_files(&[]).unwrap();
    assert_eq!(sorted(tracked), expected(&["plain"]));
    assert_eq!(vcs.tracked_files(&["src"]).unwrap(), ["src/b", LATIN.1]);
    folder.write_bytes("r", LATIN.0, "2");
    assert_eq!(files(vcs, &Change::WorkingCopy), [LATIN.1]);
    // The push that takes such a file away has it among its changes.
    folder.git(
        "r",
        &["rm", "--quiet", "-r", "--force", "--", "src", "plain"],
    );
    folder.git("r", &["commit", "--quiet", "--message", "Remove"]);
    let removed = files(vcs, &range(None, "HEAD"));
    assert_eq!(sorted(removed), [LATIN.1, "plain", "src/b"]);
}

#[test]
fn hg_supports_names_that_are_not_utf_8() {
    let Some(folder) = with_hg() else { return };
    for (name, _) in [LATIN, ODD] {
        folder.write_bytes("r", name, "1");
    }
    folder.hg("r", &["commit", "--addremove", "--message", "Odd"]);
    let vcs = folder.vcs("r");
    let vcs = vcs.as_ref();
    let mut changed = files(vcs, &range(None, "."));
    changed.sort();
    assert_eq!(changed, [ODD.1, LATIN.1]);
    assert_eq!(vcs.tracked_files(&["src"]).unwrap(), ["src/a.rs", LATIN.1]);
    folder.write_bytes("r", LATIN.0, "2");
    assert_eq!(files(vcs, &Change::WorkingCopy), [LATIN.1]);
}
