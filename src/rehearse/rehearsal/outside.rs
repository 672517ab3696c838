//! Tasks outside of the rehearsal: completed ones in their place.

use super::super::external;
use super::Rehearsal;
use crate::base::diagnostic::{Diagnostic, Outcome};

impl Rehearsal<'_> {
    /// Indexes a completed task at a path, as if another project had built it.
    ///
    /// # Errors
    /// When the path is not valid.
    pub fn add_indexed_task(&self, path: &str) -> Outcome<()> {
        let task_id = self.new_id(path);
        let now = self.context.clock.now();
        let routes = [format!("index.{path}")];
        external::create_completed(&self.sandbox, &self.push, &task_id, path, &routes, now)
            .map_err(|error| {
                Diagnostic::user(format!("cannot index a task at `{path}`")).because(error)
            })?;
        Ok(())
    }
}
