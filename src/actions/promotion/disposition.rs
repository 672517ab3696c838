//! What happens to each task of a promotion.
//!
//! Each label of the graph is compared with the previous graphs. A task that one of them has and
//! that would be built again is expected if the input or the flavor requests it, by the kind or
//! label of the task or of something that it depends on.

use std::collections::BTreeMap;

use super::input::PromotionInput;
use super::prepare::Promotion;
use super::previous::PreviousGraph;
use super::provenance::Origin;
use crate::base::name::{Label, TaskId};
use crate::optimize::Action;

/// What happens to a task.
#[derive(Debug, Clone, PartialEq)]
pub enum Disposition {
    /// A previous graph has it.
    Reused {
        /// The task.
        task_id: TaskId,
        /// The graph that created it, if known.
        graph: Option<TaskId>,
    },
    /// The index has it.
    Found {
        /// The task.
        task_id: TaskId,
    },
    /// A previous graph has it, but it is created again.
    Rebuilt {
        /// The task that exists.
        task_id: TaskId,
        /// The graph that has it.
        graph: TaskId,
        /// Why.
        why: String,
        /// The root cause: this label, and the reason it is created.
        root: (Label, String),
        /// Whether that was requested.
        expected: bool,
    },
    /// No previous graph has it.
    New {
        /// Why it is created.
        why: String,
        /// Whether it would be built even if a previous graph had it.
        expected: bool,
    },
    /// An optimization strategy removes it.
    Removed,
}

impl Disposition {
    /// Returns the name that plans use.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Reused { .. } => "reused",
            Self::Found { .. } => "found",
            Self::Rebuilt { .. } => "rebuilt",
            Self::New { .. } => "new",
            Self::Removed => "removed",
        }
    }
}

/// Returns what happens to every task, by label.
pub fn dispositions(promotion: &Promotion<'_>) -> BTreeMap<Label, Disposition> {
    let prepared = &promotion.prepared;
    let dag = prepared.target.graph.dag();
    let mut dispositions: BTreeMap<Label, Disposition> = BTreeMap::new();
    for label in dag.dependencies_first().unwrap_or_default() {
        let verdict = prepared.optimized.verdicts.get(label);
        let source = promotion.provenance.tasks.get(label);
        let disposition = match (verdict.map(|verdict| &verdict.action), source) {
            (Some(Action::Replaced(task_id)), Some(source)) if source.how == Origin::Reused => {
                Disposition::Reused {
                    task_id: task_id.clone(),
                    graph: source
                        .graph
                        .clone()
                        .or_else(|| listed(promotion.graphs, label, task_id)),
                }
            }
            (Some(Action::Replaced(task_id)), _) => Disposition::Found {
                task_id: task_id.clone(),
            },
            (Some(Action::Kept), _) => {
                let needed = dag.dependencies(label);
                created(
                    promotion.input,
                    promotion.graphs,
                    label,
                    needed,
                    &dispositions,
                )
            }
            (Some(Action::Removed) | None, _) => Disposition::Removed,
        };
        dispositions.insert(label.clone(), disposition);
    }
    // What gates and morphs add.
    for label in prepared.morphed.label_to_taskid.keys() {
        dispositions
            .entry(label.clone())
            .or_insert_with(|| Disposition::New {
                why: "this promotion adds it".to_owned(),
                expected: false,
            });
    }
    dispositions
}

/// The last graph that has this task of the label.
fn listed(graphs: &[PreviousGraph], label: &Label, task_id: &TaskId) -> Option<TaskId> {
    let has = |graph: &&PreviousGraph| graph.label_to_taskid.get(label) == Some(task_id);
    graphs.iter().rev().find(has).map(|graph| graph.id.clone())
}

/// Why a task is created.
fn created<'l>(
    input: &PromotionInput<'_>,
    graphs: &[PreviousGraph],
    label: &Label,
    needed: impl IntoIterator<Item = &'l Label>,
    dispositions: &BTreeMap<Label, Disposition>,
) -> Disposition {
    let last = graphs.iter().rev();
    let kind = last.clone().find_map(|graph| graph.kinds.get(label));
    let named = input.do_not_optimize.iter().any(|l| l == label.as_str());
    let of_kind = kind.is_some_and(|kind| input.rebuild_kinds.iter().any(|k| k == kind.as_str()));
    let has =
        |graph: &PreviousGraph| Some((graph.id.clone(), graph.label_to_taskid.get(label)?.clone()));
    let Some((graph, task_id)) = last.clone().find_map(has) else {
        return Disposition::New {
            why: "no previous graph has it".to_owned(),
            expected: named || of_kind,
        };
    };
    let rebuilt =
        |why: String, root: Option<(Label, String)>, expected: bool| Disposition::Rebuilt {
            task_id: task_id.clone(),
            graph: graph.clone(),
            root: root.unwrap_or_else(|| (label.clone(), why.clone())),
            why,
            expected,
        };
    if named {
        return rebuilt("it is listed in `do_not_optimize`".to_owned(), None, true);
    }
    let Some(kind) = kind else {
        let why = "no previous full task graph has it, so its kind is unknown";
        return rebuilt(why.to_owned(), None, false);
    };
    if of_kind {
        return rebuilt(
            format!("its kind `{kind}` is listed in `rebuild_kinds`"),
            None,
            true,
        );
    }
    let mut cause: Option<(&Label, &Disposition, bool)> = None;
    for dependency in needed {
        let Some(disposition) = dispositions.get(dependency) else {
            continue;
        };
        let (Disposition::Rebuilt { expected, .. } | Disposition::New { expected, .. }) =
            disposition
        else {
            continue;
        };
        // A dependency that is built on purpose takes precedence as the explanation.
        if cause.is_none_or(|(_, _, before)| *expected && !before) {
            cause = Some((dependency, disposition, *expected));
        }
    }
    let Some((dependency, disposition, expected)) = cause else {
        return rebuilt("target tasks are not optimized".to_owned(), None, false);
    };
    let root = match disposition {
        Disposition::Rebuilt { root, .. } => root.clone(),
        Disposition::New { why, .. } => (dependency.clone(), why.clone()),
        _ => (dependency.clone(), disposition.name().to_owned()),
    };
    let why = format!(
        "it depends on `{dependency}`, which is {}",
        disposition.name()
    );
    rebuilt(why, Some(root), expected)
}
