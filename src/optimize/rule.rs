//! Rules: strategies, alone or composed.
//!
//! Every strategy in a rule gets the task's whole argument. For a task that may be replaced:
//!
//! - [`Rule::Any`] uses the first replacement of its rules;
//! - [`Rule::All`] removes the task if each rule has a replacement;
//! - [`Rule::Not`] removes a task that its rule would keep, and keeps all others.

use super::changes::Changes;
use super::inputs::IndexAnswers;
use crate::base::name::{IndexPath, TaskId};
use crate::base::time::Timestamp;
use crate::base::value::Value;
use crate::model::task::Task;

/// The replacement of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replacement {
    /// Nothing: the task is kept.
    Keep,
    /// Nothing, but the task is removed.
    Remove,
    /// An existing task.
    With(TaskId),
}

/// Computes the latest deadline of a task's dependents, on demand.
pub type LatestDeadline<'a> = &'a dyn Fn() -> Option<Timestamp>;

/// The functions of a strategy that is not composed of others.
#[derive(Debug)]
pub struct Leaf {
    /// Its name in logs.
    pub description: &'static str,
    /// Whether a task with this argument can be removed, given the changes of the push.
    pub remove: fn(&Task, &Changes<'_>, &Value) -> bool,
    /// The replacement of a task with this argument, given the latest deadline of its dependents.
    pub replace: fn(&Task, &Value, &IndexAnswers, LatestDeadline<'_>) -> Replacement,
    /// The index paths that it looks up for this argument, in order.
    pub index_paths: fn(&Value) -> Vec<IndexPath>,
}

impl Leaf {
    /// A strategy that keeps every task and looks up nothing.
    #[must_use]
    pub const fn new(description: &'static str) -> Self {
        Self {
            description,
            remove: |_, _, _| false,
            replace: |_, _, _, _| Replacement::Keep,
            index_paths: |_| Vec::new(),
        }
    }
}

/// A strategy, alone or composed of others.
#[derive(Debug, Clone, Copy)]
pub enum Rule<'a> {
    /// One strategy.
    Leaf(&'a Leaf),
    /// Removes or replaces a task if any of these would.
    Any(&'a [Rule<'a>]),
    /// Removes a task if all of these would remove it, or all of these would replace it.
    All(&'a [Rule<'a>]),
    /// Removes a task if this would keep it.
    Not(&'a Rule<'a>),
    /// The same under another name.
    Alias(&'a Rule<'a>),
}

impl Rule<'_> {
    /// Its name in logs, e.g. `index-search-or-skip-unless-changed`.
    #[must_use]
    pub fn description(&self) -> String {
        let joined = |rules: &[Rule<'_>], word: &str| {
            let descriptions: Vec<_> = rules.iter().map(Rule::description).collect();
            descriptions.join(word)
        };
        match self {
            Self::Leaf(leaf) => leaf.description.to_owned(),
            Self::Any(rules) => joined(rules, "-or-"),
            Self::All(rules) => joined(rules, "-and-"),
            Self::Not(rule) => format!("not-{}", rule.description()),
            Self::Alias(rule) => rule.description(),
        }
    }

    /// Whether a task with this argument can be removed, given the changes of the push.
    #[must_use]
    pub fn remove(&self, task: &Task, changes: &Changes<'_>, argument: &Value) -> bool {
        let removes = |rule: &Rule<'_>| rule.remove(task, changes, argument);
        match self {
            Self::Leaf(leaf) => (leaf.remove)(task, changes, argument),
            Self::Any(rules) => rules.iter().any(removes),
            Self::All(rules) => rules.iter().all(removes),
            Self::Not(rule) => !removes(rule),
            Self::Alias(rule) => removes(rule),
        }
    }

    /// The replacement of a task with this argument, given the latest deadline of its dependents.
    #[must_use]
    pub fn replace(
        &self,
        task: &Task,
        argument: &Value,
        index: &IndexAnswers,
        latest: LatestDeadline<'_>,
    ) -> Replacement {
        let replacement = |rule: &Rule<'_>| rule.replace(task, argument, index, latest);
        let is_kept = |rule: &Rule<'_>| replacement(rule) == Replacement::Keep;
        match self {
            Self::Leaf(leaf) => (leaf.replace)(task, argument, index, latest),
            Self::Any(rules) => rules
                .iter()
                .map(replacement)
                .find(|found| *found != Replacement::Keep)
                .unwrap_or(Replacement::Keep),
            Self::All(rules) if rules.iter().any(is_kept) => Replacement::Keep,
            Self::All(_) => Replacement::Remove,
            Self::Not(rule) if is_kept(rule) => Replacement::Remove,
            Self::Not(_) => Replacement::Keep,
            Self::Alias(rule) => replacement(rule),
        }
    }

    /// The index paths that any strategy in it looks up for this argument.
    #[must_use]
    pub fn index_paths(&self, argument: &Value) -> Vec<IndexPath> {
        match self {
            Self::Leaf(leaf) => (leaf.index_paths)(argument),
            Self::Any(rules) | Self::All(rules) => {
                rules.iter().flat_map(|r| r.index_paths(argument)).collect()
            }
            Self::Not(rule) | Self::Alias(rule) => rule.index_paths(argument),
        }
    }
}

#[cfg(test)]
mod tests;
