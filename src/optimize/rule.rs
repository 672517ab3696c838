//! Rules: strategies, alone or composed.
//!
//! Every strategy in a rule gets the task's whole argument. For a task that may be replaced:
//!
//! - [`Rule::Any`] uses the first replacement of its rules;
//! - [`Rule::All`] removes the task if each rule has a replacement;
//! - [`Rule::Not`] removes a task that its rule would keep, and keeps all others.

use super::changes::Changes;
use super::evidence::{Asked, Evidence};
use super::inputs::IndexAnswers;
use super::replacement::Replacement;
use crate::base::name::IndexPath;
use crate::base::time::Timestamp;
use crate::base::value::Value;
use crate::model::task::Task;

/// Computes the latest deadline of a task's dependents, on demand.
pub type LatestDeadline<'a> = &'a dyn Fn() -> Option<Timestamp>;

/// The functions of a strategy that is not composed of others.
#[derive(Debug)]
pub struct Leaf {
    /// Its name in logs.
    pub description: &'static str,
    /// Whether a task with this argument can be removed, given the changes of the push, and what was
    /// looked at.
    pub remove: fn(&Task, &Changes<'_>, &Value) -> (bool, Evidence),
    /// The replacement of a task with this argument, given the latest deadline of its dependents, and
    /// what was looked at.
    pub replace: fn(&Task, &Value, &IndexAnswers, LatestDeadline<'_>) -> (Replacement, Evidence),
    /// The index paths that it looks up for this argument, in order.
    pub index_paths: fn(&Value) -> Vec<IndexPath>,
}

impl Leaf {
    /// A strategy that keeps every task and looks up nothing.
    #[must_use]
    pub const fn new(description: &'static str) -> Self {
        Self {
            description,
            remove: |_, _, _| (false, Evidence::Nothing),
            replace: |_, _, _, _| (Replacement::Keep, Evidence::Nothing),
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

    /// Whether a task with this argument can be removed, given the changes of the push. Notes every
    /// strategy that it asks.
    #[must_use]
    pub fn remove(
        &self,
        task: &Task,
        changes: &Changes<'_>,
        argument: &Value,
        asked: &mut Vec<Asked>,
    ) -> bool {
        let mut removes = |rule: &Rule<'_>| rule.remove(task, changes, argument, asked);
        match self {
            Self::Leaf(leaf) => {
                let (removed, evidence) = (leaf.remove)(task, changes, argument);
                asked.push(Asked {
                    strategy: leaf.description,
                    says: Replacement::from_removal(removed),
                    evidence,
                });
                removed
            }
            Self::Any(rules) => rules.iter().any(removes),
            Self::All(rules) => rules.iter().all(removes),
            Self::Not(rule) => !removes(rule),
            Self::Alias(rule) => removes(rule),
        }
    }

    /// The replacement of a task with this argument, given the latest deadline of its dependents. Notes
    /// every strategy that it asks.
    #[must_use]
    pub fn replace(
        &self,
        task: &Task,
        argument: &Value,
        index: &IndexAnswers,
        latest: LatestDeadline<'_>,
        asked: &mut Vec<Asked>,
    ) -> Replacement {
        let mut replacement = |rule: &Rule<'_>| rule.replace(task, argument, index, latest, asked);
        match self {
            Self::Leaf(leaf) => {
                let (found, evidence) = (leaf.replace)(task, argument, index, latest);
                asked.push(Asked {
                    strategy: leaf.description,
                    says: found.clone(),
                    evidence,
                });
                found
            }
            Self::Any(rules) => rules
                .iter()
                .map(replacement)
                .find(|found| *found != Replacement::Keep)
                .unwrap_or(Replacement::Keep),
            Self::All(rules) => {
                let kept = rules
                    .iter()
                    .any(|rule| replacement(rule) == Replacement::Keep);
                Replacement::from_removal(!kept)
            }
            Self::Not(rule) => Replacement::from_removal(replacement(rule) == Replacement::Keep),
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
