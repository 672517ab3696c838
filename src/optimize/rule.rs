//! Rules: strategies, alone or put together.
//!
//! Every strategy in a rule is given the task's whole argument. For a task that may be replaced:
//!
//! - [`Rule::Any`] takes the first replacement that one of its rules has;
//! - [`Rule::All`] takes none of them: when each rule has one, the task is removed;
//! - [`Rule::Not`] removes a task that its rule would keep, and keeps all others.

use super::IndexAnswers;
use super::changes::Changes;
use crate::base::name::{IndexPath, TaskId};
use crate::base::time::Timestamp;
use crate::base::value::Value;
use crate::model::task::Task;

/// What takes the place of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replacement {
    /// Nothing: the task is kept.
    Keep,
    /// Nothing, and the task is removed all the same.
    Remove,
    /// A task that exists.
    With(TaskId),
}

/// Finds the latest deadline of what depends on a task, when it is asked for.
pub type Latest<'a> = &'a dyn Fn() -> Option<Timestamp>;

/// What a strategy does that is not put together of others.
#[derive(Debug)]
pub struct Leaf {
    /// What it is called in logs.
    pub description: &'static str,
    /// Whether a task with this argument can be removed, for what the push has changed.
    pub remove: fn(&Task, &Changes<'_>, &Value) -> bool,
    /// What can replace a task with this argument, given the latest deadline of what depends on it.
    pub replace: fn(&Task, &Value, &IndexAnswers, Latest<'_>) -> Replacement,
    /// The index paths that it wants to know about for this argument, in order.
    pub questions: fn(&Value) -> Vec<IndexPath>,
}

impl Leaf {
    /// A strategy that keeps every task and asks nothing.
    #[must_use]
    pub const fn new(description: &'static str) -> Self {
        Self {
            description,
            remove: |_, _, _| false,
            replace: |_, _, _, _| Replacement::Keep,
            questions: |_| Vec::new(),
        }
    }
}

/// A strategy, alone or put together of others.
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
    /// What it is called in logs, e.g. `index-search-or-skip-unless-changed`.
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

    /// Whether a task with this argument can be removed, for what the push has changed.
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

    /// What can replace a task with this argument, given the latest deadline of what depends on it.
    #[must_use]
    pub fn replace(
        &self,
        task: &Task,
        argument: &Value,
        index: &IndexAnswers,
        latest: Latest<'_>,
    ) -> Replacement {
        let replacement = |rule: &Rule<'_>| rule.replace(task, argument, index, latest);
        let kept = |rule: &Rule<'_>| replacement(rule) == Replacement::Keep;
        match self {
            Self::Leaf(leaf) => (leaf.replace)(task, argument, index, latest),
            Self::Any(rules) => rules
                .iter()
                .map(replacement)
                .find(|found| *found != Replacement::Keep)
                .unwrap_or(Replacement::Keep),
            Self::All(rules) if rules.iter().any(kept) => Replacement::Keep,
            Self::All(_) => Replacement::Remove,
            Self::Not(rule) if kept(rule) => Replacement::Remove,
            Self::Not(_) => Replacement::Keep,
            Self::Alias(rule) => replacement(rule),
        }
    }

    /// The index paths that any strategy in it wants to know about for this argument.
    #[must_use]
    pub fn questions(&self, argument: &Value) -> Vec<IndexPath> {
        match self {
            Self::Leaf(leaf) => (leaf.questions)(argument),
            Self::Any(rules) | Self::All(rules) => {
                rules.iter().flat_map(|r| r.questions(argument)).collect()
            }
            Self::Not(rule) | Self::Alias(rule) => rule.questions(argument),
        }
    }
}

#[cfg(test)]
mod tests;
