//! Git repositories.

use std::ffi::OsStr;
use std::path::Path;

use super::program::Program;
use super::revision::{check, invalid_revision, is_hash, is_null, note_ref};
use super::{file_names, git_contents, git_snapshot};
use crate::ports::environment::Environment;
use crate::ports::snapshot::Snapshot;
use crate::ports::vcs::{Change, Contents, Tool, Vcs, VcsError};

/// Paths are taken letter by letter, and no program of the repository's is asked what has changed.
static FIRST: &[&str] = &[
    "--no-pager",
    "--literal-pathspecs",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "i18n.logOutputEncoding=UTF-8",
];

/// How file names are printed: each ends in a NUL, and a moved file has two.
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

/// The exit code of `git remote` if a remote does not exist.
const NO_SUCH_REMOTE: i32 = 2;

/// What `git log` prints on a branch without commits.
const NO_COMMITS: &str = "does not have any commits yet";

/// A git working copy.
#[derive(Debug, Clone)]
pub struct Git(Program);

impl Git {
    /// The working copy whose root is `root`.
    #[must_use]
    pub fn new(root: &Path, environment: &Environment) -> Self {
        Self(Program::new("git", FIRST, root, environment))
    }

    /// The hash of a commit, if it is in this clone.
    fn find(&self, revision: &str) -> Result<Option<String>, VcsError> {
        git_contents::find(&self.0, revision)
    }

    /// The hash of a commit.
    fn commit(&self, revision: &str) -> Result<String, VcsError> {
        let found = self.find(revision)?;
        found.ok_or_else(|| VcsError::NoRevision(revision.to_owned()))
    }

    /// The hash of the parent commit, which a shallow clone may lack.
    fn before(&self, hash: &str) -> Result<Option<String>, VcsError> {
        let commit = self.0.run_bytes(&["cat-file", "commit", hash])?;
        let header = commit.split(|byte| *byte == b'\n');
        let parent = header
            .take_while(|line| !line.is_empty())
            .find_map(|line| line.strip_prefix(b"parent "));
        Ok(parent.map(|parent| String::from_utf8_lossy(parent).into_owned()))
    }

    /// The hash that a remote has for the first of several names that it knows.
    fn at_remote(&self, remote: &str, names: &[&str]) -> Result<Option<String>, VcsError> {
        git_contents::at_remote(&self.0, remote, names)
    }

    /// Fetches a commit by its hash, so that no ref is written; `more` are additional options.
    fn fetch_hash(&self, hash: &str, remote: &str, more: &[&str]) -> Result<(), VcsError> {
        let mut arguments = vec!["fetch", "--no-tags", "--no-recurse-submodules"];
        arguments.extend(more);
        arguments.extend(["--end-of-options", remote, hash]);
        self.0.run(&arguments).map(drop)
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

    /// The file names that `command` prints.
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
        Ok(file_names::parse(&self.0.run_bytes(&arguments)?, 0))
    }

    /// The files that differ between two trees.
    fn between(&self, from: &str, to: &str) -> Result<Vec<String>, VcsError> {
        self.names(&["diff"], "--diff-filter=ADM", &[from, to])
    }

    /// The remote that the branch follows; otherwise the only one, `origin` or the first.
    fn remote(&self) -> Result<Option<String>, VcsError> {
        if let Some(branch) = self.branch()? {
            let branch = format!("refs/heads/{branch}");
            let format = "--format=%(upstream:remotename)";
            let upstream = self.0.run(&["for-each-ref", format, "--", &branch])?;
            // The remote `.` is this repository.
            if let Some(name) = upstream.lines().find(|name| !matches!(*name, "" | ".")) {
                return Ok(Some(name.to_owned()));
            }
        }
        let output = self.0.run(&["remote"])?;
        let remotes: Vec<&str> = output.lines().filter(|name| !name.is_empty()).collect();
        let chosen = match remotes.as_slice() {
            [] => return Ok(None),
            [only] => only,
            several if several.contains(&DEFAULT_REMOTE) => DEFAULT_REMOTE,
            [first, ..] => {
                tracing::warn!(
                    "none of the remotes {} is called `{DEFAULT_REMOTE}`: using `{first}`",
                    remotes.join(", ")
                );
                first
            }
        };
        Ok(Some(chosen.to_owned()))
    }
}

