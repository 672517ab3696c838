//! Git repositories.

use std::ffi::OsStr;
use std::path::Path;

use super::program::Program;
use super::revision::{check, is_null, note_ref};
use crate::ports::environment::Environment;
use crate::ports::vcs::{Change, Tool, Vcs, VcsError};

/// Paths are taken letter by letter, and no program of the repository's is asked what has changed.
static FIRST: &[&str] = &[
    "--no-pager",
    "--literal-pathspecs",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "i18n.logOutputEncoding=UTF-8",
];

/// How names of files are told: each ends in a NUL, and a file that moved is two.
static NAMES: &[&str] = &[
    "-z",
    "--name-only",
    "--no-renames",
    "--no-ext-diff",
    "--no-color",
];

/// Has nothing run that the user's configuration would run.
static NO_HOOKS: &[&str] = &["-c", "core.hooksPath=/dev/null"];

/// The remote that a clone has by default.
const DEFAULT_REMOTE: &str = "origin";

/// A git working copy.
#[derive(Debug, Clone)]
pub struct Git(Program);

impl Git {
    /// The working copy whose root is `root`.
    #[must_use]
    pub fn new(root: &Path, environment: &Environment) -> Self {
        Self(Program::new("git", FIRST, root, environment))
    }

    /// The hash of a commit.
    fn commit(&self, revision: &str) -> Result<String, VcsError> {
        check("the revision", revision)?;
        let commit = format!("{revision}^{{commit}}");
        let hash = self
            .0
            .run(&["rev-parse", "--verify", "--end-of-options", &commit])?;
        Ok(hash.trim().to_owned())
    }

    /// The hash of the commit before, when there is one here.
    fn before(&self, hash: &str) -> Result<Option<String>, VcsError> {
        let parent = format!("{hash}~1^{{commit}}");
        let ended = self.0.end(&[
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &parent,
        ])?;
        if ended.code == Some(1) {
            return Ok(None);
        }
        Ok(Some(ended.success()?.trim().to_owned()))
    }

    fn is_shallow(&self) -> Result<bool, VcsError> {
        let answer = self.0.run(&["rev-parse", "--is-shallow-repository"])?;
        Ok(answer.trim() == "true")
    }

    /// The tree without any file; its hash depends on how the repository hashes.
    fn empty_tree(&self) -> Result<String, VcsError> {
        let hash = self.0.run(&["hash-object", "-t", "tree", "--stdin"])?;
        Ok(hash.trim().to_owned())
    }

    /// The names of files that `command` tells of.
    fn names(
        &self,
        command: &[&str],
        filter: &str,
        revisions: &[&str],
    ) -> Result<Vec<String>, VcsError> {
        let mut arguments = command.to_vec();
        arguments.extend(NAMES);
        arguments.push(filter);
        arguments.push("--end-of-options");
        arguments.extend(revisions);
        arguments.push("--");
        Ok(split(&self.0.run(&arguments)?))
    }

    /// The files that differ between two trees.
    fn between(&self, from: &str, to: &str) -> Result<Vec<String>, VcsError> {
        self.names(&["diff"], "--diff-filter=ADM", &[from, to])
    }

    /// The remote that the branch follows; otherwise the only one, `origin` or the first.
    fn remote(&self) -> Result<String, VcsError> {
        if let Some(branch) = self.branch()? {
            let branch = format!("refs/heads/{branch}");
            let format = "--format=%(upstream:remotename)";
            let upstream = self.0.run(&["for-each-ref", format, "--", &branch])?;
            // The remote `.` is this repository.
            if let Some(name) = upstream.lines().find(|name| !matches!(*name, "" | ".")) {
                return Ok(name.to_owned());
            }
        }
        let told = self.0.run(&["remote"])?;
        let remotes: Vec<&str> = told.lines().filter(|name| !name.is_empty()).collect();
        // Without any, git says so itself when it is asked for its URL.
        let chosen = match remotes.as_slice() {
            [] => DEFAULT_REMOTE,
            [only] => only,
            several if several.contains(&DEFAULT_REMOTE) => DEFAULT_REMOTE,
            [first, ..] => {
                tracing::warn!(
                    "there are the remotes {}, and none is called `{DEFAULT_REMOTE}`: taking \
                     `{first}`",
                    remotes.join(", ")
                );
                first
            }
        };
        Ok(chosen.to_owned())
    }
}

