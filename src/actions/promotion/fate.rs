//! What happens to each task of a promotion.
//!
//! Each label of the graph is compared with the previous graphs. A task that one of them has and
//! that would be built again is expected if the input or the flavor asks for it, by the kind or
//! label of the task or of something that it depends on.

use std::collections::BTreeMap;

use super::Promotion;
use super::input::Wanted;
use super::previous::Graph;
use super::provenance::How;
use crate::base::name::{Label, TaskId};
use crate::optimize::Action;

/// What happens to a task.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    /// A previous graph has it.
    Reused {
        /// The task.
        task_id: TaskId,
        /// The graph that created it, where that is known.
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
        /// Whether that was asked for.
        expected: bool,
    },
    /// No previous graph has it.
    New {
        /// Why it is there.
        why: String,
        /// Whether it would be built even if a previous graph had it.
        expected: bool,
    },
    /// An optimization strategy removes it.
    Removed,
}

impl Fate {
    /// The fate in one word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Reused { .. } => "reused",
            Self::Found { .. } => "found",
            Self::Rebuilt { .. } => "rebuilt",
            Self::New { .. } => "new",
            Self::Removed => "removed",
        }
    }
}

/// What happens to every task, by label.
pub fn fates(promotion: &Promotion<'_>) -> BTreeMap<Label, Fate> {
    let prepared = &promotion.prepared;
    let dag = prepared.target.graph.dag();
    let mut fates: BTreeMap<Label, Fate> = BTreeMap::new();
    for label in dag.dependencies_first().unwrap_or_default() {
        let verdict = prepared.optimized.verdicts.get(label);
        let source = promotion.provenance.tasks.get(label);
        let fate = match (verdict.map(|verdict| &verdict.action), source) {
            (Some(Action::Replaced(task_id)), Some(source)) if source.how == How::Reused => {
                Fate::Reused {
                    task_id: task_id.clone(),
                    graph: source
                        .graph
                        .clone()
                        .or_else(|| listed(promotion.graphs, label, task_id)),
                }
            }
            (Some(Action::Replaced(task_id)), _) => Fate::Found {
                task_id: task_id.clone(),
            },
            (Some(Action::Kept), _) => {
                let needed = dag.dependencies(label);
                created(promotion.wanted, promotion.graphs, label, needed, &fates)
            }
            (Some(Action::Removed) | None, _) => Fate::Removed,
        };
        fates.insert(label.clone(), fate);
    }
    // What gates and morphs add.
    for label in prepared.morphed.label_to_taskid.keys() {
        fates.entry(label.clone()).or_insert_with(|| Fate::New {
            why: "this promotion adds it".to_owned(),
            expected: false,
        });
    }
    fates
}

/// The last graph that has this task of the label.
fn listed(graphs: &[Graph], label: &Label, task_id: &TaskId) -> Option<TaskId> {
    let has = |graph: &&Graph| graph.label_to_taskid.get(label) == Some(task_id);
    graphs.iter().rev().find(has).map(|graph| graph.id.clone())
}

/// Why a task is created.
fn created<'l>(
    wanted: &Wanted<'_>,
    graphs: &[Graph],
    label: &Label,
    needed: impl IntoIterator<Item = &'l Label>,
    fates: &BTreeMap<Label, Fate>,
) -> Fate {
    let last = graphs.iter().rev();
    let kind = last.clone().find_map(|graph| graph.kinds.get(label));
    let named = wanted.do_not_optimize.iter().any(|l| l == label.as_str());
    let of_kind = kind.is_some_and(|kind| wanted.rebuild_kinds.iter().any(|k| k == kind.as_str()));
    let has = |graph: &Graph| Some((graph.id.clone(), graph.label_to_taskid.get(label)?.clone()));
    let Some((graph, task_id)) = last.clone().find_map(has) else {
        return Fate::New {
            why: "no previous graph has it".to_owned(),
            expected: named || of_kind,
        };
    };
    let rebuilt = |why: String, root: Option<(Label, String)>, expected: bool| Fate::Rebuilt {
        task_id: task_id.clone(),
        graph: graph.clone(),
        root: root.unwrap_or_else(|| (label.clone(), why.clone())),
        why,
        expected,
    };
    if named {
        return rebuilt("`do_not_optimize` names it".to_owned(), None, true);
    }
    let Some(kind) = kind else {
        let why = "no previous full task graph has it, so its kind is not known";
        return rebuilt(why.to_owned(), None, false);
    };
    if of_kind {
        return rebuilt(
            format!("`rebuild_kinds` names its kind `{kind}`"),
            None,
            true,
        );
    }
    let mut cause: Option<(&Label, &Fate, bool)> = None;
    for dependency in needed {
        let Some(fate) = fates.get(dependency) else {
            continue;
        };
        let (Fate::Rebuilt { expected, .. } | Fate::New { expected, .. }) = fate else {
            continue;
        };
        // A dependency that is built on purpose takes precedence as the explanation.
        if cause.is_none_or(|(_, _, before)| *expected && !before) {
            cause = Some((dependency, fate, *expected));
        }
    }
    let Some((dependency, fate, expected)) = cause else {
        return rebuilt("target tasks are not optimized".to_owned(), None, false);
    };
    let root = match fate {
        Fate::Rebuilt { root, .. } => root.clone(),
        Fate::New { why, .. } => (dependency.clone(), why.clone()),
        _ => (dependency.clone(), fate.word().to_owned()),
    };
    let why = format!("it depends on `{dependency}`, which is {}", fate.word());
    rebuilt(why, Some(root), expected)
}
