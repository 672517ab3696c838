//! Several aims in one graph, each behind the one before it.
//!
//! A chain of release promotion flavors is one graph. Input: the parameters of each flavor, the last
//! of which the graph is made for. Output: the graph with a gate between each two legs.
//!
//! 1. [`stages`] asks the target-tasks method of each leg what it aims at, adds that to the target
//!    tasks, and tells for each leg what it and the legs before it need.
//! 2. [`insert`] adds a task behind each leg but the last, the gate, that waits for all that the leg
//!    aims at; those tasks of the next leg that wait for nothing else of it wait for the gate.
//!
//! A gate is run by the queue itself. It waits for tasks that earlier graphs have made too, so a leg
//! begins only when the one before it has completed, whoever made its tasks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexSet;

use super::{Aim, Full, Phases};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::{KindName, Label, TaskId};
use crate::base::value::{Object, Value, json};
use crate::config::parameters::Parameters;
use crate::model::id_graph::PlannedTask;
use crate::optimize::OptimizedTaskGraph;
use crate::ports::ids::DerivedIds;
use crate::target::TargetTaskSet;

/// How many tasks a gate waits for; the queue takes 10,000 dependencies.
const MOST: usize = 9_000;

/// A leg of a chain that others follow.
pub struct Leg {
    /// Its name.
    pub name: String,
    /// Its parameters.
    pub params: Parameters,
}

/// What a leg aims at.
pub struct Stage {
    name: String,
    aim: Aim,
    /// What it and all before it need.
    needed: IndexSet<Label>,
}

impl Stage {
    /// Its aim.
    #[must_use]
    pub fn aim(&self) -> &Aim {
        &self.aim
    }
}

/// What each leg aims at. Its targets are added to `targets`.
///
/// # Errors
/// An unknown target-tasks method.
pub fn stages(
    phases: &Phases<'_>,
    full: &Full,
    legs: &[Leg],
    targets: &mut TargetTaskSet,
) -> Outcome<Vec<Stage>> {
    let mut stages: Vec<Stage> = Vec::new();
    let mut all: IndexSet<Label> = targets.0.labels().cloned().collect();
    for leg in legs {
        let of_leg = Phases {
            params: &leg.params,
            ..*phases
        };
        let aim = of_leg.aim(of_leg.target_set(full)?.0.labels().cloned())?;
        let mut needed = full.graph.0.dag().closure(&aim.targets);
        needed.extend(stages.last().into_iter().flat_map(|s| s.needed.clone()));
        all.extend(aim.targets.iter().cloned());
        stages.push(Stage {
            name: leg.name.clone(),
            aim,
            needed,
        });
    }
    if !legs.is_empty() {
        targets.0 = full.set.0.only(&all);
    }
    Ok(stages)
}

/// Adds the gates.
///
/// # Errors
/// A gate whose label is taken.
pub fn insert(
    stages: &[Stage],
    ids: &DerivedIds,
    optimized: &mut OptimizedTaskGraph,
) -> Outcome<()> {
    for (i, stage) in stages.iter().enumerate() {
        let next = stages.get(i + 1).map(|next| &next.needed);
        let behind: Vec<TaskId> = optimized
            .graph
            .tasks()
            .filter(|task| !stage.needed.contains(&task.label))
            .filter(|task| !task.label.as_str().starts_with(PREFIX))
            .filter(|task| next.is_none_or(|next| next.contains(&task.label)))
            .map(|task| task.task_id.clone())
            .collect();
        let behind: BTreeSet<TaskId> = behind.into_iter().collect();
        let Some(model) = behind.first().and_then(|id| optimized.graph.get(id)) else {
            continue;
        };
        let waited: Vec<(Label, TaskId)> = stage
            .aim
            .targets
            .iter()
            .filter_map(|label| {
                Some((label.clone(), optimized.label_to_taskid.get(label)?.clone()))
            })
            .collect();
        let gates = gates(&stage.name, &waited, model, ids)?;
        let Some(last) = gates
            .last()
            .map(|gate| (gate.label.clone(), gate.task_id.clone()))
        else {
            continue;
        };
        for gate in &gates {
            if optimized.label_to_taskid.contains_key(&gate.label) {
                return Err(Diagnostic::user(format!(
                    "a task has the label `{}`, which the gate of a chain of flavors needs",
                    gate.label
                ))
                .help("give that task another name")
                .into());
            }
            optimized
                .label_to_taskid
                .insert(gate.label.clone(), gate.task_id.clone());
        }
        let graph = std::mem::take(&mut optimized.graph);
        optimized.graph = graph
            .changed(|task| {
                let inside = task.dependencies.values().any(|id| behind.contains(id));
                let waits = !inside && behind.contains(&task.task_id);
                waits.then(|| waiting(task.clone(), &last))
            })
            .and(gates);
    }
    Ok(())
}

/// What the label of each gate begins with.
const PREFIX: &str = "release-gate-";

fn waiting(mut task: PlannedTask, (label, gate): &(Label, TaskId)) -> PlannedTask {
    Arc::make_mut(&mut task.dependencies).insert(label.to_string(), gate.clone());
    let list = task.task.entry("dependencies").or_insert_with(|| json!([]));
    if let Value::Array(list) = list {
        list.push(json!(gate.as_str()));
    }
    task
}

/// The gate behind a leg: one task, or several and one that waits for these.
fn gates(
    name: &str,
    waited: &[(Label, TaskId)],
    model: &PlannedTask,
    ids: &DerivedIds,
) -> Result<Vec<PlannedTask>, Diagnostic> {
    if waited.len() <= MOST {
        return Ok(vec![gate(name, waited, model, ids)?]);
    }
    let mut gates = Vec::new();
    for (i, part) in waited.chunks(MOST).enumerate() {
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
    let of_model = |key: &str| model.task.get(key).cloned().unwrap_or(Value::Null);
    let metadata = of_model("metadata");
    let described = format!("Completes when all that {name} aims at has completed");
    // Two labels may have been replaced by one task.
    let unique: BTreeSet<&TaskId> = waited.iter().map(|(_, id)| id).collect();
    let list: Vec<&str> = unique.into_iter().map(TaskId::as_str).collect();
    let definition = json!({
        "provisionerId": "built-in",
        "workerType": "succeed",
        "dependencies": list,
        "created": of_model("created"),
        "deadline": of_model("deadline"),
        "expires": of_model("expires"),
        "metadata": {
            "name": label.as_str(),
            "description": described,
            "owner": metadata["owner"],
            "source": metadata["source"],
        },
        "priority": of_model("priority"),
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
