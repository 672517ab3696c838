//! Optimization strategies.

use crate::base::name::IndexPath;
use crate::base::value::Value;
use crate::model::task::Task;

use super::IndexAnswers;
use super::rule::{Latest, Leaf, Replacement, Rule};
use super::verdict::Reason;
use crate::custom::strategies::Strategies;

/// An optimization strategy: says whether a task can be removed, or which task can replace it.
#[derive(Debug)]
pub struct Strategy {
    /// Its name, as kinds give it.
    pub name: &'static str,
    /// What it does, for the reference.
    pub doc: &'static str,
    /// What it does.
    pub rule: Rule<'static>,
}

static NEVER: Leaf = Leaf::new("never");

static ALWAYS: Leaf = Leaf {
    remove: |_, _, _| true,
    ..Leaf::new("always")
};

static INDEX_SEARCH: Leaf = Leaf {
    replace: from_index,
    questions: index_paths,
    ..Leaf::new("index-search")
};

static SKIP_UNLESS_CHANGED: Leaf = Leaf {
    remove: |_, changes, patterns| changes.spare(patterns),
    ..Leaf::new("skip-unless-changed")
};

/// Every built-in strategy.
pub static STRATEGIES: &[Strategy] = &[
    Strategy {
        name: "never",
        doc: "keeps the task",
        rule: Rule::Leaf(&NEVER),
    },
    Strategy {
        name: "always",
        doc: "removes the task unless something that is kept depends on it",
        rule: Rule::Leaf(&ALWAYS),
    },
    Strategy {
        name: "index-search",
        doc: "replaces the task by the first of these index paths that holds a task which has not \
              failed and whose artifacts outlive all that depends on it",
        rule: Rule::Leaf(&INDEX_SEARCH),
    },
    Strategy {
        name: "skip-unless-changed",
        doc: "removes the task unless the push changes a file that one of these patterns matches",
        rule: Rule::Leaf(&SKIP_UNLESS_CHANGED),
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

/// The reason that a strategy of the project's is.
pub(super) fn reason(task: &Task, custom: &Strategies<'_, '_>) -> Reason {
    let name = task.strategy().map_or("never", |(name, _)| name);
    Reason::Custom(custom.described(name))
}

/// The project's strategies, where that of a task is one of them.
pub(super) fn custom<'s, 'c, 'a>(
    task: &Task,
    strategies: Option<&'s Strategies<'c, 'a>>,
) -> Option<&'s Strategies<'c, 'a>> {
    let name = task.strategy().map_or("never", |(name, _)| name);
    strategies.filter(|custom| custom.has(name))
}

/// The index paths in an argument, in order; what is no path is passed over.
fn index_paths(argument: &Value) -> Vec<IndexPath> {
    argument
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|path| IndexPath::parse(path.as_str()?).ok())
        .collect()
}

fn from_index(_: &Task, argument: &Value, index: &IndexAnswers, latest: Latest<'_>) -> Replacement {
    let found = index_paths(argument).into_iter().find_map(|path| {
        let task_id = index.tasks.get(&path)?;
        let status = index.statuses.get(task_id)?;
        if matches!(status.state.as_str(), "exception" | "failed") {
            return None;
        }
        match (latest(), status.expires) {
            (Some(deadline), Some(expires)) if expires < deadline => None,
            _ => Some(task_id.clone()),
        }
    });
    found.map_or(Replacement::Keep, Replacement::With)
}
