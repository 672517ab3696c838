//! Which tasks of a plan were created, can be sent next, failed, or are skipped.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::Plan;
use super::problem::{Problem, not_sent};
use super::report::{Created, SkipReason, Skipped, SubmitEvent, SubmitReport};
use crate::base::diagnostic::Diagnostics;
use crate::base::name::TaskId;

/// The progress of a plan.
pub(super) struct PlanProgress<'p> {
    plan: &'p Plan,
    /// Tasks whose dependencies all exist.
    ready: BTreeSet<usize>,
    /// For each task, how many of its dependencies do not exist yet.
    missing: Vec<usize>,
    dependents: Vec<Vec<usize>>,
    created: BTreeMap<usize, Created>,
    problems: BTreeMap<usize, Problem>,
    skipped: BTreeMap<usize, SkipReason>,
    /// Why nothing more is sent, if so.
    pub(super) end: Option<SkipReason>,
}

impl<'p> PlanProgress<'p> {
    pub(super) fn new(plan: &'p Plan) -> Self {
        let creations = plan.creations();
        let index: BTreeMap<&TaskId, usize> = creations
            .iter()
            .enumerate()
            .map(|(i, creation)| (&creation.task_id, i))
            .collect();
        let mut dependents = vec![Vec::new(); creations.len()];
        let mut missing = vec![0; creations.len()];
        for (i, creation) in creations.iter().enumerate() {
            for before in creation.after.iter().filter_map(|id| index.get(id)) {
                dependents[*before].push(i);
                missing[i] += 1;
            }
        }
        let ready = (0..creations.len()).filter(|i| missing[*i] == 0).collect();
        Self {
            plan,
            ready,
            missing,
            dependents,
            created: BTreeMap::new(),
            problems: BTreeMap::new(),
            skipped: BTreeMap::new(),
            end: None,
        }
    }

    /// Returns the next task to send.
    pub(super) fn next(&mut self) -> Option<usize> {
        if self.end.is_some() {
            return None;
        }
        self.ready.pop_first()
    }

    /// Records that a task exists.
    pub(super) fn created(&mut self, index: usize, created: Created) {
        self.created.insert(index, created);
        for dependent in &self.dependents[index] {
            self.missing[*dependent] -= 1;
            if self.missing[*dependent] == 0 {
                self.ready.insert(*dependent);
            }
        }
    }

    /// Records that a task could not be created, and skips its dependents.
    pub(super) fn failed(
        &mut self,
        index: usize,
        problem: Problem,
        on_event: &mut (dyn for<'e> FnMut(SubmitEvent<'e>) + Send),
    ) {
        if matches!(problem, Problem::Closed(_)) {
            self.end.get_or_insert(SkipReason::Closed);
        }
        self.problems.insert(index, problem);
        let label = self.plan.creations()[index].label.clone();
        let reason = SkipReason::Dependency(label);
        let mut reached = self.dependents[index].clone();
        while let Some(dependent) = reached.pop() {
            if self.skip(dependent, &reason, on_event) {
                reached.extend(&self.dependents[dependent]);
            }
        }
    }

    /// Skips a task; returns `false` if it was skipped before.
    fn skip(
        &mut self,
        index: usize,
        reason: &SkipReason,
        on_event: &mut (dyn for<'e> FnMut(SubmitEvent<'e>) + Send),
    ) -> bool {
        let new = !self.skipped.contains_key(&index);
        if new {
            self.skipped.insert(index, reason.clone());
            on_event(SubmitEvent::Skipped {
                creation: &self.plan.creations()[index],
                reason,
            });
        }
        new
    }

    /// Returns the report, with all remaining tasks skipped.
    pub(super) fn report(
        mut self,
        on_event: &mut (dyn for<'e> FnMut(SubmitEvent<'e>) + Send),
    ) -> SubmitReport {
        for index in 0..self.plan.len() {
            let ended = self.created.contains_key(&index) || self.problems.contains_key(&index);
            if !ended {
                let reason = self.end.clone().unwrap_or(SkipReason::Stopped);
                self.skip(index, &reason, on_event);
            }
        }
        let creations = self.plan.creations();
        let mut problems = Diagnostics::new();
        let mut taken = Vec::new();
        let mut closed = false;
        for (index, problem) in &self.problems {
            match problem {
                Problem::Taken(..) => taken.push(creations[*index].task_id.clone()),
                Problem::Closed(_) => closed = true,
                Problem::Date(_) | Problem::Refused(_) => {}
            }
            problems.push(problem.diagnostic(&creations[*index]));
        }
        let skipped: Vec<Skipped> = self
            .skipped
            .into_iter()
            .map(|(index, reason)| Skipped {
                task_id: creations[index].task_id.clone(),
                label: creations[index].label.clone(),
                reason,
            })
            .collect();
        if let Some(diagnostic) = not_sent(&skipped, &problems) {
            problems.push(diagnostic);
        }
        SubmitReport {
            created: self.created.into_values().collect(),
            wanted: self.plan.len(),
            taken,
            closed,
            skipped,
            problems,
        }
    }
}
