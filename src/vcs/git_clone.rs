//! A clone of a remote git repository that holds next to nothing until it is asked for.

use std::path::Path;

use super::git_contents::{at_remote, file_at, files_at, find};
use super::program::Program;
use super::revision::{check, check_clone, is_hash};
use crate::ports::environment::Environment;
use crate::ports::vcs::{Contents, VcsError};

/// Only these ways to a remote are open: others run programs.
static FIRST: &[&str] = &[
    "--no-pager",
    "--literal-pathspecs",
    "-c",
    "protocol.allow=never",
    "-c",
    "protocol.https.allow=always",
    "-c",
    "protocol.http.allow=always",
    "-c",
    "protocol.file.allow=always",
    "-c",
    "core.hooksPath=/dev/null",
];

/// The name of the remote in the clone.
const REMOTE: &str = "origin";

/// A bare clone without history; files are fetched when they are read.
#[derive(Debug, Clone)]
pub struct GitClone(Program);

impl GitClone {
    /// Makes a clone of a commit, given by its hash, in an empty folder.
    ///
    /// # Errors
    /// [`VcsError`].
    pub fn new(
        url: &str,
        revision: &str,
        folder: &Path,
        environment: &Environment,
    ) -> Result<Self, VcsError> {
        check_clone(url, revision)?;
        let program = Program::new("git", FIRST, folder, environment);
        program.run(&["init", "--quiet", "--bare", "."])?;
        program.run(&["remote", "add", "--", REMOTE, url])?;
        program.run(&["config", "remote.origin.promisor", "true"])?;
        program.run(&["config", "remote.origin.partialclonefilter", "blob:none"])?;
        let clone = Self(program);
        clone.fetch(revision)?;
        Ok(clone)
    }

    /// Fetches a commit and its folders, without files and history.
    fn fetch(&self, hash: &str) -> Result<(), VcsError> {
        let options = [
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-recurse-submodules",
            "--depth=1",
            "--filter=blob:none",
            "--end-of-options",
            REMOTE,
            hash,
        ];
        self.0.run(&options).map(drop)
    }

    /// Fetches a revision that is not here yet.
    fn have(&self, revision: &str) -> Result<(), VcsError> {
        match is_hash(revision) && find(&self.0, revision)?.is_none() {
            true => self.fetch(revision),
            false => Ok(()),
        }
    }
}

impl Contents for GitClone {
    fn file_at(&self, revision: &str, path: &str, limit: u64) -> Result<Option<Vec<u8>>, VcsError> {
        self.have(revision)?;
        file_at(&self.0, revision, path, limit)
    }

    fn files_at(&self, revision: &str, folder: &str) -> Result<Vec<String>, VcsError> {
        self.have(revision)?;
        files_at(&self.0, revision, folder)
    }

    fn branch_tip(&self, branch: &str) -> Result<Option<String>, VcsError> {
        check("the branch", branch)?;
        at_remote(&self.0, REMOTE, &[&format!("refs/heads/{branch}")])
    }

    fn tag_target(&self, tag: &str) -> Result<Option<String>, VcsError> {
        check("the tag", tag)?;
        // An annotated tag is an object of its own; the remote lists what it names with this end.
        let names = ["^{}", ""].map(|end| format!("refs/tags/{tag}{end}"));
        at_remote(&self.0, REMOTE, &[&names[0], &names[1]])
    }
}
