//! The tasks that simulated workers leave to the caller.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::task::Task;

/// Which tasks simulated workers leave to the caller, by their definitions.
pub type TaskFilter = Arc<dyn Fn(&Value) -> bool + Send + Sync>;

/// The tasks that are left, in any state; the filter is asked once for each task.
#[derive(Default)]
pub(super) struct LeftTasks {
    filter: Option<TaskFilter>,
    ids: BTreeSet<String>,
}

impl LeftTasks {
    pub(super) fn new(filter: TaskFilter) -> Self {
        Self {
            filter: Some(filter),
            ids: BTreeSet::new(),
        }
    }

    /// Adds a task if the filter chooses it.
    pub(super) fn add(&mut self, task: &Task) {
        let filter = self.filter.as_ref();
        if filter.is_some_and(|filter| filter(&task.definition.json)) {
            self.ids.insert(task.id.clone());
        }
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &String> {
        self.ids.iter()
    }
}

impl fmt::Debug for LeftTasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeftTasks").field("ids", &self.ids).finish()
    }
}