impl Contents for Git {
    fn file_at(&self, revision: &str, path: &str, limit: u64) -> Result<Option<Vec<u8>>, VcsError> {
        git_contents::file_at(&self.0, revision, path, limit)
    }

    fn files_at(&self, revision: &str, folder: &str) -> Result<Vec<String>, VcsError> {
        git_contents::files_at(&self.0, revision, folder)
    }

    fn branch_tip(&self, branch: &str) -> Result<Option<String>, VcsError> {
        if let Some(here) = self.find(&format!("refs/heads/{branch}"))? {
            return Ok(Some(here));
        }
        match self.remote()? {
            Some(remote) => self.find(&format!("refs/remotes/{remote}/{branch}")),
            None => Ok(None),
        }
    }

    fn tag_target(&self, tag: &str) -> Result<Option<String>, VcsError> {
        self.find(&format!("refs/tags/{tag}"))
    }
}

impl Vcs for Git {
    fn tool(&self) -> Tool {
        Tool::Git
    }

    fn root(&self) -> &Path {
        self.0.root()
    }

    fn snapshot(&self) -> Result<Snapshot, VcsError> {
        git_snapshot::take(&self.0)
    }

    fn repository_state(&self) -> Result<String, VcsError> {
        git_snapshot::repository(&self.0)
    }

    fn tracked_state(&self) -> Result<String, VcsError> {
        git_snapshot::tracked(&self.0)
    }

    fn head_rev(&self) -> Result<String, VcsError> {
        let ended = self.0.end(&["rev-parse", "--verify", "--quiet", "HEAD"])?;
        if ended.code != Some(1) {
            return Ok(ended.success()?.trim().to_owned());
        }
        // Only the log distinguishes a branch without commits from a broken one.
        Err(match self.0.run_bytes(&["log", "-n1", "--format="]) {
            Err(VcsError::Failed { stderr, .. }) if stderr.contains(NO_COMMITS) => {
                VcsError::NoCommit
            }
            Err(error) => error,
            Ok(_) => VcsError::NoRevision("HEAD".to_owned()),
        })
    }

    fn branch(&self) -> Result<Option<String>, VcsError> {
        let name = self.0.run(&["branch", "--show-current"])?;
        let name = name.trim();
        Ok((!name.is_empty()).then(|| name.to_owned()))
    }

    fn remote_url(&self) -> Result<Option<String>, VcsError> {
        let Some(remote) = self.remote()? else {
            return Ok(None);
        };
        let ended = self.0.end(&["remote", "get-url", "--", &remote])?;
        // A branch may track a remote that no longer exists.
        if ended.code == Some(NO_SUCH_REMOTE) {
            return Ok(None);
        }
        Ok(Some(ended.success()?.trim().to_owned()))
    }

    fn resolve(&self, revision: &str) -> Result<String, VcsError> {
        self.commit(revision)
    }

    /// Commits that no remote has are listed with their boundary commits, which have a leading dash;
    /// the last of those is the oldest.
    fn base_rev(&self) -> Result<Option<String>, VcsError> {
        let output = self.0.run(&[
            "rev-list",
            "--topo-order",
            "--boundary",
            "HEAD",
            "--not",
            "--remotes",
        ])?;
        if output.trim().is_empty() {
            return self.head_rev().map(Some);
        }
        let last = output.lines().rev().find_map(|line| line.strip_prefix('-'));
        Ok(last.map(str::to_owned))
    }

    /// Adds a working tree; hooks of the user are not run.
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

    /// A shallow clone may lack the commit's parents.
    fn missing_base(&self, change: &Change<'_>) -> Result<Option<String>, VcsError> {
        let Change::Range { base, rev } = change else {
            return Ok(None);
        };
        let base = match base.filter(|base| !base.is_empty()) {
            Some(base) if is_null(base) => None,
            Some(base) => Some(base.to_owned()),
            None => self.before(&self.commit(rev)?)?,
        };
        match base {
            Some(base) if self.find(&base)?.is_none() => Ok(Some(base)),
            _ => Ok(None),
        }
    }

