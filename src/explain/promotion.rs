//! What earlier graphs have to do with a task of a promotion.

use super::graphs::Graphs;
use crate::base::name::TaskId;
use crate::base::value::Value;
use crate::model::task::Task;
use crate::optimize::evidence::Replacing;
use crate::optimize::{Action, Verdict};

/// What the parameter `existing_tasks` has to do with a task.
#[derive(Debug, PartialEq, Eq)]
pub struct Reuse {
    /// The task that `existing_tasks` has for the label.
    pub listed: Option<TaskId>,
    /// The graph that created this task, and its revision, if a promotion has recorded it.
    pub origin: Option<(TaskId, String)>,
    /// The earlier graphs that have the label, in order, each with its task: the last one counts.
    pub graphs: Vec<(TaskId, TaskId)>,
    /// Why `existing_tasks` does not have the label.
    pub unlisted: Option<Unlisted>,
    /// Whether the task is created although an earlier graph has it.
    pub rebuilt: bool,
}

/// Why `existing_tasks` does not have a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlisted {
    /// `do_not_optimize` lists it.
    DoNotOptimize,
    /// `rebuild_kinds` lists its kind.
    RebuildKinds,
    /// No earlier graph has it.
    NoGraph,
    /// The earlier graphs are not known.
    Unknown,
}

/// What `existing_tasks` has to do with a task; `None` if it is empty, so that nothing is promoted.
pub fn reuse(graphs: Graphs<'_>, task: &Task, verdict: &Verdict) -> Option<Reuse> {
    let existing = graphs
        .params
        .get("existing_tasks")
        .and_then(Value::as_object);
    let existing = existing.filter(|existing| !existing.is_empty())?;
    let label = &task.label;
    let listed = existing.get(label.as_str()).and_then(Value::as_str);
    let listed = listed.and_then(|id| TaskId::parse(id).ok());
    let recorded = graphs.recorded;
    let earlier = recorded.map_or(&[][..], |recorded| &recorded.previous);
    let having = earlier.iter().filter_map(|graph| {
        let task_id = graph.label_to_taskid.as_ref()?.get(label)?;
        Some((graph.id.clone(), task_id.clone()))
    });
    let having: Vec<(TaskId, TaskId)> = having.collect();
    let are_known =
        !earlier.is_empty() && earlier.iter().all(|graph| graph.label_to_taskid.is_some());
    let rebuilt_kinds = recorded.and_then(|recorded| recorded.rebuild_kinds.as_ref());
    let of_kind = |kinds: &Vec<String>| kinds.iter().any(|kind| kind == task.kind.as_str());
    let do_not_optimize = graphs.params.strings("do_not_optimize");
    let unlisted = match &listed {
        Some(_) => None,
        None if do_not_optimize.contains(&label.as_str()) => Some(Unlisted::DoNotOptimize),
        None if are_known && having.is_empty() => Some(Unlisted::NoGraph),
        None if rebuilt_kinds.is_some_and(of_kind) => Some(Unlisted::RebuildKinds),
        None => Some(Unlisted::Unknown),
    };
    let was_there = listed.is_some() || !having.is_empty();
    let is_reused = matches!(verdict.replacing, Some(Replacing::Existing(_)));
    Some(Reuse {
        rebuilt: was_there && !is_reused && verdict.action == Action::Kept,
        origin: recorded
            .filter(|_| is_reused)
            .and_then(|recorded| recorded.origin(label)),
        listed,
        graphs: having,
        unlisted,
    })
}
