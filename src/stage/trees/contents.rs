//! The tree of a release, as a version control system holds it.

use super::tree::{HEAD, MAX_FILE, Tree, TreeError};
use crate::ports::vcs::{Contents, VcsError};

/// A repository at the revision that the release is made of.
pub struct Repository<C> {
    contents: C,
    head: String,
}

impl<C: Contents> Repository<C> {
    /// The tree at `head`.
    pub fn new(contents: C, head: impl Into<String>) -> Self {
        Self {
            contents,
            head: head.into(),
        }
    }

    fn revision<'a>(&'a self, revision: &'a str) -> &'a str {
        match revision {
            HEAD => &self.head,
            named => named,
        }
    }
}

impl<C: Contents> Tree for Repository<C> {
    fn file(&self, revision: &str, path: &str) -> Result<Option<String>, TreeError> {
        let no_text = || TreeError::NoText(path.to_owned());
        match self.content(revision, path) {
            Ok(None) => Ok(None),
            Ok(Some(content)) => String::from_utf8(content).map(Some).map_err(|_| no_text()),
            Err(TreeError::TooLarge(_)) => Err(no_text()),
            Err(error) => Err(error),
        }
    }

    fn content(&self, revision: &str, path: &str) -> Result<Option<Vec<u8>>, TreeError> {
        let revision = self.revision(revision);
        let read = self.contents.file_at(revision, path, MAX_FILE as u64);
        read.map_err(|error| match error {
            VcsError::NoRevision(revision) => TreeError::Revision(revision),
            VcsError::TooLarge { path, .. } => TreeError::TooLarge(path),
            error => unreadable(&error),
        })
    }

    fn files(&self, revision: &str, folder: &str) -> Result<Vec<String>, TreeError> {
        let listed = self.contents.files_at(self.revision(revision), folder);
        listed.map_err(|error| match error {
            VcsError::NoRevision(revision) => TreeError::Revision(revision),
            error => unreadable(&error),
        })
    }

    fn head(&self, branch: &str) -> Result<String, TreeError> {
        let tip = self.contents.branch_tip(branch);
        let tip = tip.map_err(|error| unreadable(&error))?;
        tip.ok_or_else(|| TreeError::Branch(branch.to_owned()))
    }

    fn tag(&self, name: &str) -> Result<Option<String>, TreeError> {
        let target = self.contents.tag_target(name);
        target.map_err(|error| unreadable(&error))
    }
}

fn unreadable(error: &VcsError) -> TreeError {
    TreeError::Unreadable(error.reason())
}
