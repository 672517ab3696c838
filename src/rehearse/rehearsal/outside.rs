//! Tasks outside of the rehearsal: completed ones in their place.

use super::super::external;
use super::Rehearsal;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::text::{list_some, plural};
use crate::base::value::Value;

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

    /// Creates the tasks that a decision or action task depends on and that the rehearsal has not created;
    /// returns a remark about them.
    pub(super) fn add_external_tasks(
        &self,
        task_id: &TaskId,
        definition: &Value,
    ) -> Outcome<Option<String>> {
        let needed = external::missing_dependencies(&self.sandbox, task_id, definition);
        let now = self.context.clock.now();
        for id in &needed {
            external::create_completed(&self.sandbox, &self.push, id, id.as_str(), &[], now)
                .map_err(|error| {
                    Diagnostic::bug(format!(
                        "cannot create the external task {id} in the sandbox"
                    ))
                    .because(error)
                })?;
        }
        if needed.is_empty() {
            return Ok(None);
        }
        let names: Vec<String> = needed.iter().map(ToString::to_string).collect();
        Ok(Some(format!(
            "the task depends on {} outside the rehearsal: {}",
            plural(names.len(), "task"),
            list_some(&names)
        )))
    }
}
