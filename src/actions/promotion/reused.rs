//! Checks the states of the tasks that a promotion reuses.
//!
//! A task that is still running is fine: what depends on it waits. A task that has failed or no
//! longer exists is a mistake if something needs it: if a flavor selects it, or if a task that
//! depends on it would be created or is waiting to be scheduled. Tasks that have already run no
//! longer need it.

use std::collections::{BTreeMap, BTreeSet};

use super::disposition::Disposition;
use super::prepare::Promotion;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{Label, TaskId};
use crate::base::text::{list_some, plural};
use crate::base::time::Timestamp;
use crate::ports::taskcluster::{TaskStatus, Taskcluster};

/// The states of reused tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReusedStates {
    /// The state of each task that has not completed, by label; `missing` or `expired` if it does
    /// not exist.
    pub states: BTreeMap<Label, String>,
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
        let states: BTreeMap<Label, String> = reused
            .into_iter()
            .map(|(label, id)| (label.clone(), state(statuses.get(id), now).to_owned()))
            .filter(|(_, state)| state != "completed")
            .collect();
        let unusable = states
            .iter()
            .filter(|(_, state)| is_lost(state))
            .map(|(label, _)| label)
            .filter(|label| is_needed(promotion, dispositions, &states, label))
            .cloned()
            .collect();
        Ok(Self { states, unusable })
    }
}

fn state(status: Option<&TaskStatus>, now: Timestamp) -> &'static str {
    match status {
        None => "missing",
        Some(status) if status.expires.is_some_and(|expires| expires <= now) => "expired",
        Some(status) => status.state.name(),
    }
}

/// Whether a task in this state cannot complete without a rerun.
fn is_lost(state: &str) -> bool {
    ["failed", "exception", "missing", "expired"].contains(&state)
}

fn is_needed(
    promotion: &Promotion<'_>,
    dispositions: &BTreeMap<Label, Disposition>,
    states: &BTreeMap<Label, String>,
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
                Some(Disposition::Reused { .. }) => states
                    .get(dependent)
                    .is_some_and(|state| state == "unscheduled"),
                _ => false,
            };
            let gone = ["missing", "expired"].contains(&states[label].as_str());
            waits && (gone || !accepts_any_state(dependent))
        })
}

impl ReusedStates {
    /// Makes one diagnostic for each state, with the tasks that cannot be used.
    pub fn diagnostics(&self) -> Diagnostics {
        let mut by_state: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for label in &self.unusable {
            let state = self.states[label].as_str();
            by_state.entry(state).or_default().push(label.as_str());
        }
        let mut wrong = Diagnostics::new();
        for (state, labels) in by_state {
            let what = match state {
                "failed" => "failed",
                "exception" => "ended with an exception",
                "expired" => "expired",
                _ => "cannot be found",
            };
            let help = match state {
                "failed" | "exception" => "rerun them and promote once they have completed, or",
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
