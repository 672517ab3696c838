//! What optimization has found about a task, followed to the task that is its cause.

use std::collections::BTreeSet;

use super::graphs::Graphs;
use super::promotion::{Reuse, reuse};
use crate::base::name::Label;
use crate::model::task::Task;
use crate::optimize::evidence::{Removing, Replacing, Told};
use crate::optimize::{Action, Verdict};

/// What optimization has found about a task.
#[derive(Debug)]
pub struct Optimization {
    /// The verdict, with its evidence.
    pub verdict: Verdict,
    /// If it is kept for the sake of another task: that one, the one for whose sake that is kept, and so on.
    pub kept_for: Vec<Cause>,
    /// If it is not replaced because it depends on a task that is created: that one, the one that this
    /// depends on, and so on.
    pub built_after: Vec<Cause>,
    /// What the parameter `existing_tasks` has to do with it, if it is not empty.
    pub reuse: Option<Reuse>,
}

/// A task that is the cause of another's verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The task.
    pub label: Label,
    /// What was found about it.
    pub told: Told,
}

/// Explains the verdict about a task.
pub fn explain(graphs: Graphs<'_>, task: &Task, verdict: &Verdict) -> Optimization {
    let is_created = verdict.action == Action::Kept;
    let found = |label: &Label| graphs.optimized.verdicts.get(label);
    Optimization {
        kept_for: follow(&task.label, &|label| {
            let verdict = found(label)?;
            let last = verdict.removing.last()?;
            let next = match last {
                Removing::NeededBy(by) | Removing::KeptWith(by) => Some(by.clone()),
                _ => None,
            };
            Some((next, last.told()))
        }),
        built_after: match is_created {
            true => follow(&task.label, &|label| {
                let found = found(label)?.replacing.as_ref()?;
                let next = match found {
                    Replacing::DependsOn(on) => Some(on.clone()),
                    _ => None,
                };
                Some((next, found.told()))
            }),
            false => Vec::new(),
        },
        reuse: reuse(graphs, task, verdict),
        verdict: verdict.clone(),
    }
}

/// The cause of a task's verdict, and what was found about the task.
type Found = (Option<Label>, Told);

/// Follows causes from a task on, up to one that is named already: two tasks that are kept with their
/// `if-dependencies` can be each other's cause. `next` returns the cause of a task, and what was found about it.
fn follow(start: &Label, next: &dyn Fn(&Label) -> Option<Found>) -> Vec<Cause> {
    let mut causes: Vec<Cause> = Vec::new();
    let mut named = BTreeSet::from([start.clone()]);
    let mut at = next(start).and_then(|(cause, _)| cause);
    while let Some(label) = at.filter(|label| named.insert(label.clone())) {
        let Some((cause, told)) = next(&label) else {
            break;
        };
        causes.push(Cause { label, told });
        at = cause;
    }
    causes
}
