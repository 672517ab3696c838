//! Repositories, asked by running the real programs in folders made for the purpose.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a test may end where it finds something wrong"
)]

mod contents;
mod fetching;
mod file_names;
mod mercurial;
mod refusals;

use std::path::{Path, PathBuf};
use std::process::Command;

use snowman::ports::environment::Environment;
use snowman::ports::vcs::{Change, Tool, Vcs, VcsError};
use snowman::vcs::discover;
use tempfile::TempDir;

const NULL: &str = "0000000000000000000000000000000000000000";

/// A folder of repositories, used with the default configuration of git and Mercurial.
struct TestRepositories {
    folder: TempDir,
    environment: Environment,
}

impl TestRepositories {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_str().unwrap();
        let environment = Environment::new(
            [
                ("PATH", Environment::of_process().get("PATH").unwrap()),
                ("HOME", home),
                ("GIT_CONFIG_NOSYSTEM", "1"),
                ("GIT_CONFIG_GLOBAL", "/dev/null"),
                ("GIT_AUTHOR_NAME", "Someone"),
                ("GIT_AUTHOR_EMAIL", "someone@example.com"),
                ("GIT_COMMITTER_NAME", "Someone"),
                ("GIT_COMMITTER_EMAIL", "someone@example.com"),
                ("HGUSER", "Someone"),
                ("HGRCPATH", ""),
                ("HGENCODING", "UTF-8"),
                // What a hook of another repository would have set.
                ("GIT_DIR", "/nowhere/.git"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        Self {
            folder,
            environment,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    fn run(&self, program: &str, at: &str, arguments: &[&str]) -> String {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(self.path(at))
            .env_clear()
            .envs(
                self.environment
                    .iter()
                    .filter(|(name, _)| *name != "GIT_DIR"),
            )
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {stderr}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn git(&self, at: &str, arguments: &[&str]) -> String {
        self.run("git", at, arguments)
    }

    fn hg(&self, at: &str, arguments: &[&str]) -> String {
        self.run("hg", at, arguments)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Writes a file, and commits all there is.
    fn commit(&self, repository: &str, file: &str, text: &str) -> String {
        self.write(&format!("{repository}/{file}"), text);
        self.git(repository, &["add", "--all"]);
        self.git(
            repository,
            &[
                "commit",
                "--quiet",
                "-m",
                &format!("Write {file}\n\nBut why?"),
            ],
        );
        self.git(repository, &["rev-parse", "HEAD"])
    }

    fn new_git(&self, name: &str) {
        self.git("", &["init", "--quiet", "--initial-branch=main", name]);
    }

    fn vcs(&self, at: &str) -> Box<dyn Vcs> {
        discover(&self.path(at), &self.environment).unwrap()
    }
}

fn range<'a>(base: Option<&'a str>, rev: &'a str) -> Change<'a> {
    Change::Range { base, rev }
}

fn files(vcs: &dyn Vcs, change: &Change<'_>) -> Vec<String> {
    vcs.changed_files(change).unwrap()
}

#[test]
fn the_nearest_repository_is_found() {
    let folder = TestRepositories::new();
    folder.new_git("outer");
    folder.new_git("outer/a/inner");
    folder.write("outer/b/c/x", "");
    folder.write("outer/h/.hg/requires", "");
    folder.write("outer/h/.git", "gitdir: elsewhere");
    folder.write("outer/h/sub/x", "");
    let root = |at: &str| {
        let vcs = folder.vcs(at);
        (vcs.tool(), vcs.root().to_owned())
    };
    assert_eq!(root("outer/b/c"), (Tool::Git, folder.path("outer")));
    assert_eq!(
        root("outer/a/inner"),
        (Tool::Git, folder.path("outer/a/inner"))
    );
    assert_eq!(root("outer/h/sub"), (Tool::Hg, folder.path("outer/h")));
    let none = discover(Path::new("/"), &folder.environment);
    assert!(matches!(none, Err(VcsError::NoRepository(_))));
    assert!(discover(&folder.path("not-there"), &folder.environment).is_err());
}

#[test]
fn git_reads_the_checked_out_revision() {
    let folder = TestRepositories::new();
    folder.new_git("r");
    folder.commit("r", "src/a.rs", "1");
    folder.commit("r", "src/ü b.rs", "1");
    let head = folder.commit("r", "docs/c.md", "1");
    let vcs = folder.vcs("r/src");
    assert_eq!(vcs.head_rev(), Ok(head.clone()));
    assert_eq!(vcs.branch(), Ok(Some("main".to_owned())));
    assert_eq!(
        vcs.commit_message(),
        Ok("Write docs/c.md\n\nBut why?\n\n".to_owned())
    );
    let tracked = |paths: &[&str]| vcs.tracked_files(paths).unwrap();
    assert_eq!(tracked(&[]), ["docs/c.md", "src/a.rs", "src/ü b.rs"]);
    assert_eq!(tracked(&["."]), ["docs/c.md", "src/a.rs", "src/ü b.rs"]);
    assert_eq!(tracked(&["src"]), ["src/a.rs", "src/ü b.rs"]);
    assert_eq!(tracked(&["src/a.rs", "docs/"]), ["docs/c.md", "src/a.rs"]);
    assert!(tracked(&["--help", "none"]).is_empty());
    folder.git("r", &["checkout", "--quiet", "--detach"]);
    assert_eq!(vcs.branch(), Ok(None));
    assert_eq!(vcs.head_rev(), Ok(head));
}

#[test]
fn git_lists_changed_files() {
    let folder = TestRepositories::new();
    folder.new_git("r");
    let first = folder.commit("r", "a", "1");
    let second = folder.commit("r", "ü\t\"b\"", "1");
    folder.git("r", &["mv", "a", "moved"]);
    let third = folder.commit("r", "c", "1");
    let fourth = folder.commit("r", "c", "2");
    let vcs = folder.vcs("r");
    let vcs = vcs.as_ref();
    assert_eq!(
        files(vcs, &range(Some(&first), &third)),
        ["a", "c", "moved", "ü\t\"b\""]
    );
    assert_eq!(files(vcs, &range(Some(&third), "main")), ["c"]);
    assert_eq!(
        files(vcs, &range(Some(&second), &fourth)),
        ["c", "a", "c", "moved"]
    );
    assert_eq!(files(vcs, &range(Some(&fourth), &fourth)), [""; 0]);
    assert_eq!(files(vcs, &range(None, &second)), ["ü\t\"b\""]);
    assert_eq!(files(vcs, &range(Some(""), &second)), ["ü\t\"b\""]);
    // Nothing comes before the first commit.
    assert_eq!(files(vcs, &range(None, &first)), ["a"]);
    assert_eq!(
        files(vcs, &range(Some(NULL), &third)),
        ["c", "moved", "ü\t\"b\""]
    );
}

#[test]
fn git_skips_merges() {
    let folder = TestRepositories::new();
    folder.new_git("r");
    let base = folder.commit("r", "a", "1");
    folder.git("r", &["checkout", "--quiet", "-b", "side"]);
    folder.commit("r", "b", "1");
    folder.git("r", &["checkout", "--quiet", "main"]);
    folder.commit("r", "c", "1");
    folder.git("r", &["merge", "--quiet", "--no-edit", "side"]);
    let vcs = folder.vcs("r");
    let mut changed = files(vcs.as_ref(), &range(Some(&base), "HEAD"));
    changed.sort();
    assert_eq!(changed, ["b", "c"]);
    assert_eq!(files(vcs.as_ref(), &range(None, "HEAD")), ["b"]);
}

#[test]
fn git_lists_changes_in_the_working_copy() {
    let folder = TestRepositories::new();
    folder.new_git("r");
    for file in ["modified", "deleted", "staged"] {
        folder.commit("r", file, "1");
    }
    folder.write("r/modified", "2");
    folder.write("r/untracked", "2");
    folder.write("r/added", "2");
    folder.write("r/staged", "2");
    folder.git("r", &["add", "staged"]);
    folder.git("r", &["add", "--intent-to-add", "added"]);
    std::fs::remove_file(folder.path("r/deleted")).unwrap();
    let vcs = folder.vcs("r");
    assert_eq!(
        files(vcs.as_ref(), &Change::WorkingCopy),
        ["added", "modified"]
    );
}

#[test]
fn git_compares_trees_in_shallow_clones() {
    let folder = TestRepositories::new();
    folder.new_git("r");
    let base = folder.commit("r", "a", "1");
    folder.commit("r", "b", "1");
    let head = folder.commit("r", "c", "1");
    let url = format!("file://{}", folder.path("r").display());
    folder.git("", &["clone", "--quiet", "--depth=1", &url, "shallow"]);
    let vcs = folder.vcs("shallow");
    let vcs = vcs.as_ref();
    // There is nothing before the only commit.
    assert_eq!(files(vcs, &range(None, &head)), ["a", "b", "c"]);
    assert_eq!(files(vcs, &range(Some(NULL), &head)), ["a", "b", "c"]);
    let missing = vcs.changed_files(&range(Some(&base), &head));
    assert_eq!(missing, Err(VcsError::NoRevision(base.clone())));
    folder.git(
        "shallow",
        &["fetch", "--quiet", "--depth=1", "origin", &base],
    );
    assert_eq!(files(vcs, &range(Some(&base), &head)), ["b", "c"]);
}

#[test]
fn git_supports_sha256_repositories() {
    let folder = TestRepositories::new();
    let created = Command::new("git")
        .args(["init", "--quiet", "--object-format=sha256", "r"])
        .current_dir(folder.path(""))
        .env_clear()
        .envs(
            folder
                .environment
                .iter()
                .filter(|(name, _)| *name != "GIT_DIR"),
        )
        .status();
    // An older git has no other hashes.
    if created.is_ok_and(|status| status.success()) {
        let head = folder.commit("r", "a", "1");
        assert_eq!(head.len(), 64);
        let null = "0".repeat(64);
        assert_eq!(
            files(folder.vcs("r").as_ref(), &range(Some(&null), &head)),
            ["a"]
        );
    }
}

#[test]
fn options_are_not_taken_for_revisions() {
    let folder = TestRepositories::new();
    folder.new_git("r");
    folder.commit("r", "a", "1");
    let vcs = folder.vcs("r");
    let target = folder.path("written");
    let option = format!("--output={}", target.display());
    for (base, rev) in [
        (None, option.as_str()),
        (Some(option.as_str()), "HEAD"),
        (None, ""),
    ] {
        let refused = vcs.changed_files(&range(base, rev));
        assert!(
            matches!(refused, Err(VcsError::Refused { .. })),
            "{refused:?}"
        );
    }
    assert!(
        vcs.note("decision-parameters", "--upload-pack=touch x")
            .is_err()
    );
    assert!(vcs.note("--ref", "origin").is_err());
    // A remote may name a program; git runs none for it, and no shell has a part in any of this.
    for remote in [
        "ext::sh -c touch% written",
        "$(touch written)",
        "`touch written`",
        "x; touch written",
    ] {
        assert!(vcs.note("decision-parameters", remote).is_err(), "{remote}");
    }
    assert!(!folder.path("r").join("written").exists());
    assert!(!target.exists());
    let unknown = vcs.changed_files(&range(None, "nowhere"));
    assert_eq!(unknown, Err(VcsError::NoRevision("nowhere".to_owned())));
}

#[test]
fn git_chooses_a_remote() {
    let folder = TestRepositories::new();
    folder.new_git("r");
    folder.commit("r", "a", "1");
    let vcs = folder.vcs("r");
    let url = || vcs.remote_url().unwrap().unwrap();
    assert_eq!(vcs.remote_url(), Ok(None));
    folder.git("r", &["remote", "add", "zoo", "https://example.com/zoo"]);
    assert_eq!(url(), "https://example.com/zoo");
    folder.git(
        "r",
        &["remote", "add", "my/fork", "https://example.com/fork"],
    );
    assert_eq!(url(), "https://example.com/fork");
    folder.git(
        "r",
        &["remote", "add", "origin", "https://example.com/origin"],
    );
    assert_eq!(url(), "https://example.com/origin");
    folder.git("r", &["config", "branch.main.remote", "my/fork"]);
    folder.git("r", &["config", "branch.main.merge", "refs/heads/main"]);
    assert_eq!(url(), "https://example.com/fork");
    folder.git("r", &["config", "branch.main.remote", "."]);
    assert_eq!(url(), "https://example.com/origin");
    folder.git("r", &["checkout", "--quiet", "--detach"]);
    assert_eq!(url(), "https://example.com/origin");
    folder.git("r", &["checkout", "--quiet", "main"]);
    folder.git("r", &["config", "branch.main.remote", "gone"]);
    assert_eq!(url(), "https://example.com/origin");
}

#[test]
fn git_fetches_notes() {
    let folder = TestRepositories::new();
    folder.new_git("r");
    folder.commit("r", "a", "1");
    folder.git("", &["clone", "--quiet", "r", "clone"]);
    let vcs = folder.vcs("clone");
    let remote = folder.path("r");
    let remote = remote.to_str().unwrap();
    let note = |name: &str| vcs.note(name, remote);
    assert_eq!(note("refs/notes/decision-parameters"), Ok(None));
    folder.git(
        "r",
        &[
            "notes",
            "--ref=decision-parameters",
            "add",
            "-m",
            "{\"a\": \"ü\"}",
        ],
    );
    let found = Ok(Some("{\"a\": \"ü\"}".to_owned()));
    assert_eq!(note("refs/notes/decision-parameters"), found);
    assert_eq!(note("decision-parameters"), found);
    folder.commit("clone", "b", "1");
    assert_eq!(note("decision-parameters"), Ok(None));
    let unreachable = folder.path("not-there");
    let failed = vcs.note("decision-parameters", unreachable.to_str().unwrap());
    assert!(matches!(
        failed,
        Err(VcsError::Failed {
            code: Some(128),
            ..
        })
    ));
}

#[test]
fn a_missing_program_is_reported() {
    let folder = TestRepositories::new();
    folder.new_git("r");
    // This git is there, but no program.
    folder.write("bin/git", "");
    let bin = folder.path("bin").display().to_string();
    for (path, absent) in [("/nowhere", true), (bin.as_str(), false)] {
        let environment = folder.environment.clone().with("PATH", path);
        let vcs = discover(&folder.path("r"), &environment).unwrap();
        let failed = vcs.head_rev();
        assert!(
            matches!(
                &failed,
                Err(VcsError::NotStarted { program, missing, .. })
                    if program == "git" && *missing == absent
            ),
            "{failed:?}"
        );
    }
}

/// A repository with three changesets, when hg is installed.
#[expect(clippy::print_stderr, reason = "a test that does not test says so")]
fn with_hg() -> Option<TestRepositories> {
    let folder = TestRepositories::new();
    let version = Command::new("hg").arg("--version").output();
    if !version.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: hg is not on PATH");
        return None;
    }
    folder.hg("", &["init", "r"]);
    for (file, text) in [("src/a.rs", "1"), ("ü b", "1"), ("src/a.rs", "2")] {
        folder.write(&format!("r/{file}"), text);
        folder.hg(
            "r",
            &[
                "commit",
                "--addremove",
                "--message",
                &format!("Write {file}"),
            ],
        );
    }
    Some(folder)
}

#[test]
fn git_checks_out_revisions_elsewhere() {
    let folder = TestRepositories::new();
    folder.git("", &["init", "--quiet", "-b", "main", "r"]);
    for text in ["one", "two"] {
        std::fs::write(folder.path("r/file"), text).unwrap();
        folder.git("r", &["add", "file"]);
        folder.git("r", &["commit", "--quiet", "-m", text]);
    }
    let vcs = discover(&folder.path("r"), &folder.environment).unwrap();
    let (first, head) = (vcs.resolve("HEAD~1").unwrap(), vcs.head_rev().unwrap());
    assert_eq!(vcs.base_rev(), Ok(None));
    folder.git("r", &["update-ref", "refs/remotes/origin/main", &first]);
    assert_eq!(vcs.base_rev(), Ok(Some(first.clone())));
    folder.git("r", &["update-ref", "refs/remotes/origin/main", &head]);
    assert_eq!(vcs.base_rev(), Ok(Some(head)));
    std::fs::write(folder.path("r/file"), "three").unwrap();
    checks_out(&folder, vcs.as_ref(), &first);
    assert_eq!(folder.git("r", &["worktree", "list"]).lines().count(), 1);
}

fn checks_out(folder: &TestRepositories, vcs: &dyn Vcs, revision: &str) {
    let place = folder.path("elsewhere");
    vcs.check_out(revision, &place).unwrap();
    assert_eq!(std::fs::read_to_string(place.join("file")).unwrap(), "one");
    let other = discover(&place, &folder.environment).unwrap();
    assert_eq!(other.head_rev().unwrap(), revision);
    vcs.remove_check_out(&place).unwrap();
    assert!(!place.exists());
    let own = std::fs::read_to_string(folder.path("r/file")).unwrap();
    assert_eq!(own, "three");
}
