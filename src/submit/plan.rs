//! The tasks to create, in order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::base::dag::{Cycle, Dag};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{KindName, Label, TaskId};
use crate::base::time::Timestamp;
use crate::base::value::{Value, type_name};
use crate::model::id_graph::{IdGraph, PlannedTask};
use crate::model::reference::{ReferenceError, resolve_dates};
use crate::model::task::Provenance;
use crate::ports::ids::DerivedIds;

/// What the tasks of a plan have in common.
#[derive(Debug, Clone)]
pub struct PlanOptions<'a> {
    /// The decision task, whose id is also the id of the task group.
    pub decision_task_id: TaskId,
    /// The `schedulerId`, which is `<trust-domain>-level-<level>`.
    pub scheduler_id: String,
    /// The taskIds, for duplicates.
    pub ids: &'a DerivedIds,
}

/// A task to create.
#[derive(Debug, Clone, PartialEq)]
pub struct Creation {
    /// Its id.
    pub task_id: TaskId,
    /// Its label; duplicates share it.
    pub label: Label,
    /// Its kind.
    pub kind: KindName,
    /// 0 for the task itself, and 1 and up for its duplicates.
    pub copy: usize,
    /// Its definition, with relative dates.
    pub definition: Value,
    /// The tasks of the plan that must exist first.
    pub after: BTreeSet<TaskId>,
    /// Its origin, for messages.
    pub provenance: Arc<Provenance>,
}

impl Creation {
    /// Names this task in a diagnostic.
    #[must_use]
    pub fn about(&self, diagnostic: Diagnostic) -> Diagnostic {
        diagnostic
            .in_kind(&self.kind)
            .in_task(self.label.as_str())
            .at(self.provenance.place.clone())
    }
}

/// Tasks in an order in which each task comes after its dependencies.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    creations: Vec<Creation>,
}

impl Plan {
    /// Creates a plan of tasks that are already in order.
    #[must_use]
    pub fn new(creations: Vec<Creation>) -> Self {
        Self { creations }
    }

    /// Returns the tasks, dependencies first.
    #[must_use]
    pub fn creations(&self) -> &[Creation] {
        &self.creations
    }

    /// Returns the number of tasks, including duplicates.
    #[must_use]
    pub fn len(&self) -> usize {
        self.creations.len()
    }

    /// Returns whether the plan has no tasks.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.creations.is_empty()
    }

    /// Returns the plan without tasks that already exist.
    #[must_use]
    pub fn without(mut self, existing: &BTreeSet<TaskId>) -> Self {
        self.creations
            .retain(|creation| !existing.contains(&creation.task_id));
        for creation in &mut self.creations {
            creation.after.retain(|id| !existing.contains(id));
        }
        self
    }
}

/// Plans the creation of every task of `graph`.
///
/// A task without a dependency in the graph also depends on the decision task. The attribute
/// `task_duplicates` says how many copies of a task are created.
///
/// # Errors
/// Dependencies that are not a list of taskIds, dates that cannot be resolved, and circular
/// dependencies.
pub fn plan(graph: &IdGraph, options: &PlanOptions<'_>) -> Outcome<Plan> {
    let mut wrong = Diagnostics::new();
    let mut definitions: BTreeMap<&TaskId, (Value, BTreeSet<TaskId>)> = BTreeMap::new();
    for task in graph.tasks() {
        match complete(task, graph, options) {
            Ok(completed) => {
                definitions.insert(&task.task_id, completed);
            }
            Err(diagnostic) => wrong.push(about(task, diagnostic)),
        }
    }
    wrong.or_ok(())?;

    let edges = definitions.iter().flat_map(|(id, (_, after))| {
        let from = (*id).clone();
        after.iter().map(move |to| (from.clone(), to.clone()))
    });
    let dag = Dag::new(definitions.keys().map(|id| (*id).clone()), edges);
    let order = dag
        .dependencies_first()
        .map_err(|cycle| circular(graph, &cycle))?;

    let mut creations = Vec::with_capacity(order.len());
    let mut taken: BTreeSet<TaskId> = order.iter().map(|id| (*id).clone()).collect();
    for task in order.into_iter().filter_map(|id| graph.get(id)) {
        let Some((definition, after)) = definitions.remove(&task.task_id) else {
            continue;
        };
        let copies = task.attributes.get("task_duplicates");
        let copies = copies.and_then(Value::as_u64).unwrap_or(1);
        let mut number = 0;
        for copy in 0..usize::try_from(copies).unwrap_or(1).max(1) {
            let task_id = if copy == 0 {
                task.task_id.clone()
            } else {
                free_id(options.ids, &task.label, &mut number, &mut taken)
            };
            creations.push(Creation {
                task_id,
                label: task.label.clone(),
                kind: task.kind.clone(),
                copy,
                definition: definition.clone(),
                after: after.clone(),
                provenance: Arc::clone(&task.provenance),
            });
        }
    }
    Ok(Plan { creations })
}

