//! Artifacts of the queue, for staged tasks.

use std::sync::Arc;

use tokio::runtime::{Handle, Runtime};

use super::clone::TaskClone;
use crate::base::name::TaskId;
use crate::ports::environment::Environment;
use crate::ports::taskcluster::{TOO_LARGE, Taskcluster};
use crate::release::staged::Staged;
use crate::stage::source::{Artifact, Source, SourceError};
use crate::stage::trees::contents::Repository;
use crate::stage::trees::tree::Tree;
use crate::taskcluster::Client;

/// How many requests a staged task makes at once.
const REQUESTS: usize = 16;

/// Reads artifacts from the queue. It must not be used by threads that run asynchronous code.
pub struct Queue {
    runtime: Handle,
    taskcluster: Client,
    tree: Option<Repository<TaskClone>>,
}

impl Queue {
    /// A source of artifacts.
    pub fn new(runtime: &Runtime, taskcluster: Client) -> Self {
        Self {
            runtime: runtime.handle().clone(),
            taskcluster,
            tree: None,
        }
    }

    /// The same source with the repository that a staged task names; it is cloned when somebody asks for it.
    #[must_use]
    pub fn with_repository_of(mut self, staged: &Staged, environment: &Environment) -> Self {
        let named = staged.repository.as_ref();
        let revision = &staged.release.revision;
        let clone = named.and_then(|named| TaskClone::new(named, revision, environment));
        self.tree = clone.map(|clone| Repository::new(clone, revision));
        self
    }
}

impl Source for Queue {
    fn tree(&self) -> Option<&dyn Tree> {
        let tree = self.tree.as_ref()?;
        Some(tree)
    }

    fn readers(&self) -> usize {
        REQUESTS
    }

    fn artifact(&self, task: &TaskId, name: &str, limit: u64) -> Result<Artifact, SourceError> {
        let read = self.taskcluster.artifact_within(task, name, limit);
        let read = self.runtime.block_on(read);
        let (task, name) = (task.clone(), name.to_owned());
        match read {
            Ok(content) => Ok(Artifact {
                content: Arc::from(content),
            }),
            Err(error) if error.status == Some(TOO_LARGE) => {
                Err(SourceError::TooLarge { task, name, limit })
            }
            Err(error) if error.status == Some(404) => Err(SourceError::Missing { task, name }),
            Err(error) => Err(SourceError::Unreadable {
                task,
                name,
                why: error.to_string(),
            }),
        }
    }
}
