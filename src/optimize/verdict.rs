//! Decisions about tasks, and their reasons.

use std::collections::BTreeMap;
use std::fmt;

use indexmap::IndexMap;

use super::evidence::{Removing, Replacing};
use super::strategy;
use crate::base::name::{Label, TaskId};
use crate::custom::strategies::Strategies;
use crate::model::task::Task;

/// The decision about each task so far.
pub(super) type Verdicts = IndexMap<Label, Verdict>;

/// The decision about a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// It is created.
    Kept,
    /// It is left out.
    Removed,
    /// An existing task replaces it.
    Replaced(TaskId),
}

/// Why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// `do_not_optimize` names it, or target tasks are not optimized.
    DoNotOptimize,
    /// A kept task depends on it.
    DependentTasks,
    /// Only removed tasks needed it.
    DependentsOptimized,
    /// Its strategy decided so.
    Strategy(&'static str),
    /// A strategy of the project decided so; this is its name in logs.
    Custom(String),
    /// None of the tasks in its `if-dependencies` runs.
    IfDependencies,
    /// An earlier graph has it: the parameter `existing_tasks`.
    ExistingTasks,
}

impl Reason {
    /// The reason for what a strategy of the project decides.
    pub(super) fn from_custom(task: &Task, custom: &Strategies<'_, '_>) -> Self {
        let name = task.strategy().map_or("never", |(name, _)| name);
        Self::Custom(custom.description(name))
    }
}

impl fmt::Display for Reason {
    /// In the words of the peer's log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DoNotOptimize => f.write_str("do not optimize"),
            Self::DependentTasks => f.write_str("dependent tasks"),
            Self::DependentsOptimized => f.write_str("dependents optimized"),
            Self::Strategy(name) => match strategy::find(name) {
                Some(strategy) => write!(f, "{name} ({})", strategy.rule.description()),
                None => f.write_str(name),
            },
            Self::Custom(name) => f.write_str(name),
            Self::IfDependencies => f.write_str("if-dependencies pruning"),
            Self::ExistingTasks => f.write_str("existing_tasks"),
        }
    }
}

/// The decision about a task, its reason, and everything that was found on the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// What was found when tasks were removed, in order.
    pub removing: Vec<Removing>,
    /// What was found when tasks were replaced.
    pub replacing: Option<Replacing>,
}

impl Verdict {
    /// The action as one word.
    #[must_use]
    pub fn action_name(&self) -> &'static str {
        match self.action {
            Action::Kept => "kept",
            Action::Removed => "removed",
            Action::Replaced(_) => "replaced",
        }
    }
}

/// One line that counts the tasks of an action by reason.
pub(super) fn summary(word: &str, verdicts: &BTreeMap<Label, Verdict>) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for verdict in verdicts
        .values()
        .filter(|verdict| verdict.action_name() == word)
    {
        *counts.entry(verdict.reason.to_string()).or_default() += 1;
    }
    if counts.is_empty() {
        return format!("No tasks {word} during optimization");
    }
    let counts: Vec<_> = counts
        .into_iter()
        .map(|(reason, count)| format!("{count} tasks by {reason}"))
        .collect();
    let mut title = word.to_owned();
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    format!("{title} {} during optimization.", counts.join(", "))
}