/// Returns the next derived id that no task of the plan has.
fn free_id(
    ids: &DerivedIds,
    label: &Label,
    number: &mut usize,
    taken: &mut BTreeSet<TaskId>,
) -> TaskId {
    loop {
        *number += 1;
        let id = ids.id(label, *number);
        if taken.insert(id.clone()) {
            return id;
        }
    }
}

/// Returns the definition to send, and the tasks of the graph that it depends on.
fn complete(
    task: &PlannedTask,
    graph: &IdGraph,
    options: &PlanOptions<'_>,
) -> Result<(Value, BTreeSet<TaskId>), Diagnostic> {
    let mut definition = task.task.clone();
    let mut dependencies = match definition.get("dependencies") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.to_vec(),
        Some(other) => {
            return Err(Diagnostic::user(format!(
                "`dependencies` must be a list, not {}",
                type_name(other)
            )));
        }
    };
    let mut after = BTreeSet::new();
    for dependency in &dependencies {
        let id = dependency
            .as_str()
            .and_then(|text| TaskId::parse(text).ok())
            .ok_or_else(|| {
                Diagnostic::user(format!(
                    "`dependencies` contains {dependency}, which is not a taskId"
                ))
            })?;
        if graph.get(&id).is_some() {
            after.insert(id);
        }
    }
    let decision = Value::from(options.decision_task_id.as_str());
    if after.is_empty() && !dependencies.contains(&decision) {
        dependencies.push(decision.clone());
    }
    // Dates are resolved when a task is sent, but errors must be reported before anything is sent.
    resolve_dates(&Value::Object(definition.clone()), Timestamp::from_unix(0))
        .map_err(|error| date_diagnostic(&error))?;
    definition.insert("dependencies", Value::from(dependencies));
    definition.insert("taskGroupId", decision);
    definition.insert("schedulerId", Value::from(options.scheduler_id.as_str()));
    Ok((Value::Object(definition), after))
}

/// Builds the diagnostic about a date that cannot be resolved.
pub(super) fn date_diagnostic(error: &ReferenceError) -> Diagnostic {
    Diagnostic::user("cannot resolve a date in the definition")
        .because(error)
        .help("write a number and a unit, e.g. `14 days`")
}

fn about(task: &PlannedTask, diagnostic: Diagnostic) -> Diagnostic {
    diagnostic
        .in_kind(&task.kind)
        .in_task(task.label.as_str())
        .at(task.provenance.place.clone())
}

fn circular(graph: &IdGraph, Cycle(ids): &Cycle<TaskId>) -> Diagnostics {
    let name = |id: &TaskId| match graph.get(id) {
        Some(task) => task.label.to_string(),
        None => id.to_string(),
    };
    let path: Vec<String> = ids.iter().chain(ids.first()).map(name).collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let diagnostic = circular_dependency(&path);
    match ids.first().and_then(|id| graph.get(id)) {
        Some(task) => about(task, diagnostic).into(),
        None => diagnostic.into(),
    }
}

/// Builds the diagnostic about circular dependencies; the last label repeats the first.
pub(super) fn circular_dependency(path: &[&str]) -> Diagnostic {
    Diagnostic::user(format!(
        "tasks depend on each other in a cycle, so none of them can be created first: {}",
        path.join(" -> ")
    ))
    .help("remove one of these dependencies")
}

/// Returns the tasks of all plans.
pub(super) fn creations<'p>(plans: &'p [&'p Plan]) -> impl Iterator<Item = &'p Creation> {
    plans.iter().flat_map(|plan| plan.creations())
}

/// Returns the taskIds in the `dependencies` of a definition.
pub(super) fn dependencies(definition: &Value) -> impl Iterator<Item = TaskId> {
    let list = definition.get("dependencies").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(|id| TaskId::parse(id.as_str()?).ok())
}
