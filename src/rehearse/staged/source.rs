//! The artifacts of a rehearsal, as staged tasks read them.

use std::sync::Arc;

use super::tasks::StagedTasks;
use crate::base::name::TaskId;
use crate::release::staged::STATE;
use crate::sandbox::ReadArtifact;
use crate::stage::source::{Artifact, PastRead, Source, SourceError, StateRead};
use crate::stage::state::MAX_STATE;
use crate::stage::trees::tree::Tree;

/// Reads from the sandbox.
pub struct Sandboxed<'r> {
    /// Reads an artifact of the latest run of a task.
    pub read: &'r ReadArtifact<'r>,
    /// The staged tasks of the release.
    pub tasks: &'r StagedTasks,
}

impl Sandboxed<'_> {
    /// An artifact in a folder that a simulated task uploads as a whole: what would be in there is only known
    /// when somebody asks for it.
    fn in_folder(&self, task: &TaskId, name: &str) -> Option<Arc<[u8]>> {
        let build = self.tasks.lock().simulated.get(task).cloned()?;
        if !build.folders.iter().any(|folder| name.starts_with(folder)) {
            return None;
        }
        self.tasks
            .builds
            .make(&build, name, self.read)
            .map(Arc::from)
    }
}

impl Source for Sandboxed<'_> {
    fn tree(&self) -> Option<&dyn Tree> {
        if self.tasks.lock().has_other_version {
            return None;
        }
        let tree = self.tasks.tree.as_deref()?;
        Some(tree)
    }

    fn artifact(&self, task: &TaskId, name: &str, limit: u64) -> Result<Artifact, SourceError> {
        let (task, name) = (task.clone(), name.to_owned());
        let uploaded = (self.read)(task.as_str(), &name);
        let uploaded = uploaded.map(|(_, content)| Arc::from(content.bytes.as_ref()));
        let Some(content) = uploaded.or_else(|| self.in_folder(&task, &name)) else {
            return Err(SourceError::Missing { task, name });
        };
        if content.len() as u64 > limit {
            return Err(SourceError::TooLarge { task, name, limit });
        }
        Ok(Artifact { content })
    }

    fn state(&self, task: &TaskId) -> StateRead {
        // A task that is run again has another state.
        let run = (self.read)(task.as_str(), STATE).map(|(run, _)| run);
        if let Some(known) = self.tasks.lock().states.get(task)
            && run == usize::try_from(known.run.run_id).ok()
        {
            return Ok(Arc::clone(known));
        }
        let state = self.artifact(task, STATE, MAX_STATE)?.state_of(task)?;
        let mut tasks = self.tasks.lock();
        tasks.states.insert(task.clone(), Arc::clone(&state));
        Ok(state)
    }

    fn past(&self, task: &TaskId, read: &dyn Fn() -> PastRead) -> PastRead {
        if let Some(known) = self.tasks.lock().past.get(task) {
            return known.clone();
        }
        let past = read();
        let mut tasks = self.tasks.lock();
        tasks.past.insert(task.clone(), past.clone());
        past
    }
}
