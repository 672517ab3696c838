//! The results of the phases, from which tasks are explained.

use std::collections::BTreeMap;

use super::mentions::Mentions;
use crate::actions::recorded::RecordedGraph;
use crate::base::name::{KindName, Label, TaskId};
use crate::config::parameters::Parameters;
use crate::decision::FullTasks;
use crate::morph::MorphedTaskGraph;
use crate::optimize::OptimizedTaskGraph;
use crate::target::{TargetTaskGraph, TargetTaskSet};

/// The results of the phases.
#[derive(Clone, Copy)]
pub struct Graphs<'g> {
    /// The parameters.
    pub params: &'g Parameters,
    /// The full task graph.
    pub full: &'g FullTasks,
    /// The target task set.
    pub targets: &'g TargetTaskSet,
    /// The target task graph.
    pub target: &'g TargetTaskGraph,
    /// The optimized task graph.
    pub optimized: &'g OptimizedTaskGraph,
    /// The tasks that are added after optimization, if they matter.
    pub added: &'g AddedTasks,
    /// What the task that made the graph has recorded, if there is one.
    pub recorded: Option<&'g RecordedGraph>,
    /// The lines of its log, by label.
    pub mentions: &'g Mentions<'g>,
}

/// Tasks that no kind has generated: morphs add them to the optimized graph.
#[derive(Debug, Default)]
pub struct AddedTasks(BTreeMap<Label, AddedTask>);

/// A task that a morph has added.
#[derive(Debug)]
pub struct AddedTask {
    /// Its kind.
    pub kind: KindName,
    /// The labels that it depends on, by name.
    pub dependencies: Vec<(String, Label)>,
}

impl AddedTasks {
    /// The tasks of the morphed graph that are not in the optimized one.
    #[must_use]
    pub fn new(optimized: &OptimizedTaskGraph, morphed: &MorphedTaskGraph) -> Self {
        let labels = morphed.label_to_taskid.iter();
        let labels: BTreeMap<&TaskId, &Label> = labels.map(|(label, id)| (id, label)).collect();
        let added = morphed.graph.tasks();
        let added = added.filter(|task| !optimized.label_to_taskid.contains_key(&task.label));
        let added = added.map(|task| {
            let dependencies = task.dependencies.all.iter();
            let dependencies = dependencies
                .filter_map(|(name, id)| Some((name.clone(), (*labels.get(id)?).clone())));
            let task_added = AddedTask {
                kind: task.kind.clone(),
                dependencies: dependencies.collect(),
            };
            (task.label.clone(), task_added)
        });
        Self(added.collect())
    }

    /// The task with this label.
    #[must_use]
    pub fn get(&self, label: &Label) -> Option<&AddedTask> {
        self.0.get(label)
    }
}