    /// A shallow clone stays shallow: no ancestors of the commit are fetched.
    fn fetch(&self, revision: &str, remote: &str) -> Result<String, VcsError> {
        check("the revision", revision)?;
        check("the remote", remote)?;
        let hash = if is_hash(revision) {
            revision.to_owned()
        } else {
            let names = ["", "refs/heads/", "refs/tags/"].map(|kind| format!("{kind}{revision}"));
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let found = self.at_remote(remote, &names)?;
            found.ok_or_else(|| {
                invalid_revision("the revision", revision, "the remote has no such ref")
            })?
        };
        let more: &[&str] = if self.is_shallow()? {
            &["--depth=1"]
        } else {
            &[]
        };
        self.fetch_hash(&hash, remote, more)?;
        self.commit(&hash)
    }

    /// In a working copy, files are compared with the index, so that what is staged does not count.
    ///
    /// Between revisions, a file is listed once for each commit that touches it, the latest commit
    /// first; merges do not count. A shallow clone lacks commits, so there the two trees are
    /// compared; so they are with a null base, against no files at all. An empty base is none. A
    /// commit without a base and without anything before it here touches all its files.
    fn changed_files(&self, change: &Change<'_>) -> Result<Vec<String>, VcsError> {
        let (base, rev) = match change {
            Change::WorkingCopy => {
                // Outside a repository, `diff` interprets its arguments differently.
                self.0.run_bytes(&["rev-parse", "--git-dir"])?;
                return self.names(&["diff"], "--diff-filter=AM", &[]);
            }
            Change::Range { base, rev } => (base.filter(|base| !base.is_empty()), rev),
        };
        let rev = self.commit(rev)?;
        let base = match base {
            Some(base) if is_null(base) => None,
            Some(base) => Some(self.commit(base)?),
            None => match self.before(&rev)? {
                Some(before) => self.find(&before)?,
                None => None,
            },
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
        Ok(file_names::parse(&self.0.run_bytes(&arguments)?, 0))
    }

    /// The index lists what is checked out. Names are quoted, so that any name is unambiguous; one
    /// below the path has more slashes.
    fn tracks_link(&self, path: &Path) -> Result<bool, VcsError> {
        let command = ["-c", "core.quotePath=true", "ls-files", "--stage", "--"];
        let arguments = command.map(OsStr::new);
        let path_last: Vec<_> = arguments.into_iter().chain([path.as_os_str()]).collect();
        let output = self.0.run(&path_last)?;
        let depth = path.components().count();
        Ok(output
            .lines()
            .any(|line| line.starts_with("120000 ") && line.split('/').count() == depth))
    }

    /// The notes are read from the commit that the remote has, not from a local ref: a ref from an
    /// earlier run may be from another remote, or outdated.
    fn note(&self, note: &str, remote: &str) -> Result<Option<String>, VcsError> {
        let note = note_ref(note)?;
        check("the remote", remote)?;
        let Some(tip) = self.at_remote(remote, &[&note])? else {
            return Ok(None);
        };
        self.fetch_hash(&tip, remote, &[])?;
        let head = self.head_rev()?;
        // The note of a commit is the blob named by its hash, which may contain slashes.
        let tree = ["ls-tree", "-r", "-z", "--full-tree", &tip, "--"];
        let tree = self.0.run_bytes(&tree)?;
        let blob = String::from_utf8_lossy(&tree)
            .split('\0')
            .filter_map(|entry| entry.split_once('\t'))
            .find(|(_, path)| path.replace('/', "") == head)
            .and_then(|(entry, _)| entry.rsplit(' ').next().map(str::to_owned));
        let Some(blob) = blob else {
            return Ok(None);
        };
        let text = self.0.run(&["cat-file", "blob", &blob])?;
        Ok(Some(text.trim().to_owned()))
    }
}
