//! The repository of a staged task, cloned when the task first asks for something in it.

use std::sync::OnceLock;

use tempfile::TempDir;

use crate::ports::environment::Environment;
use crate::ports::vcs::{Contents, VcsError};
use crate::vcs::GitClone;

/// A clone that is made when it is needed, and removed with this.
pub struct TaskClone {
    url: String,
    revision: String,
    environment: Environment,
    made: OnceLock<Result<(TempDir, GitClone), VcsError>>,
}

impl TaskClone {
    /// The repository at an address, of which the revision with this hash is needed.
    pub fn new(url: &str, revision: &str, environment: &Environment) -> Self {
        Self {
            url: url.to_owned(),
            revision: revision.to_owned(),
            environment: environment.clone(),
            made: OnceLock::new(),
        }
    }

    fn clone(&self) -> Result<&GitClone, VcsError> {
        let made = self.made.get_or_init(|| self.make());
        made.as_ref().map(|(_, clone)| clone).map_err(Clone::clone)
    }

    fn make(&self) -> Result<(TempDir, GitClone), VcsError> {
        let folder = TempDir::with_prefix("snowman-").map_err(|error| VcsError::Unreadable {
            path: std::env::temp_dir().display().to_string(),
            why: error.to_string(),
        })?;
        let clone = GitClone::new(&self.url, &self.revision, folder.path(), &self.environment)?;
        Ok((folder, clone))
    }
}

impl Contents for TaskClone {
    fn file_at(&self, revision: &str, path: &str, limit: u64) -> Result<Option<Vec<u8>>, VcsError> {
        self.clone()?.file_at(revision, path, limit)
    }

    fn branch_tip(&self, branch: &str) -> Result<Option<String>, VcsError> {
        self.clone()?.branch_tip(branch)
    }

    fn tag_target(&self, tag: &str) -> Result<Option<String>, VcsError> {
        self.clone()?.tag_target(tag)
    }
}
