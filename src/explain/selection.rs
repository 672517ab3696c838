//! Why a task is in the target task graph or not.

use std::collections::{BTreeMap, VecDeque};

use super::graphs::Graphs;
use crate::base::name::Label;
use crate::model::task::Task;
use crate::target::condition::Compared;
use crate::target::{FilterRun, Requested};

/// Why a task is in the target task graph or not.
#[derive(Debug, Default)]
pub struct Selection {
    /// Why it is selected itself, if it is.
    pub requested: Option<Requested>,
    /// The filters that keep it, with the conditions that it meets.
    pub kept_by: Vec<Kept>,
    /// What excludes it, if a filter does.
    pub excluded: Option<Exclusion>,
    /// The shortest way to it from a task that is selected itself, if it is not: each step is a
    /// dependency of the task before it. Empty if it is selected itself, or not in the graph at all.
    pub path: Vec<Link>,
}

/// A filter that keeps a task.
#[derive(Debug)]
pub struct Kept {
    /// The filter.
    pub filter: Applied,
    /// The conditions that the task meets.
    pub conditions: Vec<Compared>,
}

/// The filter that excludes a task.
#[derive(Debug)]
pub struct Exclusion {
    /// The filter.
    pub filter: Applied,
    /// The condition that the task does not meet; `None` if the project's Python decides.
    pub condition: Option<Compared>,
}

/// A filter that was applied.
#[derive(Debug)]
pub struct Applied {
    /// Its name.
    pub name: String,
    /// The target-tasks method, if it applies one.
    pub method: Option<String>,
    /// Its function, if the project's Python has it: `NAME at FILE:LINE`.
    pub function: Option<String>,
}

impl Applied {
    fn of(run: &FilterRun) -> Self {
        Self {
            name: run.name.clone(),
            method: run.method.clone(),
            function: run.function.clone(),
        }
    }
}

/// A dependency on the way to a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The task that depends.
    pub from: Label,
    /// The name of the dependency.
    pub name: String,
    /// The task that it depends on.
    pub to: Label,
}

/// Explains why a task is in the target task graph or not.
pub fn explain(graphs: Graphs<'_>, task: &Task) -> Selection {
    let label = &task.label;
    let requested = graphs.target.requested.get(label).copied();
    let mut kept_by = Vec::new();
    let mut excluded = None;
    for run in &graphs.targets.filters {
        let filter = Applied::of(run);
        let compared = |condition| compared(graphs, task, condition);
        match run.excluded.iter().find(|(other, _)| other == label) {
            Some((_, condition)) => {
                excluded = Some(Exclusion {
                    filter,
                    condition: condition.map(compared),
                });
                break;
            }
            None => kept_by.push(Kept {
                filter,
                conditions: run.conditions.iter().copied().map(compared).collect(),
            }),
        }
    }
    Selection {
        requested,
        kept_by,
        excluded,
        path: match requested {
            Some(_) => Vec::new(),
            None => path_to(graphs, label),
        },
    }
}

fn compared(graphs: Graphs<'_>, task: &Task, condition: crate::target::Condition) -> Compared {
    condition.of_task(task, graphs.params)
}

/// The shortest way from a selected task to this one; of equally short ones, that over the smallest labels.
fn path_to(graphs: Graphs<'_>, label: &Label) -> Vec<Link> {
    let dag = graphs.target.graph.dag();
    // For each task that was reached, the next one on the way to `label`.
    let mut next: BTreeMap<&Label, Option<&Label>> = BTreeMap::from([(label, None)]);
    let mut queue = VecDeque::from([label]);
    while let Some(reached) = queue.pop_front() {
        if graphs.target.requested.contains_key(reached) {
            return links(graphs, reached, &next);
        }
        let mut dependents = dag.dependents(reached);
        dependents.sort_unstable();
        for dependent in dependents {
            if !next.contains_key(dependent) {
                next.insert(dependent, Some(reached));
                queue.push_back(dependent);
            }
        }
    }
    Vec::new()
}

fn links<'g>(
    graphs: Graphs<'_>,
    start: &'g Label,
    next: &BTreeMap<&'g Label, Option<&'g Label>>,
) -> Vec<Link> {
    let mut links = Vec::new();
    let mut from = start;
    while let Some(Some(to)) = next.get(from) {
        let task = graphs.target.graph.get(from);
        let mut named = task.into_iter().flat_map(|task| task.dependencies.iter());
        let name = named.find(|(_, other)| other == to);
        links.push(Link {
            from: from.clone(),
            name: name.map_or_else(String::new, |(name, _)| name.clone()),
            to: (*to).clone(),
        });
        from = to;
    }
    links
}
