//! The project, as transforms see it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::phases::{FullTasks, Phases, vcs_diagnostic};
use super::remote::BlockingTaskcluster;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::{KindName, Label};
use crate::generate::trace::{Traces, trace, untraced};
use crate::kind::{KindDefinition, KindGraph};
use crate::model::task::Task;
use crate::ports::artifacts::Artifacts;
use crate::transform::context::{DockerContexts, Project, Remote, TrackedFiles};

/// Receives docker contexts as artifacts.
struct ContextArtifacts<'a>(&'a dyn Artifacts);

impl DockerContexts for ContextArtifacts<'_> {
    fn keep(&self, name: &str, tar_gz: &[u8]) -> Result<(), Diagnostic> {
        self.0
            .write(&format!("docker-contexts/{name}.tar.gz"), tar_gz)
    }
}

impl Phases<'_> {
    /// Calls `run` with the project.
    pub(super) fn with_project<T>(&self, run: impl FnOnce(&Project<'_>) -> T) -> T {
        let contexts = self.artifacts.map(ContextArtifacts);
        let remote = self.context.taskcluster.map(BlockingTaskcluster::new);
        let list = || match self.context.vcs {
            Some(vcs) => vcs
                .tracked_files(&[])
                .map_err(|error| vcs_diagnostic(&error)),
            None => Err(Diagnostic::environment(
                "cannot list tracked files: this is not a repository",
            )),
        };
        let tracked = TrackedFiles::new(&list);
        run(&Project {
            graph_config: self.graph_config,
            params: self.params,
            files: self.context.files,
            environment: self.context.environment,
            task_scripts: self.context.task_scripts,
            tracked: &tracked,
            docker_contexts: contexts
                .as_ref()
                .map(|contexts| contexts as &dyn DockerContexts),
            remote: remote.as_ref().map(|remote| remote as &dyn Remote),
            fast: self.context.fast,
        })
    }

    /// Generates the kinds of these tasks once more, and notes which steps have changed the dependencies of their
    /// tasks. A kind that fails this time is left out, with a warning.
    ///
    /// # Errors
    /// Every mistake in the files of the kinds.
    pub fn trace(&self, full: &FullTasks, labels: &[Label]) -> Outcome<Traces> {
        let kinds = self.kind_graph()?;
        let custom = self.custom(&kinds)?;
        let tasks = labels.iter().filter_map(|label| full.set.0.get(label));
        let named: BTreeSet<&KindName> = tasks.map(|task| &task.kind).collect();
        let mut traces = Traces::new();
        self.with_project(|project| {
            for kind in named.into_iter().filter_map(|name| kinds.get(name)) {
                let before = tasks_before(&kinds, kind, full);
                match trace(project, custom.as_ref(), kind, &before) {
                    Ok(traced) => traces.extend(traced),
                    Err(wrong) => wrong.iter().for_each(|why| untraced(kind, why)),
                }
            }
        });
        Ok(traces)
    }
}

/// The tasks of the kinds that a kind depends on, in the order of kinds.
fn tasks_before(kinds: &KindGraph, kind: &KindDefinition, full: &FullTasks) -> Vec<Arc<Task>> {
    let before = kinds.in_order().into_iter();
    let before = before.filter(|other| kind.dependencies.contains(&other.name));
    let tasks = before.flat_map(|kind| {
        let tasks = full.set.0.tasks();
        tasks.filter(|task| task.kind == kind.name).cloned()
    });
    tasks.collect()
}
