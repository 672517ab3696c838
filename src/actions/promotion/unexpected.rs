//! Finds the unexpected tasks of a promotion: work of earlier phases that is done again.
//!
//! A release is what was built and tested, so a flavor creates tasks of its own phase and reuses
//! those of earlier phases from the previous graphs. An unexpected task is
//!
//! 1. a task of a previous graph that is created again without a request;
//! 2. a new task of a phase before that of the flavor, if the product has a flavor of that phase,
//!    which should have created it. Tasks of the phase `build` that do not name it are built on
//!    push: they count where no previous graph is from a push. Tasks that the graph of a
//!    push does not have are built for releases only;
//! 3. a task that is taken from a graph although a later one, which builds on that graph, created a
//!    newer task: the graphs are in the wrong order.
//!
//! In a chain, the phase that counts is that of the first flavor that needs the task. New tasks
//! with an index search are not unexpected: they are created whenever the indexed task has expired.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::{IndexMap, IndexSet};

use super::disposition::Disposition;
use super::flavor::{of_products, phase_of};
use super::prepare::Promotion;
use super::previous::PreviousGraph;
use crate::base::diagnostic::{Diagnostic, Diagnostics};
use crate::base::name::{Label, TaskId};
use crate::base::text::{list_some, plural};
use crate::config::graph_config::GraphConfig;
use crate::config::shipping::{self, Phase};
use crate::model::task::Task;

/// Why a task is unexpected.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum UnexpectedReason {
    /// It would be built again.
    Rebuilt {
        /// The label that causes it.
        root: Label,
        /// Why that label is created.
        what: String,
    },
    /// It is new and of an earlier phase.
    EarlierPhase {
        /// Its phase.
        phase: Phase,
        /// The flavor that needs it first.
        flavor: String,
        /// What the previous graphs lack.
        gap: Gap,
    },
    /// A previous graph has a newer one.
    Superseded {
        /// The graph that it would be taken from.
        older: TaskId,
        /// The graph that builds on it and has a newer one.
        newer: TaskId,
    },
}

/// What the previous graphs lack if a task of an earlier phase is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gap {
    /// None has a needed task of that phase.
    Phase,
    /// None is from a push.
    Push,
    /// They have other tasks of that phase.
    Task,
}

impl UnexpectedReason {
    /// The reason, for a line that counts the tasks.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Rebuilt { root, what } => format!("because of {root}: {what}"),
            Self::EarlierPhase { phase, gap, .. } => match gap {
                Gap::Phase => {
                    format!("new, and no previous graph has tasks of the phase {phase}")
                }
                Gap::Push => "new, and no previous graph is from a push".to_owned(),
                Gap::Task => format!("new, of the phase {phase}"),
            },
            Self::Superseded { older, newer } => {
                format!("from {older}, although {newer} created them again")
            }
        }
    }

    /// The diagnostic with which the action refuses it.
    fn diagnostic(&self, labels: &[&str]) -> Diagnostic {
        let tasks = plural(labels.len(), "task");
        let labels = list_some(labels);
        let accept = "to accept this, set `allow_earlier_phases: true` in the input";
        match self {
            Self::Rebuilt { root, what } => Diagnostic::user(format!(
                "{tasks} of the previous graphs would be built again because of `{root}`"
            ))
            .because(format!("{what}; it is needed by {labels}"))
            .help(format!(
                "promote from a revision in which `{root}` is not needed, or request it in \
                 `rebuild_kinds` or `do_not_optimize`; {accept}"
            )),
            Self::EarlierPhase { phase, flavor, gap } => {
                let diagnostic = Diagnostic::user(format!(
                    "the flavor `{flavor}` would create {tasks} of the earlier phase `{phase}`"
                ));
                let (lack, help) = match gap {
                    Gap::Phase => (
                        "no previous graph has tasks of that phase",
                        "add its graph to `previous_graph_ids` if it is missing, and list the graphs in \
                         the order in which they were created",
                    ),
                    Gap::Push => (
                        "no previous graph is from a push",
                        "list the decision task of the push first in `previous_graph_ids`",
                    ),
                    Gap::Task => (
                        "the previous graphs have other tasks of that phase",
                        "add the graph that is missing from `previous_graph_ids`, or promote with the \
                         flavor of that phase first",
                    ),
                };
                diagnostic
                    .because(format!("{lack}: {labels}"))
                    .help(format!("{help}; {accept}"))
            }
            Self::Superseded { older, newer } => Diagnostic::user(format!(
                "{tasks} would be taken from the graph {older}, although the graph {newer}, which \
                 builds on it, created them again"
            ))
            .because(labels)
            .help(format!(
                "list {newer} after {older} in `previous_graph_ids`: the last graph with a label \
                 counts; {accept}"
            )),
        }
    }
}

