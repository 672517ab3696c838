//! Mercurial.

use snowman::ports::vcs::{Change, Tool, VcsError};
use snowman::vcs::discover;

use super::{NULL, checks_out, files, range, with_hg};

#[test]
fn hg_reads_the_checked_out_revision() {
    let Some(folder) = with_hg() else { return };
    let vcs = folder.vcs("r/src");
    let head = folder.hg("r", &["log", "-r", ".", "-T", "{node}"]);
    assert_eq!(vcs.tool(), Tool::Hg);
    assert_eq!(vcs.head_rev(), Ok(head));
    assert_eq!(vcs.branch(), Ok(None));
    folder.hg("r", &["bookmark", "topic"]);
    assert_eq!(vcs.branch(), Ok(Some("topic".to_owned())));
    assert_eq!(vcs.commit_message(), Ok("Write src/a.rs".to_owned()));
    folder.hg("r", &["update", "1"]);
    assert_eq!(vcs.branch(), Ok(None));
    assert_eq!(vcs.commit_message(), Ok("Write ü b".to_owned()));
    let tracked = |paths: &[&str]| vcs.tracked_files(paths).unwrap();
    assert_eq!(tracked(&[]), ["src/a.rs", "ü b"]);
    assert_eq!(tracked(&["src"]), ["src/a.rs"]);
    assert!(tracked(&["none"]).is_empty());
    assert_eq!(vcs.note("decision-parameters", "default"), Ok(None));
}

#[test]
fn hg_lists_changed_files() {
    let Some(folder) = with_hg() else { return };
    let vcs = folder.vcs("r");
    let vcs = vcs.as_ref();
    let node = |rev: &str| folder.hg("r", &["log", "-r", rev, "-T", "{node}"]);
    assert_eq!(
        files(vcs, &range(Some(&node("0")), &node("2"))),
        ["ü b", "src/a.rs"]
    );
    assert_eq!(files(vcs, &range(None, &node("1"))), ["ü b"]);
    assert_eq!(files(vcs, &range(Some(""), ".")), ["src/a.rs"]);
    assert_eq!(
        files(vcs, &range(Some(NULL), "tip")),
        ["src/a.rs", "ü b", "src/a.rs"]
    );
    for rev in ["-x", "--config=x.y=z", "all()", "nowhere", "a\" or \"b"] {
        assert!(vcs.changed_files(&range(None, rev)).is_err(), "{rev}");
    }
    let nowhere = "nowhere".to_owned();
    assert_eq!(vcs.resolve("nowhere"), Err(VcsError::NoRevision(nowhere)));
    folder.write("r/src/a.rs", "3");
    folder.write("r/added", "1");
    folder.write("r/untracked", "1");
    folder.hg("r", &["add", "added"]);
    folder.hg("r", &["remove", "ü b"]);
    assert_eq!(files(vcs, &Change::WorkingCopy), ["src/a.rs", "added"]);
}

#[test]
fn hg_chooses_a_remote() {
    let Some(folder) = with_hg() else { return };
    let vcs = folder.vcs("r");
    assert_eq!(vcs.remote_url(), Ok(None));
    folder.write(
        "r/.hg/hgrc",
        "[paths]\nunified = https://hg.example.com/unified\n",
    );
    assert_eq!(
        vcs.remote_url(),
        Ok(Some("https://hg.example.com/unified".to_owned()))
    );
    folder.write(
        "r/.hg/hgrc",
        "[paths]\na = https://hg.example.com/a\ndefault = https://hg.example.com/default\n",
    );
    assert_eq!(
        vcs.remote_url(),
        Ok(Some("https://hg.example.com/default".to_owned()))
    );
}

#[test]
fn hg_checks_out_revisions_elsewhere() {
    let Some(folder) = with_hg() else { return };
    std::fs::write(folder.path("r/file"), "one").unwrap();
    folder.hg("r", &["commit", "--quiet", "-A", "-m", "one"]);
    std::fs::write(folder.path("r/file"), "two").unwrap();
    folder.hg("r", &["commit", "--quiet", "-m", "two"]);
    let vcs = discover(&folder.path("r"), &folder.environment).unwrap();
    let first = vcs.resolve(".~1").unwrap();
    assert_eq!(vcs.base_rev(), Ok(None));
    folder.hg("r", &["phase", "--public", &first]);
    assert_eq!(vcs.base_rev(), Ok(Some(first.clone())));
    assert!(matches!(
        vcs.resolve("all()"),
        Err(VcsError::Refused { .. })
    ));
    std::fs::write(folder.path("r/file"), "three").unwrap();
    checks_out(&folder, vcs.as_ref(), &first);
}
