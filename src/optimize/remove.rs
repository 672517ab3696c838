//! Leaves tasks out.
//!
//! Dependents come before what they depend on. A task with `if-dependencies` that would be kept
//! waits as a *candidate*: if one of these is kept in the end, so is it, otherwise it is removed.
//! Tasks that only candidates depend on wait with them.

use std::collections::BTreeSet;

use super::changes::Changes;
use super::inputs::OptimizeInputs;
use super::strategy;
use super::verdict::{Reason, Verdict, Verdicts};
use crate::base::dag::Dag;
use crate::base::diagnostic::Outcome;
use crate::base::name::Label;
use crate::target::TargetTaskGraph;

/// A verdict, kept or removed, for every task.
///
/// # Errors
/// What a strategy of the project raises.
pub fn run(target: &TargetTaskGraph, inputs: OptimizeInputs<'_>) -> Outcome<Verdicts> {
    let dag = target.graph.dag();
    let mut pass = Pass {
        target,
        dag: &dag,
        changes: Changes::new(inputs.params),
        verdicts: Verdicts::new(),
        candidates: BTreeSet::new(),
    };
    for label in dag.dependents_first().unwrap_or_default() {
        pass.decide(label, inputs)?;
    }
    pass.resolve_candidates();
    Ok(pass.verdicts)
}

struct Pass<'a> {
    target: &'a TargetTaskGraph,
    dag: &'a Dag<Label>,
    changes: Changes<'a>,
    verdicts: Verdicts,
    /// Tasks that are removed unless something in their `if-dependencies` is kept.
    candidates: BTreeSet<Label>,
}

impl Pass<'_> {
    fn decide(&mut self, label: &Label, inputs: OptimizeInputs<'_>) -> Outcome<()> {
        let Some(task) = self.target.graph.get(label) else {
            return Ok(());
        };
        // Candidates that do not keep this task: those that name it in `if-dependencies`, or that
        // only wait for others.
        let waiting: BTreeSet<&Label> = self
            .dag
            .dependents(label)
            .into_iter()
            .filter(|dependent| self.candidates.contains(*dependent))
            .filter(|dependent| {
                let conditions = self.conditions(dependent);
                conditions.is_empty() || conditions.contains(label)
            })
            .collect();
        let waiting: BTreeSet<Label> = waiting.into_iter().cloned().collect();
        if self.target.do_not_optimize.contains(label) {
            self.keep(label, Reason::DoNotOptimize, &waiting);
            return Ok(());
        }
        let needed = self
            .dag
            .dependents(label)
            .into_iter()
            .any(|dependent| !self.is_removed(dependent) && !waiting.contains(dependent));
        if needed {
            self.keep(label, Reason::DependentTasks, &waiting);
            return Ok(());
        }
        if !self.target.requested.contains(label) {
            self.remove(label, Reason::DependentsOptimized, &waiting);
            return Ok(());
        }
        let (removed, reason) = match strategy::custom_for_task(task, inputs.custom) {
            Some(custom) => (custom.remove(task)?, Reason::from_custom(task, custom)),
            None => {
                let (strategy, argument) = strategy::for_task(task);
                let removed = strategy.rule.remove(task, &self.changes, argument);
                (removed, Reason::Strategy(strategy.name))
            }
        };
        if removed {
            self.remove(label, reason, &waiting);
        } else if task.if_dependencies.is_empty() {
            self.keep(label, reason, &waiting);
        } else {
            self.verdicts.insert(label.clone(), Verdict::keep(reason));
            self.candidates.insert(label.clone());
        }
        Ok(())
    }

    fn conditions(&self, label: &Label) -> &[Label] {
        self.target
            .graph
            .get(label)
            .map_or(&[], |task| &task.if_dependencies)
    }

    fn is_removed(&self, label: &Label) -> bool {
        self.verdicts
            .get(label)
            .is_some_and(|verdict| verdict.action_name() == "removed")
    }

    /// Keeps a task, and with it the candidates that wait for it.
    fn keep(&mut self, label: &Label, reason: Reason, waiting: &BTreeSet<Label>) {
        self.verdicts.insert(label.clone(), Verdict::keep(reason));
        let mut queue: Vec<Label> = waiting.iter().cloned().collect();
        while let Some(candidate) = queue.pop() {
            // A candidate without conditions only waits for its dependents.
            if !self.candidates.contains(&candidate) || self.conditions(&candidate).is_empty() {
                continue;
            }
            self.candidates.remove(&candidate);
            // One that would have been removed has waited without a verdict.
            self.verdicts
                .entry(candidate.clone())
                .or_insert_with(|| Verdict::keep(Reason::DependentTasks));
            let dependents = self.dag.dependents(&candidate);
            queue.extend(
                dependents
                    .into_iter()
                    .filter(|l| self.candidates.contains(*l))
                    .cloned(),
            );
        }
    }

    /// Removes a task, unless candidates wait for it: then it waits with them.
    fn remove(&mut self, label: &Label, reason: Reason, waiting: &BTreeSet<Label>) {
        if waiting.is_empty() {
            self.verdicts
                .insert(label.clone(), Verdict::removed(reason));
        } else {
            self.candidates.insert(label.clone());
        }
    }

    /// Removes the remaining candidates, except those that a kept task needs (possible in a triangle)
    /// and their dependencies.
    fn resolve_candidates(&mut self) {
        let waits = |label: &&Label| self.candidates.contains(*label) || self.is_removed(label);
        let kept: Vec<&Label> = self.target.graph.labels().filter(|l| !waits(l)).collect();
        let needed = self.dag.closure(kept);
        for label in &self.candidates {
            let verdict = if needed.contains(label) {
                Verdict::keep(Reason::DependentTasks)
            } else {
                Verdict::removed(Reason::IfDependencies)
            };
            self.verdicts.insert(label.clone(), verdict);
        }
    }
}
