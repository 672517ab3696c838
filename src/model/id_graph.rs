//! The graph of tasks by taskId, with references resolved: what is created on the queue.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::planned_dependencies::PlannedDependencies;
use super::task::{Fields, Provenance};
use crate::base::dag::Dag;
use crate::base::json::{Entries, ToJson, value_of};
use crate::base::name::{KindName, Label, TaskId};
use crate::base::value::{Object, Value};

/// A task that is to be created.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedTask {
    /// Its taskId.
    pub task_id: TaskId,
    /// Its kind.
    pub kind: KindName,
    /// Its label.
    pub label: Label,
    /// What it does, in words.
    pub description: String,
    /// Its attributes.
    pub attributes: Object,
    /// The definition; only dates are still relative.
    pub task: Object,
    /// The optimization strategy that it was kept under.
    pub optimization: Value,
    /// The tasks that it depends on.
    pub dependencies: PlannedDependencies,
    /// The soft dependencies that its kind named.
    pub soft_dependencies: Vec<Label>,
    /// The dependencies of which at least one runs.
    pub if_dependencies: Vec<Label>,
    /// Where it comes from.
    pub provenance: Arc<Provenance>,
}

impl ToJson for PlannedTask {
    /// As the peer writes it in `task-graph.json`.
    fn to_json(&self) -> Value {
        let dependencies = self.dependencies.all.iter();
        let fields = Fields {
            kind: &self.kind,
            label: &self.label,
            description: &self.description,
            attributes: &self.attributes,
            dependencies: dependencies.map(|(name, to)| (name.as_str(), to)).collect(),
            soft_dependencies: &self.soft_dependencies,
            if_dependencies: &self.if_dependencies,
            optimization: &self.optimization,
            task: &self.task,
        };
        let mut fields = fields.object();
        fields.insert("task_id", &self.task_id);
        fields.into()
    }
}

/// Tasks by taskId. Clones share their tasks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IdGraph {
    tasks: BTreeMap<TaskId, Arc<PlannedTask>>,
}

impl Entries for IdGraph {
    type Item = PlannedTask;

    fn entries(&self) -> Vec<(&str, &PlannedTask)> {
        let tasks = self.tasks.iter();
        tasks
            .map(|(id, task)| (id.as_str(), task.as_ref()))
            .collect()
    }
}

impl IdGraph {
    /// A graph of these tasks.
    pub fn new(tasks: impl IntoIterator<Item = PlannedTask>) -> Self {
        Self::default().and(tasks)
    }

    /// The tasks, by taskId.
    pub fn tasks(&self) -> impl ExactSizeIterator<Item = &PlannedTask> {
        self.tasks.values().map(Arc::as_ref)
    }

    /// The task of an id.
    #[must_use]
    pub fn get(&self, task_id: &TaskId) -> Option<&PlannedTask> {
        self.tasks.get(task_id).map(Arc::as_ref)
    }

    /// How many tasks there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether there is no task.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// The edges between the tasks of this graph, each leading to a dependency.
    #[must_use]
    pub fn dag(&self) -> Dag<TaskId> {
        let edges = self.tasks.values().flat_map(|task| {
            let dependencies = &task.dependencies;
            dependencies
                .all
                .values()
                .map(|to| (task.task_id.clone(), to.clone()))
        });
        Dag::new(self.tasks.keys().cloned(), edges)
    }

    /// The graph with more tasks.
    #[must_use]
    pub fn and(mut self, tasks: impl IntoIterator<Item = PlannedTask>) -> Self {
        let mut tasks: Vec<_> = tasks
            .into_iter()
            .map(|task| (task.task_id.clone(), Arc::new(task)))
            .collect();
        // Building a map from sorted entries is faster.
        tasks.par_sort_by(|(one, _), (other, _)| one.cmp(other));
        self.tasks.extend(tasks);
        self
    }

    /// The graph with the tasks replaced for which `change` returns another one.
    #[must_use]
    pub fn changed(mut self, mut change: impl FnMut(&PlannedTask) -> Option<PlannedTask>) -> Self {
        for task in self.tasks.values_mut() {
            if let Some(changed) = change(task) {
                *task = Arc::new(changed);
            }
        }
        self
    }

    /// The same tasks, with only the edges of the graph as their dependencies.
    #[must_use]
    pub fn with_edges_alone(self) -> Self {
        self.changed(|task| {
            let dependencies = &task.dependencies;
            (dependencies.all != dependencies.edges).then(|| PlannedTask {
                dependencies: PlannedDependencies {
                    all: Arc::clone(&dependencies.edges),
                    ..dependencies.clone()
                },
                ..task.clone()
            })
        })
    }

    /// The graph as the peer writes it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        value_of(self)
    }
}
