//! Optimization strategies.

use crate::base::name::{IndexPath, TaskId};
use crate::base::pattern::PathPattern;
use crate::base::time::Timestamp;
use crate::base::value::Value;
use crate::config::parameters::Parameters;
use crate::model::task::Task;

use super::IndexAnswers;

/// An optimization strategy: says whether a task can be removed, or which task can replace it.
#[derive(Debug)]
pub struct Strategy {
    /// Its name, as kinds give it.
    pub name: &'static str,
    /// What it does, for the reference.
    pub doc: &'static str,
    /// Whether a task with this argument can be removed.
    pub remove: fn(&Task, &Parameters, &Value) -> bool,
    /// The task that can replace it, given the latest deadline of what depends on it.
    pub replace: fn(&Task, &IndexAnswers, Option<Timestamp>) -> Option<TaskId>,
}

/// The strategy that asks the index.
pub const INDEX_SEARCH: &str = "index-search";

/// Every built-in strategy.
pub static STRATEGIES: &[Strategy] = &[
    Strategy {
        name: "never",
        doc: "keeps the task",
        remove: |_, _, _| false,
        replace: |_, _, _| None,
    },
    Strategy {
        name: "always",
        doc: "removes the task unless something that is kept depends on it",
        remove: |_, _, _| true,
        replace: |_, _, _| None,
    },
    Strategy {
        name: INDEX_SEARCH,
        doc: "replaces the task by the first of these index paths that holds a task which has not \
              failed and whose artifacts outlive all that depends on it",
        remove: |_, _, _| false,
        replace: from_index,
    },
    Strategy {
        name: "skip-unless-changed",
        doc: "removes the task unless the push changes a file that one of these patterns matches",
        remove: nothing_changed,
        replace: |_, _, _| None,
    },
];

/// The strategy of a name.
pub(super) fn find(name: &str) -> Option<&'static Strategy> {
    STRATEGIES.iter().find(|strategy| strategy.name == name)
}

/// The strategy of a task and its argument; `never` when it names none.
pub(super) fn of(task: &Task) -> (&'static Strategy, &Value) {
    task.strategy()
        .and_then(|(name, argument)| Some((find(name)?, argument)))
        .unwrap_or((&STRATEGIES[0], &Value::Null))
}

/// The index paths that a task asks for, in order; what is no path is passed over.
pub(super) fn index_paths(task: &Task) -> Vec<IndexPath> {
    let paths = task
        .strategy()
        .and_then(|(_, argument)| argument.as_array());
    paths
        .into_iter()
        .flatten()
        .filter_map(|path| IndexPath::parse(path.as_str()?).ok())
        .collect()
}

fn from_index(task: &Task, index: &IndexAnswers, deadline: Option<Timestamp>) -> Option<TaskId> {
    index_paths(task).into_iter().find_map(|path| {
        let task_id = index.tasks.get(&path)?;
        let status = index.statuses.get(task_id)?;
        if matches!(status.state.as_str(), "exception" | "failed") {
            return None;
        }
        match (deadline, status.expires) {
            (Some(deadline), Some(expires)) if expires < deadline => None,
            _ => Some(task_id.clone()),
        }
    })
}

fn nothing_changed(_: &Task, params: &Parameters, patterns: &Value) -> bool {
    // Cron tasks and actions have no changes of their own, and so no reason to skip anything.
    let base = params.str("base_rev");
    if !base.is_empty() && base == params.str("head_rev") {
        return false;
    }
    let files = params.strings("files_changed");
    let patterns = patterns
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    !patterns
        .filter_map(|pattern| PathPattern::new(pattern).ok())
        .any(|pattern| files.iter().any(|file| pattern.matches(file)))
}
