//! The repository of a staged task, cloned when the task first asks for something in it.

use std::sync::OnceLock;

use tempfile::TempDir;

use crate::ports::environment::Environment;
use crate::ports::vcs::{Contents, Tool, VcsError};
use crate::release::staged::Repository;
use crate::vcs::{GitClone, HgClone};

/// A clone that is made when it is needed, and removed with this.
pub struct TaskClone {
    tool: Tool,
    url: String,
    revision: String,
    environment: Environment,
    made: OnceLock<Result<Made, VcsError>>,
}

/// A clone, and the folder that it is in.
struct Made {
    clone: Box<dyn Contents>,
    _folder: TempDir,
}

impl TaskClone {
    /// A repository, of which the revision with this hash is needed; `None` if the program that reads it is not
    /// installed.
    pub fn new(repository: &Repository, revision: &str, environment: &Environment) -> Option<Self> {
        let mut tools = [Tool::Git, Tool::Hg].into_iter();
        let tool = tools.find(|tool| tool.name() == repository.tool)?;
        if tool == Tool::Hg && !HgClone::is_installed(environment) {
            return None;
        }
        Some(Self {
            tool,
            url: repository.url.clone(),
            revision: revision.to_owned(),
            environment: environment.clone(),
            made: OnceLock::new(),
        })
    }

    fn clone(&self) -> Result<&dyn Contents, VcsError> {
        let made = self.made.get_or_init(|| self.make());
        let made = made.as_ref().map(|made| made.clone.as_ref());
        made.map_err(Clone::clone)
    }

    fn make(&self) -> Result<Made, VcsError> {
        let folder = TempDir::with_prefix("snowman-").map_err(|error| VcsError::Unreadable {
            path: std::env::temp_dir().display().to_string(),
            why: error.to_string(),
        })?;
        let (url, revision, at) = (&self.url, &self.revision, folder.path());
        let clone: Box<dyn Contents> = match self.tool {
            Tool::Git => Box::new(GitClone::new(url, revision, at, &self.environment)?),
            Tool::Hg => Box::new(HgClone::new(url, revision, at, &self.environment)?),
        };
        Ok(Made {
            clone,
            _folder: folder,
        })
    }
}

impl Contents for TaskClone {
    fn file_at(&self, revision: &str, path: &str, limit: u64) -> Result<Option<Vec<u8>>, VcsError> {
        self.clone()?.file_at(revision, path, limit)
    }

    fn files_at(&self, revision: &str, folder: &str) -> Result<Vec<String>, VcsError> {
        self.clone()?.files_at(revision, folder)
    }

    fn branch_tip(&self, branch: &str) -> Result<Option<String>, VcsError> {
        self.clone()?.branch_tip(branch)
    }

    fn tag_target(&self, tag: &str) -> Result<Option<String>, VcsError> {
        self.clone()?.tag_target(tag)
    }
}
