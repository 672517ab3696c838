//! Repositories, asked by running `git` and `hg`.
//!
//! Programs get their arguments as lists, never through a shell. Revisions and refs that a user may
//! have written are checked before and stand after the end of the options. The
//! environment is the one handed in, without what would lead the programs to another repository,
//! another language or a question to the user, and without Taskcluster's secrets.
//!
//! Names of files are told as they are: the peer has those with other letters than ASCII as git
//! quotes them.

use std::path::Path;

use crate::ports::environment::Environment;
use crate::ports::vcs::{Vcs, VcsError};

mod git;
mod hg;
mod program;
mod revision;

pub use git::Git;
pub use hg::Hg;

/// Finds the repository that a folder belongs to: the nearest folder above, or itself, that has a
/// folder `.hg` or anything called `.git`.
///
/// # Errors
/// [`VcsError::NoRepository`] when there is none.
pub fn discover(start: &Path, environment: &Environment) -> Result<Box<dyn Vcs>, VcsError> {
    let none = || VcsError::NoRepository(start.display().to_string());
    let start = std::fs::canonicalize(start).map_err(|_| none())?;
    for folder in start.ancestors() {
        if folder.join(".hg").is_dir() {
            return Ok(Box::new(Hg::new(folder, environment)));
        }
        if folder.join(".git").exists() {
            return Ok(Box::new(Git::new(folder, environment)));
        }
    }
    Err(none())
}
