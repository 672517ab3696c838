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
        let read = self
            .contents
            .file_at(self.revision(revision), path, MAX_FILE as u64);
        let no_text = || TreeError::NoText(path.to_owned());
        match read {
            Ok(None) => Ok(None),
            Ok(Some(content)) => String::from_utf8(content).map(Some).map_err(|_| no_text()),
            Err(VcsError::NoRevision(revision)) => Err(TreeError::Revision(revision)),
            Err(VcsError::TooLarge { .. }) => Err(no_text()),
            Err(error) => Err(unreadable(&error)),
        }
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
