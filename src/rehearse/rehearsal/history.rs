//! What a release leaves to the next one in the same rehearsal.

use super::super::external::{self, ExternalArtifact};
use super::super::known::Known;
use super::Rehearsal;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::time::Span;
use crate::config::graph_config::GraphConfig;
use crate::ports::files::Files;
use crate::sandbox::ServiceError;
use crate::stage::history::{Bundle, HISTORY};

impl<'a> Rehearsal<'a> {
    /// Begins a release of these files, with this configuration, which may build on those before it, and may have
    /// another version than what is checked out.
    pub fn begin_release(
        &mut self,
        files: &'a dyn Files,
        graph_config: &'a GraphConfig,
        builds_on_others: bool,
        has_other_version: bool,
    ) {
        self.context.files = files;
        self.graph_config = graph_config;
        self.outputs.clear();
        self.staged
            .begin_release(builds_on_others, has_other_version);
    }

    /// Makes the release that was rehearsed the history of the next ones.
    ///
    /// # Errors
    /// When the state of a task cannot be read, or the sandbox refuses the result.
    pub fn end_release(&mut self, version: &str) -> Outcome<()> {
        let origin = format!("the rehearsed release {version}");
        let bundle = self.staged.bundle(&self.sandbox, self.graphs(), &origin)?;
        let task_id = self.add_bundle(&bundle, Span::seconds(0))?;
        self.staged.end_release(task_id);
        Ok(())
    }

    /// Makes what a file of the project knows the history of every release; of those that are rehearsed first only
    /// what belongs to no release.
    ///
    /// # Errors
    /// When the sandbox refuses it.
    pub fn add_known(&mut self, known: &Known, is_alone: bool) -> Outcome<()> {
        // Readers of the folder take histories in the order of their creation.
        let settings = match is_alone {
            true => None,
            false => Some(self.add_bundle(&known.settings(), Span::seconds(-2))?),
        };
        let all = self.add_bundle(&known.bundle, Span::seconds(-1))?;
        self.staged.add_known(settings, all);
        Ok(())
    }

    /// Whether the complete updates of a release that a file of the project knows can be read: an earlier rehearsal in
    /// the same folder has made them.
    pub fn has_updates(&self, known: &Known, product: &str, version: &str) -> bool {
        let state = self.sandbox.state();
        let is_there = |(task, name): &(&str, &str)| state.artifact(task, None, name).is_some();
        let updates = known.updates(product, version);
        updates.is_some_and(|updates| updates.iter().all(is_there))
    }

    /// Keeps a bundle as the artifact of a task that was created so long after now. What comes then is a release of its
    /// own.
    fn add_bundle(&self, bundle: &Bundle, after: Span) -> Outcome<TaskId> {
        let origin = bundle.origin.as_str();
        let task_id = self.new_id(origin);
        let (sandbox, push) = (&self.sandbox, &self.push);
        let now = self.context.clock.now().plus(after);
        let artifact = ExternalArtifact {
            name: HISTORY,
            media_type: "application/gzip",
            content: bundle.write(),
        };
        external::create_with(
            sandbox,
            push,
            (&task_id, origin),
            (&[], Some(artifact)),
            now,
        )
        .and_then(|()| self.forget_push())
        .map_err(|error| {
            Diagnostic::bug(format!("cannot keep {origin} as history")).because(error)
        })?;
        Ok(task_id)
    }

    /// Removes from the index what is found by the push. All releases of a rehearsal are of the revision that is
    /// checked out, where in reality each has one of its own, and the tasks of one are not found in the push of another.
    fn forget_push(&self) -> Result<(), ServiceError> {
        let revision = format!(".revision.{}.", self.push.head_rev);
        let number = format!(".pushlog-id.{}.", self.push.pushlog_id());
        let state = self.sandbox.state();
        state.remove_index(|path| path.contains(&revision) || path.contains(&number))
    }
}
