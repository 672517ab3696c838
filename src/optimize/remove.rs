//! Leaves tasks out.
//!
//! Dependents come before what they depend on. A task with `if-dependencies` that would be kept
//! waits as a *candidate*: if one of these is kept in the end, so is it, otherwise it is removed.
//! Tasks that only candidates depend on wait with them.

use std::collections::{BTreeMap, BTreeSet};

use super::changes::Changes;
use super::evidence::{Answer, Asked, Removing};
use super::inputs::OptimizeInputs;
use super::replacement::Replacement;
use super::strategy;
use super::verdict::{Action, Reason, Verdict, Verdicts};
use crate::base::dag::Dag;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::Label;
use crate::model::task::Task;
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
        found: BTreeMap::new(),
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
    /// What was found about tasks that wait without a verdict.
    found: BTreeMap<Label, Vec<Removing>>,
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
        if let Some(why) = self.target.do_not_optimize.get(label) {
            let found = Removing::DoNotOptimize(*why);
            self.keep(label, Reason::DoNotOptimize, found, &waiting);
            return Ok(());
        }
        let dag = self.dag;
        let dependents = dag.dependents(label);
        let mut needing = dependents
            .iter()
            .filter(|dependent| !self.is_removed(dependent) && !waiting.contains(**dependent));
        if let Some(by) = needing.next() {
            let by = *by;
            let found = Removing::NeededBy(by.clone());
            self.keep(label, Reason::DependentTasks, found, &waiting);
            return Ok(());
        }
        if !self.target.requested.contains_key(label) {
            let found = Removing::Unneeded(dependents.into_iter().cloned().collect());
            self.remove(label, Reason::DependentsOptimized, found, &waiting);
            return Ok(());
        }
        let (removed, reason, asked) = self.ask(task, inputs)?;
        let found = Removing::Asked(Answer {
            strategy: reason.to_string(),
            says: Replacement::from_removal(removed),
            asked,
        });
        if removed {
            self.remove(label, reason, found, &waiting);
        } else if task.if_dependencies.is_empty() {
            self.keep(label, reason, found, &waiting);
        } else {
            let only_if = Removing::OnlyIf(task.if_dependencies.clone());
            self.insert(label, Action::Kept, reason, vec![found, only_if]);
            self.candidates.insert(label.clone());
        }
        Ok(())
    }

    /// Asks the strategy of a task whether it may be removed.
    fn ask(
        &self,
        task: &Task,
        inputs: OptimizeInputs<'_>,
    ) -> Result<(bool, Reason, Vec<Asked>), Diagnostic> {
        if let Some(custom) = strategy::custom_for_task(task, inputs.custom) {
            let (removed, found) = custom.remove(task)?;
            let asked = strategy::custom_asked(Replacement::from_removal(removed), found);
            return Ok((removed, Reason::from_custom(task, custom), vec![asked]));
        }
        let (strategy, argument) = strategy::for_task(task);
        let mut asked = Vec::new();
        let rule = strategy.rule;
        let removed = rule.remove(task, &self.changes, argument, &mut asked);
        Ok((removed, Reason::Strategy(strategy.name), asked))
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
            .is_some_and(|verdict| verdict.action == Action::Removed)
    }

    /// Sets the verdict of a task, and adds what was found to what is known of it.
    fn insert(&mut self, label: &Label, action: Action, reason: Reason, found: Vec<Removing>) {
        let earlier = self
            .verdicts
            .get_mut(label)
            .map(|verdict| &mut verdict.removing);
        let earlier = earlier.map(std::mem::take);
        let earlier = earlier.or_else(|| self.found.remove(label));
        let removing = match earlier {
            Some(mut earlier) => {
                earlier.extend(found);
                earlier
            }
            None => found,
        };
        let verdict = Verdict {
            action,
            reason,
            removing,
            replacing: None,
        };
        self.verdicts.insert(label.clone(), verdict);
    }

    /// Keeps a task, and with it the candidates that wait for it.
    fn keep(&mut self, label: &Label, reason: Reason, found: Removing, waiting: &BTreeSet<Label>) {
        self.insert(label, Action::Kept, reason, vec![found]);
        let mut queue: Vec<(Label, Label)> = waiting
            .iter()
            .map(|candidate| (candidate.clone(), label.clone()))
            .collect();
        while let Some((candidate, with)) = queue.pop() {
            // A candidate without conditions only waits for its dependents.
            if !self.candidates.contains(&candidate) || self.conditions(&candidate).is_empty() {
                continue;
            }
            self.candidates.remove(&candidate);
            // One that would have been removed has waited without a verdict.
            let reason = match self.verdicts.get(&candidate) {
                Some(verdict) => verdict.reason.clone(),
                None => Reason::DependentTasks,
            };
            let found = vec![Removing::KeptWith(with)];
            self.insert(&candidate, Action::Kept, reason, found);
            let dependents = self.dag.dependents(&candidate);
            queue.extend(
                dependents
                    .into_iter()
                    .filter(|l| self.candidates.contains(*l))
                    .map(|dependent| (dependent.clone(), candidate.clone())),
            );
        }
    }

    /// Removes a task, unless candidates wait for it: then it waits with them.
    fn remove(
        &mut self,
        label: &Label,
        reason: Reason,
        found: Removing,
        waiting: &BTreeSet<Label>,
    ) {
        if waiting.is_empty() {
            self.insert(label, Action::Removed, reason, vec![found]);
        } else {
            let waits_for = Removing::WaitsFor(waiting.iter().cloned().collect());
            self.found.insert(label.clone(), vec![found, waits_for]);
            self.candidates.insert(label.clone());
        }
    }

    /// Removes the remaining candidates, except those that a kept task needs (possible in a triangle)
    /// and their dependencies.
    fn resolve_candidates(&mut self) {
        let waits = |label: &&Label| self.candidates.contains(*label) || self.is_removed(label);
        let kept: Vec<&Label> = self.target.graph.labels().filter(|l| !waits(l)).collect();
        let needed = self.dag.closure(kept);
        for label in std::mem::take(&mut self.candidates) {
            let mut dependents = self.dag.dependents(&label).into_iter();
            match dependents.find(|dependent| needed.contains(*dependent)) {
                Some(by) if needed.contains(&label) => {
                    let found = vec![Removing::NeededBy(by.clone())];
                    self.insert(&label, Action::Kept, Reason::DependentTasks, found);
                }
                _ => {
                    let found = vec![Removing::InVain];
                    self.insert(&label, Action::Removed, Reason::IfDependencies, found);
                }
            }
        }
    }
}
