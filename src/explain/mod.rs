//! Why a task is in a graph or not: what each phase has found about it.
//!
//! Input: the results of the phases, with the evidence that they have recorded. Output: an
//! [`Explanation`] for a label. Nothing is computed again here: the phases say what they found, and this
//! room collects it, follows it from task to task, and shows it as [text](text) or [JSON](json).

mod graphs;
pub mod json;
mod mentions;
mod optimization;
mod promotion;
mod selection;
pub mod text;

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome, Place};
use crate::base::name::{KindName, Label, TaskId};
use crate::base::suggest;
use crate::decision::FullTasks;
use crate::generate::trace::Trace;
use crate::model::edge_trail::{EdgeChange, EdgeList};
use crate::model::task::Task;
use crate::optimize::Action;
use graphs::AddedTask;

pub use graphs::{AddedTasks, Graphs};
pub use mentions::Mentions;
pub use optimization::{Cause, Optimization};
pub use promotion::{Reuse, Unlisted};
pub use selection::{Applied, Exclusion, Link, Selection};

/// Why a task is in a graph or not.
#[derive(Debug)]
pub struct Explanation {
    /// Its label.
    pub label: Label,
    /// Its kind.
    pub kind: KindName,
    /// Where it is written.
    pub place: Option<Place>,
    /// What becomes of it.
    pub result: Fate,
    /// Why it is a target or not.
    pub selection: Selection,
    /// What optimization has found; `None` if it is not in the target task graph.
    pub optimization: Option<Optimization>,
    /// What it depends on.
    pub edges: Vec<Edge>,
    /// What the task that made the graph has recorded, if there is one.
    pub recorded: Option<Recorded>,
}

/// What the task that made a graph has recorded about one of its tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The taskId of the label in that graph.
    pub task_id: Option<TaskId>,
    /// The lines of its log of optimization.
    pub log: Vec<String>,
}

/// What becomes of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is created.
    Created,
    /// Optimization removes it.
    Removed,
    /// An existing task replaces it.
    Replaced(TaskId),
    /// It is not in the target task graph.
    NotTarget,
    /// A morph adds it to the optimized graph.
    Added,
}

/// Something that a task depends on.
#[derive(Debug)]
pub struct Edge {
    /// The list that has it.
    pub list: EdgeList,
    /// Its name in that list.
    pub name: String,
    /// The task.
    pub to: Label,
    /// What has added and changed it, in order; `None` if that was not recorded.
    pub changes: Option<Vec<EdgeChange>>,
}

/// Finds the tasks with these labels.
///
/// # Errors
/// Every label that no task has.
pub fn find(full: &FullTasks, added: &AddedTasks, names: &[String]) -> Outcome<Vec<Label>> {
    let mut wrong = Diagnostics::new();
    let mut labels: Vec<Label> = Vec::new();
    for name in names {
        let label = Label::parse(name).ok();
        let exists =
            |label: &Label| full.graph.0.get(label).is_some() || added.get(label).is_some();
        match label.filter(exists) {
            Some(label) if labels.contains(&label) => {}
            Some(label) => labels.push(label),
            None => {
                let message = format!("no task has the label `{name}`");
                wrong.push(Diagnostic::user(message).help(hint(full, name)));
            }
        }
    }
    wrong.or_ok(labels)
}

/// The most labels that a hint names.
const SUGGESTED: usize = 3;

/// The `help:` for a name that is no label: labels that are near, or that have it in them.
fn hint(full: &FullTasks, name: &str) -> String {
    let known = || full.graph.0.labels().map(Label::as_str);
    let mut near: Vec<&str> = suggest::nearest(name, known()).into_iter().collect();
    let mut having: Vec<&str> = known().filter(|label| label.contains(name)).collect();
    having.sort_unstable_by_key(|label| (label.len(), *label));
    having.retain(|label| !near.contains(label));
    near.extend(having);
    near.truncate(SUGGESTED);
    match near.split_last() {
        None => "`snowman full` lists the labels of all tasks".to_owned(),
        Some((only, [])) => format!("did you mean `{only}`?"),
        Some((last, others)) => {
            format!("did you mean `{}` or `{last}`?", others.join("`, `"))
        }
    }
}

/// Explains a task. `trace` has what was noted when its kind was generated once more.
///
/// # Errors
/// When no task has this label.
pub fn explain(
    graphs: Graphs<'_>,
    label: &Label,
    trace: Option<&Trace>,
) -> Result<Explanation, Diagnostic> {
    let Some(task) = graphs.full.graph.0.get(label) else {
        return match graphs.added.get(label) {
            Some(task) => Ok(added(graphs, label, task)),
            None => Err(Diagnostic::user(format!("no task has the label `{label}`"))),
        };
    };
    let verdict = graphs.optimized.verdicts.get(label);
    let result = match verdict.map(|verdict| &verdict.action) {
        Some(Action::Kept) => Fate::Created,
        Some(Action::Removed) => Fate::Removed,
        Some(Action::Replaced(task_id)) => Fate::Replaced(task_id.clone()),
        None => Fate::NotTarget,
    };
    let place = task.provenance.place.clone();
    Ok(Explanation {
        label: label.clone(),
        kind: task.kind.clone(),
        place: place.or_else(|| trace?.place.clone()),
        result,
        selection: selection::explain(graphs, task),
        optimization: verdict.map(|verdict| optimization::explain(graphs, task, verdict)),
        edges: edges(task, trace.map(|trace| trace.changes.as_slice())),
        recorded: recorded(graphs, label),
    })
}

/// What the task that made the graph has recorded about a task.
fn recorded(graphs: Graphs<'_>, label: &Label) -> Option<Recorded> {
    let recorded = graphs.recorded?;
    let lines = graphs.mentions.of(label);
    Some(Recorded {
        task_id: recorded.label_to_taskid.get(label).cloned(),
        log: lines.map(str::to_owned).collect(),
    })
}

/// Explains a task that a morph has added.
fn added(graphs: Graphs<'_>, label: &Label, task: &AddedTask) -> Explanation {
    let edges = task.dependencies.iter().map(|(name, to)| Edge {
        list: EdgeList::Dependencies,
        name: name.clone(),
        to: to.clone(),
        changes: None,
    });
    Explanation {
        label: label.clone(),
        kind: task.kind.clone(),
        place: None,
        result: Fate::Added,
        selection: Selection::default(),
        optimization: None,
        edges: edges.collect(),
        recorded: recorded(graphs, label),
    }
}

/// What a task depends on.
fn edges(task: &Task, changes: Option<&[EdgeChange]>) -> Vec<Edge> {
    let named = task.dependencies.iter();
    let named = named.map(|(name, to)| (EdgeList::Dependencies, name.clone(), to));
    let listed = |list, labels: &'_ [Label]| -> Vec<(EdgeList, String, Label)> {
        let labels = labels.iter();
        labels
            .map(|to| (list, to.to_string(), to.clone()))
            .collect()
    };
    let named = named.map(|(list, name, to)| (list, name, to.clone()));
    let soft = listed(EdgeList::Soft, &task.soft_dependencies);
    let only_if = listed(EdgeList::If, &task.if_dependencies);
    let all = named.chain(soft).chain(only_if);
    all.map(|(list, name, to)| {
        let own = |change: &&EdgeChange| change.list == list && change.name == name;
        Edge {
            changes: changes.map(|changes| changes.iter().filter(own).cloned().collect()),
            list,
            name,
            to,
        }
    })
    .collect()
}
