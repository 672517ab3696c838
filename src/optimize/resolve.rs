//! Gives tasks their ids and resolves references.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;
use rayon::prelude::*;

use super::inputs::OptimizeInputs;
use super::verdict::{Action, Verdicts};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{Label, TaskId};
use crate::base::value::{List, Object, Value};
use crate::model::id_graph::{IdGraph, PlannedTask};
use crate::model::label_graph::LabelGraph;
use crate::model::planned_dependencies::PlannedDependencies;
use crate::model::reference::{Names, PreviousResolution, ReferenceError, resolve_names};
use crate::model::task::Task;
use crate::target::TargetTaskGraph;

/// The number of tasks that one thread resolves at a time.
const CHUNK: usize = 256;

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
                    "it depends on `{label}` as `{name}`, but optimization has removed that task"
                ))
                .help("use the same strategy for both, or remove the dependency"),
            );
        }
    }
    wrong.or_ok(())
}

/// What becomes of the tasks of a graph.
pub struct ResolvedTasks {
    /// The tasks that are kept, with ids and resolved references.
    pub kept: IdGraph,
    /// The tasks that are replaced.
    pub replaced: Vec<Arc<Task>>,
    /// The id of every label that was not removed.
    pub ids: BTreeMap<Label, TaskId>,
}

/// Gives the tasks of a graph ids, and resolves the references of those that are kept.
///
/// # Errors
/// Every reference that cannot be resolved.
pub fn run(
    target: LabelGraph,
    inputs: OptimizeInputs<'_>,
    verdicts: &Verdicts,
) -> Outcome<ResolvedTasks> {
    let labels: Vec<&Label> = target.labels().collect();
    let ids = labels
        .into_par_iter()
        .with_min_len(CHUNK)
        .filter_map(|label| match &verdicts.get(label)?.action {
            Action::Kept => Some((label.clone(), inputs.ids.id(label, 0))),
            Action::Replaced(task_id) => Some((label.clone(), task_id.clone())),
            Action::Removed => None,
        });
    let ids: Vec<(Label, TaskId)> = ids.collect();
    let ids: IndexMap<Label, TaskId> = ids.into_iter().collect();
    let not_removed = target
        .into_tasks()
        .filter(|task| ids.contains_key(&task.label));
    let (kept, replaced): (Vec<Arc<Task>>, Vec<Arc<Task>>) =
        not_removed.partition(|task| is_kept(&task.label, verdicts));
    let shared = OnceLock::new();
    let chunks = kept.into_par_iter().chunks(CHUNK).map(|tasks| {
        let mut resolver = Resolver::new(inputs, &ids, verdicts, &shared);
        let mut wrong = Diagnostics::new();
        for task in tasks {
            wrong.keep(resolver.add(Arc::unwrap_or_clone(task)));
        }
        wrong.or_ok(resolver.planned)
    });
    let chunks: Vec<_> = chunks.collect();
    let mut wrong = Diagnostics::new();
    let planned = chunks.into_iter().filter_map(|chunk| wrong.keep(chunk));
    let planned: Vec<PlannedTask> = planned.flatten().collect();
    wrong.or_ok(ResolvedTasks {
        kept: IdGraph::new(planned),
        replaced,
        ids: ids.into_iter().collect(),
    })
}

fn is_kept(label: &Label, verdicts: &Verdicts) -> bool {
    verdicts
        .get(label)
        .is_some_and(|verdict| verdict.action == Action::Kept)
}

/// Tasks that are resolved one after another, each much like the one before it.
struct Resolver<'a> {
    inputs: OptimizeInputs<'a>,
    ids: &'a IndexMap<Label, TaskId>,
    verdicts: &'a Verdicts,
    /// The first definition of another chunk, with which the first one of this chunk shares equal values.
    shared: &'a OnceLock<Object>,
    planned: Vec<PlannedTask>,
    /// The definition of the last of them before it was resolved, unless a reference in it named the
    /// task itself.
    given: Option<Value>,
}

impl<'a> Resolver<'a> {
    fn new(
        inputs: OptimizeInputs<'a>,
        ids: &'a IndexMap<Label, TaskId>,
        verdicts: &'a Verdicts,
        shared: &'a OnceLock<Object>,
    ) -> Self {
        Self {
            inputs,
            ids,
            verdicts,
            shared,
            planned: Vec::with_capacity(CHUNK),
            given: None,
        }
    }

