//! Gives tasks their ids and resolves references.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::Surroundings;
use super::verdict::{Action, Verdict};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{Label, TaskId};
use crate::base::value::{List, Object, Value};
use crate::model::id_graph::{IdGraph, PlannedTask};
use crate::model::reference::{Names, ReferenceError, resolve_names};
use crate::model::task::Task;
use crate::target::TargetTaskGraph;

/// How many tasks one thread resolves at a time.
const SHARE: usize = 64;

/// Checks that nothing but removed tasks depends on a task that is `removed`.
///
/// # Errors
/// Every such dependency.
pub fn check_removed(target: &TargetTaskGraph, removed: &BTreeSet<Label>) -> Outcome<()> {
    let mut wrong = Diagnostics::new();
    let others = target.graph.tasks();
    for task in others.filter(|task| !removed.contains(&task.label)) {
        let dependencies = task.dependencies.iter();
        for (name, label) in dependencies.filter(|(_, label)| removed.contains(*label)) {
            wrong.push(
                task.diagnostic(format!(
                    "it depends on `{label}` as `{name}`, which optimization has removed"
                ))
                .help("give both the same strategy, or leave the dependency out"),
            );
        }
    }
    wrong.or_ok(())
}

/// The tasks that are kept, with ids and resolved references, and the id of every label that was
/// not removed.
///
/// # Errors
/// Every reference that cannot be resolved.
pub fn run(
    target: &TargetTaskGraph,
    surroundings: Surroundings<'_>,
    verdicts: &BTreeMap<Label, Verdict>,
) -> Outcome<(IdGraph, BTreeMap<Label, TaskId>)> {
    let labels: Vec<&Label> = target.graph.labels().collect();
    let ids = labels
        .into_par_iter()
        .with_min_len(SHARE)
        .filter_map(|label| match &verdicts.get(label)?.action {
            Action::Kept => Some((label.clone(), surroundings.ids.id(label, 0))),
            Action::Replaced(task_id) => Some((label.clone(), task_id.clone())),
            Action::Removed => None,
        });
    let ids: Vec<(Label, TaskId)> = ids.collect();
    let label_to_taskid: BTreeMap<Label, TaskId> = ids.into_iter().collect();
    let kept: BTreeSet<&Label> = verdicts
        .iter()
        .filter(|(_, verdict)| verdict.action == Action::Kept)
        .map(|(label, _)| label)
        .collect();
    let mut wrong = Diagnostics::new();
    let tasks: Vec<&Arc<Task>> = target
        .graph
        .tasks()
        .filter(|task| kept.contains(&task.label))
        .collect();
    let planned = tasks.par_chunks(SHARE).map(|tasks| {
        let mut planned: Vec<PlannedTask> = Vec::with_capacity(tasks.len());
        let mut wrong = Diagnostics::new();
        for task in tasks {
            let resolved = resolve(task, surroundings, &label_to_taskid, &kept);
            if let Some(mut task) = wrong.keep(resolved) {
                // What references stand for is the same in many tasks too.
                if let Some(before) = planned.last() {
                    task.task.settle(&before.task);
                }
                planned.push(task);
            }
        }
        wrong.or_ok(planned)
    });
    let planned: Vec<_> = planned.collect();
    let planned: Vec<PlannedTask> = planned
        .into_iter()
        .filter_map(|outcome| wrong.keep(outcome))
        .flatten()
        .collect();
    wrong.or_ok((IdGraph::new(planned), label_to_taskid))
}

fn resolve(
    task: &Arc<Task>,
    surroundings: Surroundings<'_>,
    ids: &BTreeMap<Label, TaskId>,
    kept: &BTreeSet<&Label>,
) -> Outcome<PlannedTask> {
    let hard = task
        .dependencies
        .iter()
        .map(|(name, label)| (name.as_str(), label));
    let soft = task
        .soft_dependencies
        .iter()
        .filter(|label| kept.contains(label))
        .map(|label| (label.as_str(), label));
    let dependencies: BTreeMap<String, TaskId> = hard
        .chain(soft)
        .filter_map(|(name, label)| Some((name.to_owned(), ids.get(label)?.clone())))
        .collect();
    let own = ids
        .get(&task.label)
        .ok_or_else(|| task.diagnostic("it was kept and has no taskId"))?;
    let environment = surroundings.environment;
    let names = Names {
        own,
        decision: surroundings.ids.deciding(),
        dependencies: &dependencies,
        root_url: environment.root_url(),
        proxy_url: environment
            .filled("TASKCLUSTER_PROXY_URL")
            .map(|u| u.trim_end_matches('/')),
    };
    let resolved = resolve_names(&Value::Object(task.task.clone()), &names).map_err(|errors| {
        let mut wrong = Diagnostics::new();
        for error in &errors {
            wrong.push(reference_diagnostic(task, error));
        }
        wrong
    })?;
    let mut definition = match resolved {
        Value::Object(definition) => definition,
        _ => Object::new(),
    };
    add_dependencies(&mut definition, dependencies.values());
    Ok(PlannedTask {
        task_id: own.clone(),
        kind: task.kind.clone(),
        label: task.label.clone(),
        description: task.description.clone(),
        attributes: task.attributes.clone(),
        task: definition,
        optimization: task.optimization.clone(),
        dependencies,
        soft_dependencies: task.soft_dependencies.clone(),
        if_dependencies: task.if_dependencies.clone(),
        provenance: Arc::clone(&task.provenance),
    })
}

/// Appends ids to the definition's dependencies: sorted, and each once, since the queue refuses a
/// task that lists one twice.
fn add_dependencies<'a>(definition: &mut Object, ids: impl Iterator<Item = &'a TaskId>) {
    let ids: BTreeSet<&str> = ids.map(TaskId::as_str).collect();
    let slot = definition
        .entry("dependencies")
        .or_insert_with(|| Value::Array(List::new()));
    if let Value::Array(list) = slot {
        for id in ids {
            if !list.iter().any(|there| there.as_str() == Some(id)) {
                list.push(Value::from(id));
            }
        }
    }
}

fn reference_diagnostic(task: &Task, error: &ReferenceError) -> Diagnostic {
    let diagnostic = task.diagnostic(error.to_string());
    match error {
        ReferenceError::NoDependency { hint, .. } => diagnostic.help(hint.clone()),
        ReferenceError::NoRootUrl(_) => {
            let mut diagnostic =
                diagnostic.help("set it to the address of the Taskcluster that tasks run on");
            diagnostic.class = crate::base::diagnostic::Class::Environment;
            diagnostic
        }
        ReferenceError::OwnArtifact(_) => {
            diagnostic.help("its taskId is known only when it is created; name a dependency")
        }
        _ => diagnostic,
    }
}
