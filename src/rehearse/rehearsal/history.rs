//! What a release leaves to the next one in the same rehearsal.

use super::super::external::{self, ExternalArtifact};
use super::super::push::PUSHLOG_ID;
use super::Rehearsal;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::config::graph_config::GraphConfig;
use crate::ports::files::Files;
use crate::sandbox::ServiceError;
use crate::stage::history::HISTORY;

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
        let task_id = self.new_id(&origin);
        let (sandbox, push) = (&self.sandbox, &self.push);
        let now = self.context.clock.now();
        let artifact = ExternalArtifact {
            name: HISTORY,
            media_type: "application/gzip",
            content: bundle.write(),
        };
        external::create_with(
            sandbox,
            push,
            (&task_id, &origin),
            (&[], Some(artifact)),
            now,
        )
        .and_then(|()| self.forget_push())
        .map_err(|error| {
            Diagnostic::bug(format!("cannot keep {origin} as history")).because(error)
        })?;
        self.staged.end_release(task_id);
        Ok(())
    }

    /// Removes from the index what is found by the push. All releases of a rehearsal are of the revision that is
    /// checked out, where in reality each has one of its own, and the tasks of one are not found in the push of another.
    fn forget_push(&self) -> Result<(), ServiceError> {
        let revision = format!(".revision.{}.", self.push.head_rev);
        let number = format!(".pushlog-id.{PUSHLOG_ID}.");
        let state = self.sandbox.state();
        state.remove_index(|path| path.contains(&revision) || path.contains(&number))
    }
}
