//! A chain of release promotion flavors as one graph, with a gate after each step but the last.
//!
//! Input: the parameters of each flavor. The graph is generated for the last one. Output: the graph
//! with the tasks of all flavors and the gates between them.
//!
//! 1. [`step_targets`] runs the target-tasks method of each step, adds the selected tasks to the
//!    target tasks, and computes what each step and the steps before it need.
//! 2. [`insert_gates`] adds a gate after each step but the last. A gate is a task that depends on all
//!    targets of its step. Every task of the next step that depends on no other task of that step
//!    depends on the gate.
//!
//! The queue itself runs gates (`built-in/succeed`). A gate also depends on targets that earlier
//! graphs created, so a step starts only when the step before it has completed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexSet;

use super::phases::{FullTasks, Phases, Selection};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::{KindName, Label, TaskId};
use crate::base::value::{Object, Value, json};
use crate::config::parameters::Parameters;
use crate::model::id_graph::PlannedTask;
use crate::optimize::OptimizedTaskGraph;
use crate::ports::ids::DerivedIds;
use crate::target::TargetTaskSet;

/// The most dependencies of a gate; the queue accepts 10,000.
const MAX_DEPENDENCIES: usize = 9_000;

/// A flavor that other flavors of the chain follow.
pub struct FlavorStep {
    /// Its name.
    pub name: String,
    /// Its parameters.
    pub params: Parameters,
}

/// The targets of a step.
pub struct StepTargets {
    name: String,
    selection: Selection,
    /// The labels that this step and the steps before it need.
    needed: IndexSet<Label>,
}

impl StepTargets {
    /// The tasks that the step selects.
    #[must_use]
    pub fn selection(&self) -> &Selection {
        &self.selection
    }
}

/// Selects the targets of each step, and adds them to `targets`.
///
/// # Errors
/// An unknown target-tasks method.
pub fn step_targets(
    phases: &Phases<'_>,
    full: &FullTasks,
    steps: &[FlavorStep],
    targets: &mut TargetTaskSet,
) -> Outcome<Vec<StepTargets>> {
    let mut chain: Vec<StepTargets> = Vec::new();
    let mut all: IndexSet<Label> = targets.tasks.labels().cloned().collect();
    for step in steps {
        let step_phases = Phases {
            params: &step.params,
            ..*phases
        };
        let set = step_phases.target_set(full)?;
        let selection = step_phases.selection(set.tasks.labels().cloned())?;
        let mut needed = full.graph.0.dag().closure(&selection.targets);
        needed.extend(chain.last().into_iter().flat_map(|s| s.needed.clone()));
        all.extend(selection.targets.iter().cloned());
        chain.push(StepTargets {
            name: step.name.clone(),
            selection,
            needed,
        });
    }
    if !steps.is_empty() {
        targets.tasks = full.set.0.only(&all).with_changed(&targets.changed);
    }
    Ok(chain)
}

/// Adds the gates to the optimized graph.
///
/// # Errors
/// A task already has the label of a gate.
pub fn insert_gates(
    chain: &[StepTargets],
    ids: &DerivedIds,
    optimized: &mut OptimizedTaskGraph,
) -> Outcome<()> {
    for (i, step) in chain.iter().enumerate() {
        let next = chain.get(i + 1).map(|next| &next.needed);
        let behind: Vec<TaskId> = optimized
            .graph
            .tasks()
            .filter(|task| !step.needed.contains(&task.label))
            .filter(|task| !task.label.as_str().starts_with(PREFIX))
            .filter(|task| next.is_none_or(|next| next.contains(&task.label)))
            .map(|task| task.task_id.clone())
            .collect();
        let behind: BTreeSet<TaskId> = behind.into_iter().collect();
        let Some(model) = behind.first().and_then(|id| optimized.graph.get(id)) else {
            continue;
        };
        let waited: Vec<(Label, TaskId)> = step
            .selection
            .targets
            .iter()
            .filter_map(|label| {
                Some((label.clone(), optimized.label_to_taskid.get(label)?.clone()))
            })
            .collect();
        let gates = gates(&step.name, &waited, model, ids)?;
        let Some(last) = gates
            .last()
            .map(|gate| (gate.label.clone(), gate.task_id.clone()))
        else {
            continue;
        };
        for gate in &gates {
            if optimized.label_to_taskid.contains_key(&gate.label) {
                return Err(Diagnostic::user(format!(
                    "a task has the label `{}`, which is reserved for a gate between two flavors",
                    gate.label
                ))
                .help("rename the task")
                .into());
            }
            optimized
                .label_to_taskid
                .insert(gate.label.clone(), gate.task_id.clone());
        }
        let graph = std::mem::take(&mut optimized.graph);
        optimized.graph = graph
            .changed(|task| {
                let inside = task.dependencies.all.values().any(|id| behind.contains(id));
                let waits = !inside && behind.contains(&task.task_id);
                waits.then(|| with_dependency(task.clone(), &last))
            })
            .and(gates);
    }
    Ok(())
}

