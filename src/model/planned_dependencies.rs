//! What a task that is to be created depends on.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::base::name::{Label, TaskId};

/// The dependencies of a task that is to be created, by the name that the task has for each.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlannedDependencies {
    /// All of them, in this graph or older.
    pub all: Arc<BTreeMap<String, TaskId>>,
    /// The edges of the graph: those in this graph, except soft ones.
    pub edges: Arc<BTreeMap<String, TaskId>>,
    /// Those that its kind named, if a kind has generated the task.
    pub named: Option<Arc<IndexMap<String, Label>>>,
}

impl PlannedDependencies {
    /// Adds a task of this graph.
    pub fn add(&mut self, label: &Label, task_id: &TaskId) {
        let name = label.to_string();
        Arc::make_mut(&mut self.all).insert(name.clone(), task_id.clone());
        Arc::make_mut(&mut self.edges).insert(name.clone(), task_id.clone());
        if let Some(named) = &mut self.named {
            Arc::make_mut(named).insert(name, label.clone());
        }
    }
}

impl From<BTreeMap<String, TaskId>> for PlannedDependencies {
    /// The dependencies of a task that no kind has generated; each is an edge.
    fn from(ids: BTreeMap<String, TaskId>) -> Self {
        let all = Arc::new(ids);
        Self {
            edges: Arc::clone(&all),
            all,
            named: None,
        }
    }
}