fn split(told: &str) -> Vec<String> {
    // A log has an empty line for each commit, which stands before the names without a NUL.
    told.split('\0')
        .map(|name| name.trim_start_matches('\n'))
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

impl Vcs for Git {
    fn tool(&self) -> Tool {
        Tool::Git
    }

    fn root(&self) -> &Path {
        self.0.root()
    }

    fn head_rev(&self) -> Result<String, VcsError> {
        let hash = self.0.run(&["rev-parse", "--verify", "HEAD"])?;
        Ok(hash.trim().to_owned())
    }

    fn branch(&self) -> Result<Option<String>, VcsError> {
        let name = self.0.run(&["branch", "--show-current"])?;
        let name = name.trim();
        Ok((!name.is_empty()).then(|| name.to_owned()))
    }

    fn remote_url(&self) -> Result<String, VcsError> {
        let url = self.0.run(&["remote", "get-url", "--", &self.remote()?])?;
        Ok(url.trim().to_owned())
    }

    fn resolve(&self, revision: &str) -> Result<String, VcsError> {
        self.commit(revision)
    }

    /// What no remote has is told with the commits that it rests on, which have a dash before them;
    /// the last of those is the oldest.
    fn base_rev(&self) -> Result<Option<String>, VcsError> {
        let told = self.0.run(&[
            "rev-list",
            "--topo-order",
            "--boundary",
            "HEAD",
            "--not",
            "--remotes",
        ])?;
        if told.trim().is_empty() {
            return self.head_rev().map(Some);
        }
        let last = told.lines().rev().find_map(|line| line.strip_prefix('-'));
        Ok(last.map(str::to_owned))
    }

    /// A working tree beside the others; no hook of the user's hears of it.
    fn check_out(&self, revision: &str, folder: &Path) -> Result<(), VcsError> {
        let hash = self.commit(revision)?;
        let add = ["worktree", "add", "--quiet", "--detach"];
        let add = NO_HOOKS.iter().chain(&add).map(OsStr::new);
        let place = [folder.as_os_str(), OsStr::new(&hash)];
        self.0.run(&add.chain(place).collect::<Vec<_>>())?;
        Ok(())
    }

    fn remove_check_out(&self, folder: &Path) -> Result<(), VcsError> {
        let remove = ["worktree", "remove", "--force"].map(OsStr::new);
        let arguments: Vec<_> = remove.into_iter().chain([folder.as_os_str()]).collect();
        self.0.run(&arguments)?;
        Ok(())
    }

    fn commit_message(&self) -> Result<String, VcsError> {
        self.0.run(&[
            "log",
            "-n1",
            "--no-show-signature",
            "--format=%B",
            "HEAD",
            "--",
        ])
    }

    /// In a working copy, files are compared with the index, so that what is staged does not count.
    ///
    /// Between revisions, a file is told once for each commit that touches it, the latest commit
    /// first; merges do not count. A shallow clone lacks commits, so there the two trees are
    /// compared; so they are with a null base, against no files at all. An empty base is none. A
    /// commit without a base and without anything before it here touches all its files.
    fn changed_files(&self, change: &Change<'_>) -> Result<Vec<String>, VcsError> {
        let (base, rev) = match change {
            Change::WorkingCopy => return self.names(&["diff"], "--diff-filter=AM", &[]),
            Change::Range { base, rev } => (base.filter(|base| !base.is_empty()), rev),
        };
        let rev = self.commit(rev)?;
        let base = match base {
            Some(base) if is_null(base) => None,
            Some(base) => Some(self.commit(base)?),
            None => self.before(&rev)?,
        };
        match base {
            None => self.between(&self.empty_tree()?, &rev),
            Some(base) if self.is_shallow()? => self.between(&base, &rev),
            Some(base) => self.names(
                &["log", "--no-show-signature", "--format=format:"],
                "--diff-filter=ADM",
                &[&format!("{base}..{rev}")],
            ),
        }
    }

    fn tracked_files(&self, paths: &[&str]) -> Result<Vec<String>, VcsError> {
        let mut arguments = vec!["ls-tree", "-r", "-z", "--name-only", "--full-tree", "HEAD"];
        if !paths.iter().any(|path| matches!(*path, "" | ".")) {
            arguments.push("--");
            arguments.extend(paths);
        }
        Ok(split(&self.0.run(&arguments)?))
    }

    /// The index holds what is checked out. Names are quoted, so that any can be told; one below the path
    /// has more slashes.
    fn tracks_link(&self, path: &Path) -> Result<bool, VcsError> {
        let command = ["-c", "core.quotePath=true", "ls-files", "--stage", "--"];
        let arguments = command.map(OsStr::new);
        let path_last: Vec<_> = arguments.into_iter().chain([path.as_os_str()]).collect();
        let told = self.0.run(&path_last)?;
        let depth = path.components().count();
        Ok(told
            .lines()
            .any(|line| line.starts_with("120000 ") && line.split('/').count() == depth))
    }

    fn note(&self, note: &str, remote: &str) -> Result<Option<String>, VcsError> {
        let note = note_ref(note)?;
        check("the remote", remote)?;
        let both = format!("{note}:{note}");
        let fetched = self.0.end(&[
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-recurse-submodules",
            "--end-of-options",
            remote,
            &both,
        ])?;
        if let Err(failed) = fetched.success() {
            let listed = self
                .0
                .end(&["ls-remote", "--exit-code", "--", remote, &note])?;
            return match listed.code {
                // The remote can be asked, and has no such ref.
                Some(2) => Ok(None),
                _ => Err(failed),
            };
        }
        let shown = self
            .0
            .end(&["notes", &format!("--ref={note}"), "show", "HEAD"])?;
        if shown.code == Some(1) {
            return Ok(None);
        }
        Ok(Some(shown.success()?.trim().to_owned()))
    }
}