/// The prefix of the labels of gates.
const PREFIX: &str = "release-gate-";

fn with_dependency(mut task: PlannedTask, (label, gate): &(Label, TaskId)) -> PlannedTask {
    task.dependencies.add(label, gate);
    let list = task.task.entry("dependencies").or_insert_with(|| json!([]));
    if let Value::Array(list) = list {
        list.push(json!(gate.as_str()));
    }
    task
}

/// Builds the gate after a step: one task, or several tasks and one that depends on them.
fn gates(
    name: &str,
    waited: &[(Label, TaskId)],
    model: &PlannedTask,
    ids: &DerivedIds,
) -> Result<Vec<PlannedTask>, Diagnostic> {
    if waited.len() <= MAX_DEPENDENCIES {
        return Ok(vec![gate(name, waited, model, ids)?]);
    }
    let mut gates = Vec::new();
    for (i, part) in waited.chunks(MAX_DEPENDENCIES).enumerate() {
        gates.push(gate(&format!("{name}-{}", i + 1), part, model, ids)?);
    }
    let parts: Vec<_> = gates
        .iter()
        .map(|gate| (gate.label.clone(), gate.task_id.clone()))
        .collect();
    gates.push(gate(name, &parts, model, ids)?);
    Ok(gates)
}

fn gate(
    name: &str,
    waited: &[(Label, TaskId)],
    model: &PlannedTask,
    ids: &DerivedIds,
) -> Result<PlannedTask, Diagnostic> {
    let wrong = |error: crate::base::name::NameError| Diagnostic::user(error.to_string());
    let label = Label::parse(&format!("{PREFIX}{name}")).map_err(wrong)?;
    let kind = KindName::parse("release-gate").map_err(wrong)?;
    let from_model = |key: &str| model.task.get(key).cloned().unwrap_or(Value::Null);
    let metadata = from_model("metadata");
    let described = format!("Completes when all that {name} aims at has completed");
    // One task may have replaced the tasks of two labels.
    let unique: BTreeSet<&TaskId> = waited.iter().map(|(_, id)| id).collect();
    let list: Vec<&str> = unique.into_iter().map(TaskId::as_str).collect();
    let definition = json!({
        "provisionerId": "built-in",
        "workerType": "succeed",
        "dependencies": list,
        "created": from_model("created"),
        "deadline": from_model("deadline"),
        "expires": from_model("expires"),
        "metadata": {
            "name": label.as_str(),
            "description": described,
            "owner": metadata["owner"],
            "source": metadata["source"],
        },
        "priority": from_model("priority"),
        "scopes": [],
        "routes": [],
        "tags": {"kind": kind.as_str(), "label": label.as_str()},
        "payload": {},
    });
    let definition: Object = definition
        .as_object()
        .cloned()
        .unwrap_or_default()
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect();
    Ok(PlannedTask {
        task_id: ids.id(&label, 0),
        attributes: Object::from_iter([("kind", json!(kind.as_str()))]),
        kind,
        label,
        description: described,
        task: definition,
        optimization: Value::Null,
        dependencies: waited
            .iter()
            .map(|(label, id)| (label.to_string(), id.clone()))
            .collect::<BTreeMap<_, _>>()
            .into(),
        soft_dependencies: Vec::new(),
        if_dependencies: Vec::new(),
        provenance: Arc::default(),
    })
}
