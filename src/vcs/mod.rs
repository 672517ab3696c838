//! Repositories, asked by running `git` and `hg`.
//!
//! Programs get their arguments as lists, never through a shell. Revisions and refs that a user may
//! have written are checked before and passed after the end of the options. The
//! environment is the one passed in, without variables that would make the programs use another
//! repository or language, or ask the user, and without Taskcluster's secrets.
//!
//! File names are reported as they are, those that are not UTF-8 as described in
//! [`file_name`](crate::base::file_name): the peer reports all names with non-ASCII letters as git
//! quotes them.
//!
//! What an earlier run left in the clone has no influence: revisions and notes are fetched by hash,
//! and no ref is written or read. If a program fails, that is an error and never an empty answer;
//! something is only missing if the exit code says so.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::Path;

use crate::ports::environment::Environment;
use crate::ports::vcs::{Vcs, VcsError};

mod file_names;
mod git;
mod git_clone;
mod git_contents;
mod git_snapshot;
mod hg;
mod hg_clone;
mod program;
mod revision;

pub use git::Git;
pub use git_clone::GitClone;
pub use hg::Hg;
pub use hg_clone::HgClone;

/// Finds the repository that a folder belongs to: the nearest folder above, or itself, that has a
/// folder `.hg` or anything called `.git`.
///
/// # Errors
/// [`VcsError::NoRepository`] if there is none, [`VcsError::Unreadable`] when that cannot be
/// determined.
pub fn discover(start: &Path, environment: &Environment) -> Result<Box<dyn Vcs>, VcsError> {
    let none = || VcsError::NoRepository(start.display().to_string());
    let start = std::fs::canonicalize(start).map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => none(),
        _ => unreadable(start, &error),
    })?;
    for folder in start.ancestors() {
        if metadata(&folder.join(".hg"))?.is_some_and(|found| found.is_dir()) {
            return Ok(Box::new(Hg::new(folder, environment)));
        }
        if metadata(&folder.join(".git"))?.is_some() {
            return Ok(Box::new(Git::new(folder, environment)));
        }
    }
    Err(none())
}

/// The metadata of a path; `None` if nothing exists there.
fn metadata(path: &Path) -> Result<Option<Metadata>, VcsError> {
    match std::fs::metadata(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) => match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Ok(None),
            _ => Err(unreadable(path, &error)),
        },
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> VcsError {
    VcsError::Unreadable {
        path: path.display().to_string(),
        why: error.to_string(),
    }
}
