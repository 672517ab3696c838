//! Checks the states of the tasks that a promotion reuses.
//!
//! A task that is still running is fine: what depends on it waits. A task that has failed or no
//! longer exists is a mistake if something needs it: if a flavor selects it, or if a task that
//! depends on it would be created or is waiting to be scheduled. Tasks that have already run no
//! longer need it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::disposition::Disposition;
use super::prepare::Promotion;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{Label, TaskId};
use crate::base::task_state::TaskState;
use crate::base::text::{list_some, plural};
use crate::base::time::Timestamp;
use crate::ports::taskcluster::{TaskStatus, Taskcluster};

/// The state of a reused task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReusedState {
    /// The task exists.
    Task(TaskState),
    /// The task does not exist.
    Missing,
    /// The task has expired, and its artifacts too.
    Expired,
}

impl ReusedState {
    fn new(status: Option<&TaskStatus>, now: Timestamp) -> Self {
        match status {
            None => Self::Missing,
            Some(status) if status.expires.is_some_and(|expires| expires <= now) => Self::Expired,
            Some(status) => Self::Task(status.state),
        }
    }

    /// Returns its name in plans.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Task(state) => state.name(),
            Self::Missing => "missing",
            Self::Expired => "expired",
        }
    }

    /// Whether the task no longer exists.
    fn is_gone(self) -> bool {
        matches!(self, Self::Missing | Self::Expired)
    }

    /// Whether the task cannot complete without a rerun.
    fn is_lost(self) -> bool {
        self.is_gone() || matches!(self, Self::Task(state) if state.is_failure())
    }
}

impl fmt::Display for ReusedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The states of reused tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReusedStates {
    /// The state of each task that has not completed, by label.
    pub states: BTreeMap<Label, ReusedState>,
    /// The tasks that prevent the promotion.
    pub unusable: BTreeSet<Label>,
}

impl ReusedStates {
    /// Queries the states of the tasks that would be reused.
    ///
    /// # Errors
    /// When the queue cannot be queried.
    pub async fn fetch(
        taskcluster: &dyn Taskcluster,
        now: Timestamp,
        promotion: &Promotion<'_>,
        dispositions: &BTreeMap<Label, Disposition>,
    ) -> Outcome<Self> {
        let reused: BTreeMap<&Label, &TaskId> = dispositions
            .iter()
            .filter_map(|(label, disposition)| match disposition {
                Disposition::Reused { task_id, .. } => Some((label, task_id)),
                _ => None,
            })
            .collect();
        let ids: BTreeSet<TaskId> = reused.values().map(|id| (*id).clone()).collect();
        let ids: Vec<TaskId> = ids.into_iter().collect();
        let statuses = taskcluster.statuses(&ids).await.map_err(|error| {
            Diagnostic::environment("cannot read the states of the tasks to reuse").because(error)
        })?;
        let states: BTreeMap<Label, ReusedState> = reused
            .into_iter()
            .map(|(label, id)| (label.clone(), ReusedState::new(statuses.get(id), now)))
            .filter(|(_, state)| *state != ReusedState::Task(TaskState::Completed))
            .collect();
        let unusable = states
            .iter()
            .filter(|(_, state)| state.is_lost())
            .map(|(label, _)| label)
            .filter(|label| is_needed(promotion, dispositions, &states, label))
            .cloned()
            .collect();
        Ok(Self { states, unusable })
    }
}

fn is_needed(
    promotion: &Promotion<'_>,
    dispositions: &BTreeMap<Label, Disposition>,
    states: &BTreeMap<Label, ReusedState>,
    label: &Label,
) -> bool {
    let prepared = &promotion.prepared;
    let graph = &prepared.target.graph;
    let mut selections = prepared.selections.iter();
    let accepts_any_state = |dependent: &Label| {
        let task = graph.get(dependent);
        task.is_some_and(|task| {
            task.task
                .get("requires")
                .is_some_and(|r| r == "all-resolved")
        })
    };
    selections.any(|selection| selection.targets.contains(label))
        || graph.dag().dependents(label).into_iter().any(|dependent| {
            let waits = match dispositions.get(dependent) {
                Some(Disposition::New { .. } | Disposition::Rebuilt { .. }) => true,
                Some(Disposition::Reused { .. }) => {
                    states.get(dependent) == Some(&ReusedState::Task(TaskState::Unscheduled))
                }
                _ => false,
            };
            waits && (states[label].is_gone() || !accepts_any_state(dependent))
        })
}

impl ReusedStates {
    /// Makes one diagnostic for each state, with the tasks that cannot be used.
    pub fn diagnostics(&self) -> Diagnostics {
        let mut by_state: BTreeMap<&str, (ReusedState, Vec<&str>)> = BTreeMap::new();
        for label in &self.unusable {
            let state = self.states[label];
            let (_, labels) = by_state
                .entry(state.name())
                .or_insert_with(|| (state, Vec::new()));
            labels.push(label.as_str());
        }
        let mut wrong = Diagnostics::new();
        for (state, labels) in by_state.into_values() {
            let what = match state {
                ReusedState::Task(TaskState::Exception) => "ended with an exception",
                ReusedState::Task(_) => "failed",
                ReusedState::Expired => "expired",
                ReusedState::Missing => "cannot be found",
            };
            let help = match state {
                ReusedState::Task(_) => "rerun them and promote once they have completed, or",
                _ => "list other graphs in `previous_graph_ids`, or",
            };
            let which = plural(labels.len(), "task");
            wrong.push(
                Diagnostic::user(format!("the promotion would reuse {which} that {what}"))
                    .because(list_some(&labels))
                    .help(format!(
                        "{help} list them in `do_not_optimize` to build them again"
                    )),
            );
        }
        wrong
    }
}