/// A flavor and what it needs.
struct FlavorNeeds<'p> {
    name: &'p str,
    phase: Option<Phase>,
    needed: IndexSet<Label>,
}

/// Finds the tasks that are unexpected.
pub fn find(
    config: &GraphConfig,
    promotion: &Promotion<'_>,
    dispositions: &BTreeMap<Label, Disposition>,
) -> BTreeMap<Label, UnexpectedReason> {
    let prepared = &promotion.prepared;
    let graph = &prepared.target.graph;
    let needs: Vec<FlavorNeeds<'_>> = promotion
        .input
        .flavors
        .iter()
        .zip(&prepared.selections)
        .map(|(flavor, selection)| FlavorNeeds {
            name: flavor.name,
            phase: phase_of(*flavor, selection, graph),
            needed: graph.dag().closure(&selection.targets),
        })
        .collect();
    let flavors = promotion.input.flavors.iter();
    let products: BTreeSet<&str> = flavors
        .filter_map(|flavor| flavor.text("product"))
        .collect();
    let exists = |label: &Label| {
        let mut graphs = promotion.graphs.iter();
        graphs.any(|graph| graph.label_to_taskid.contains_key(label))
    };
    let context = PhaseContext {
        has_push: promotion.graphs.iter().any(|graph| !graph.is_of_action()),
        flavor_phases: of_products(config, &products),
        existing: graph
            .tasks()
            .filter(|task| exists(&task.label))
            .filter_map(|task| Phase::from_attributes(&task.attributes))
            .collect(),
    };
    let reason = |label: &Label, disposition: &Disposition| match disposition {
        Disposition::Rebuilt {
            expected: false,
            root: (root, what),
            ..
        } => Some(UnexpectedReason::Rebuilt {
            root: root.clone(),
            what: what.clone(),
        }),
        Disposition::New {
            expected: false, ..
        } => {
            let flavor_needs = needs.iter().find(|flavor| flavor.needed.contains(label))?;
            let (phase, gap) = context.early_phase(graph.get(label)?, flavor_needs.phase?)?;
            let flavor = flavor_needs.name.to_owned();
            Some(UnexpectedReason::EarlierPhase { phase, flavor, gap })
        }
        Disposition::Reused { task_id, .. } => superseded(promotion.graphs, label, task_id),
        _ => None,
    };
    let all = dispositions.iter();
    all.filter_map(|(label, disposition)| Some((label.clone(), reason(label, disposition)?)))
        .collect()
}

/// What the previous graphs and the flavors show about phases.
struct PhaseContext {
    /// Whether one of the graphs is from a push.
    has_push: bool,
    /// The phases of the product's flavors.
    flavor_phases: BTreeSet<Phase>,
    /// The phases of the needed tasks that the graphs have.
    existing: BTreeSet<Phase>,
}

impl PhaseContext {
    /// The phase of a new task that should have existed before a flavor of the phase `own`, and
    /// what is missing.
    fn early_phase(&self, task: &Task, own: Phase) -> Option<(Phase, Gap)> {
        let phase = Phase::from_attributes(&task.attributes)?;
        let searched = task.optimization.get("index-search").is_some();
        if phase >= own || searched {
            return None;
        }
        let named = shipping::phase_name(&task.attributes).is_some();
        let gap = if phase == Phase::Build && !self.has_push {
            Gap::Push
        } else if !named || !self.flavor_phases.contains(&phase) {
            return None;
        } else if self.existing.contains(&phase) {
            Gap::Task
        } else {
            Gap::Phase
        };
        Some((phase, gap))
    }
}

/// Whether an earlier one of the graphs has a newer task of a label than `task_id`.
fn superseded(
    graphs: &[PreviousGraph],
    label: &Label,
    task_id: &TaskId,
) -> Option<UnexpectedReason> {
    let has = |graph: &PreviousGraph| graph.label_to_taskid.get(label) == Some(task_id);
    let last = graphs.iter().rposition(has)?;
    let older = graphs.get(last)?;
    let newer = graphs.iter().take(last).find(|graph| {
        let own = graph.label_to_taskid.get(label);
        own.is_some_and(|own| own != task_id && graph.created.contains(own)) && graph.is_on(older)
    })?;
    Some(UnexpectedReason::Superseded {
        older: older.id.clone(),
        newer: newer.id.clone(),
    })
}

/// One diagnostic for each reason, with its tasks.
pub fn diagnostics(unexpected: &BTreeMap<Label, UnexpectedReason>) -> Diagnostics {
    let mut by_reason: IndexMap<&UnexpectedReason, Vec<&str>> = IndexMap::new();
    for (label, reason) in unexpected {
        by_reason.entry(reason).or_default().push(label.as_str());
    }
    let mut wrong = Diagnostics::new();
    for (reason, labels) in by_reason {
        wrong.push(reason.diagnostic(&labels));
    }
    wrong
}