    /// Resolves a task.
    ///
    /// # Errors
    /// Every reference that cannot be resolved.
    fn add(&mut self, task: Task) -> Outcome<()> {
        let own = self
            .ids
            .get(&task.label)
            .ok_or_else(|| task.diagnostic("it was kept but has no taskId"))?;
        let last = self.planned.last();
        let dependencies = self.dependencies(&task, last.map(|last| &last.dependencies));
        let same_dependencies = last.filter(|last| last.dependencies.all == dependencies.all);
        let environment = self.inputs.environment;
        let names = Names {
            own,
            decision: self.inputs.ids.decision_task_id(),
            dependencies: &dependencies.all,
            root_url: environment.root_url(),
            proxy_url: environment
                .filled("TASKCLUSTER_PROXY_URL")
                .map(|u| u.trim_end_matches('/')),
        };
        let given = Value::Object(task.task.clone());
        let resolved = same_dependencies.map(|last| Value::Object(last.task.clone()));
        let before = self.given.as_ref().zip(resolved.as_ref());
        let before = before.map(|(given, resolved)| PreviousResolution { given, resolved });
        let resolved = match resolve_names(&given, &names, before) {
            Ok(resolved) => resolved,
            Err(errors) => {
                let mut wrong = Diagnostics::new();
                for error in &errors {
                    wrong.push(reference_diagnostic(&task, error));
                }
                return Err(wrong);
            }
        };
        let mut definition = match resolved.value {
            Value::Object(definition) => definition,
            _ => Object::new(),
        };
        add_dependencies(&mut definition, dependencies.all.values());
        // The results of references are the same in many tasks too.
        let like = last.map(|last| &last.task).or_else(|| self.shared.get());
        definition.share_with(like.unwrap_or(&Object::new()));
        self.shared.get_or_init(|| definition.clone());
        self.given = (!resolved.names_own).then_some(given);
        self.planned.push(PlannedTask {
            task_id: own.clone(),
            kind: task.kind,
            label: task.label,
            description: task.description,
            attributes: task.attributes,
            task: definition,
            optimization: task.optimization,
            dependencies,
            soft_dependencies: task.soft_dependencies,
            if_dependencies: task.if_dependencies,
            provenance: task.provenance,
        });
        Ok(())
    }

    /// The taskIds of a task's dependencies. What is equal to that of another task is shared with it.
    fn dependencies(&self, task: &Task, like: Option<&PlannedDependencies>) -> PlannedDependencies {
        let hard = task.dependencies.iter();
        let hard = hard.map(|(name, label)| (name.as_str(), label));
        let soft = task.soft_dependencies.iter();
        let soft = soft.filter(|label| is_kept(label, self.verdicts));
        let all = hard
            .clone()
            .chain(soft.map(|label| (label.as_str(), label)));
        let edges = hard.filter(|(_, label)| is_kept(label, self.verdicts));
        let like = like.map(|one| [&one.all, &one.edges]).into_iter().flatten();
        let mut known: Vec<Arc<BTreeMap<String, TaskId>>> = like.cloned().collect();
        let all = self.shared_ids(all, &mut known);
        let edges = self.shared_ids(edges, &mut known);
        PlannedDependencies {
            all,
            edges,
            named: Some(Arc::clone(&task.dependencies)),
        }
    }

    /// The taskIds of labels by name, shared with equal known ones.
    fn shared_ids<'l>(
        &self,
        labels: impl Iterator<Item = (&'l str, &'l Label)>,
        known: &mut Vec<Arc<BTreeMap<String, TaskId>>>,
    ) -> Arc<BTreeMap<String, TaskId>> {
        let ids = labels
            .filter_map(|(name, label)| Some((name.to_owned(), self.ids.get(label)?.clone())));
        let ids: BTreeMap<String, TaskId> = ids.collect();
        if let Some(equal) = known.iter().find(|one| ***one == ids) {
            return Arc::clone(equal);
        }
        let ids = Arc::new(ids);
        known.push(Arc::clone(&ids));
        ids
    }
}

/// Appends ids to the definition's dependencies: sorted, and each once, since the queue refuses a
/// task that lists one twice.
fn add_dependencies<'a>(definition: &mut Object, ids: impl Iterator<Item = &'a TaskId>) {
    let ids: BTreeSet<&str> = ids.map(TaskId::as_str).collect();
    let slot = definition
        .entry("dependencies")
        .or_insert_with(|| Value::Array(List::new()));
    if let Value::Array(list) = slot {
        let there: BTreeSet<String> = list
            .iter()
            .filter_map(|id| id.as_str().map(str::to_owned))
            .collect();
        for id in ids.into_iter().filter(|id| !there.contains(*id)) {
            list.push(Value::from(id));
        }
    }
}

fn reference_diagnostic(task: &Task, error: &ReferenceError) -> Diagnostic {
    let diagnostic = task.diagnostic(error.to_string());
    match error {
        ReferenceError::NoDependency { hint, .. } => diagnostic.help(hint.clone()),
        ReferenceError::NoRootUrl(_) => {
            let mut diagnostic = diagnostic
                .help("set it to the root URL of the Taskcluster deployment that runs the tasks");
            diagnostic.class = crate::base::diagnostic::Class::Environment;
            diagnostic
        }
        ReferenceError::OwnArtifact(_) => diagnostic
            .help("refer to an artifact of a dependency; a task's own taskId is not known before it is created"),
        _ => diagnostic,
    }
}
