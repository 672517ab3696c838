//! Repositories, asked by running `git` and `hg`.
//!
//! Programs get their arguments as lists, never through a shell. Revisions and refs that a user may
//! have written are checked before and stand after the end of the options. The
//! environment is the one handed in, without what would lead the programs to another repository,
//! another language or a question to the user, and without Taskcluster's secrets.
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

use crate::base::file_name;
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
/// [`VcsError::NoRepository`] when there is none, [`VcsError::Unreadable`] when that cannot be
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

/// The file names in a program's output, each terminated by `end`.
fn names(written: &[u8], end: u8) -> Vec<String> {
    // A git log has an empty line for each commit, before its names.
    let names: Vec<String> = written
        .split(|byte| *byte == end)
        .map(|name| {
            let lines = name.iter().take_while(|byte| **byte == b'\n').count();
            &name[lines..]
        })
        .filter(|name| !name.is_empty())
        .map(|name| file_name::text(name).into_owned())
        .collect();
    if let Some(odd) = file_name::quoted_of(names.iter().map(String::as_str)) {
        tracing::warn!(
            "there are file names that are not UTF-8, written as git quotes them: {odd}"
        );
    }
    names
}
