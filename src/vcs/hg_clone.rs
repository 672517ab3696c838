//! A clone of a remote Mercurial repository, without a working copy.
//!
//! Mercurial fetches a revision with everything before it, so a clone takes longer than one of git. Branches and tags
//! are asked of the remote: a tag is set by a revision after the one that it names, which the clone does not have.

use std::path::Path;

use super::hg::{FIRST, Hg, INPUT_ERROR};
use super::program::Program;
use super::revision::{check, check_clone, is_hash};
use crate::ports::environment::Environment;
use crate::ports::vcs::{Contents, VcsError};

/// Names that mean a revision, whatever names the repository has.
static OTHERS: &[&str] = &["", ".", "null", "tip"];

/// A clone of a revision.
#[derive(Debug, Clone)]
pub struct HgClone {
    hg: Hg,
    program: Program,
    url: String,
}

impl HgClone {
    /// Whether Mercurial is installed.
    #[must_use]
    pub fn is_installed(environment: &Environment) -> bool {
        let program = Program::new("hg", FIRST, Path::new("."), environment);
        program.run(&["version", "--quiet"]).is_ok()
    }

    /// Makes a clone of a revision, given by its hash, in an empty folder.
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
        let program = Program::new("hg", FIRST, folder, environment);
        program.run(&["init", "--", "."])?;
        let clone = Self {
            hg: Hg::new(folder, environment),
            program,
            url: url.to_owned(),
        };
        clone.pull(revision)?;
        Ok(clone)
    }

    /// Fetches a revision, and everything before it.
    fn pull(&self, hash: &str) -> Result<(), VcsError> {
        let rev = format!("--rev={hash}");
        let options = ["--config=http.timeout=60", "pull", "--quiet", &rev, "--"];
        let ended = self.program.end(&[&options[..], &[&self.url]].concat())?;
        match ended.code {
            Some(INPUT_ERROR) => Err(VcsError::NoRevision(hash.to_owned())),
            _ => ended.success().map(drop),
        }
    }

    /// The revision that the remote knows under a name.
    fn at_remote(&self, what: &'static str, name: &str) -> Result<Option<String>, VcsError> {
        check(what, name)?;
        // Numbers count revisions.
        if OTHERS.contains(&name) || name.parse::<i64>().is_ok() {
            return Ok(None);
        }
        let rev = format!("--rev={name}");
        let options = [
            "--config=http.timeout=60",
            "identify",
            "--debug",
            "--id",
            &rev,
            "--",
        ];
        let ended = self.program.end(&[&options[..], &[&self.url]].concat())?;
        if ended.code == Some(INPUT_ERROR) {
            return Ok(None);
        }
        let hash = ended.success()?.trim().to_owned();
        // The start of a hash is no name.
        Ok((is_hash(&hash) && !hash.starts_with(name)).then_some(hash))
    }
}

impl Contents for HgClone {
    fn file_at(&self, revision: &str, path: &str, limit: u64) -> Result<Option<Vec<u8>>, VcsError> {
        match self.hg.file_at(revision, path, limit) {
            Err(VcsError::NoRevision(_)) if is_hash(revision) => {
                self.pull(revision)?;
                self.hg.file_at(revision, path, limit)
            }
            read => read,
        }
    }

    fn files_at(&self, revision: &str, folder: &str) -> Result<Vec<String>, VcsError> {
        match self.hg.files_at(revision, folder) {
            Err(VcsError::NoRevision(_)) if is_hash(revision) => {
                self.pull(revision)?;
                self.hg.files_at(revision, folder)
            }
            listed => listed,
        }
    }

    fn branch_tip(&self, branch: &str) -> Result<Option<String>, VcsError> {
        self.at_remote("the branch", branch)
    }

    fn tag_target(&self, tag: &str) -> Result<Option<String>, VcsError> {
        self.at_remote("the tag", tag)
    }
}
