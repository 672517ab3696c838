//! Optimization strategies.

use crate::base::name::IndexPath;
use crate::base::value::Value;
use crate::model::task::Task;

use super::inputs::IndexAnswers;
use super::rule::{LatestDeadline, Leaf, Replacement, Rule};
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
    index_paths: parse_index_paths,
    ..Leaf::new("index-search")
};

static SKIP_UNLESS_CHANGED: Leaf = Leaf {
    remove: |_, changes, patterns| changes.can_skip(patterns),
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
        doc: "removes the task unless a kept task depends on it",
        rule: Rule::Leaf(&ALWAYS),
    },
    Strategy {
        name: "index-search",
        doc: "replaces the task with the first task found at these index paths that has not failed \
              and whose artifacts expire after the deadlines of all dependent tasks",
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

/// The strategy of a task and its argument; `never` if it names none.
pub(super) fn for_task(task: &Task) -> (&'static Strategy, &Value) {
    task.strategy()
        .and_then(|(name, argument)| Some((find(name)?, argument)))
        .unwrap_or((&STRATEGIES[0], &Value::Null))
}

/// The project's strategies, if that of a task is one of them.
pub(super) fn custom_for_task<'s, 'c, 'a>(
    task: &Task,
    strategies: Option<&'s Strategies<'c, 'a>>,
) -> Option<&'s Strategies<'c, 'a>> {
    let name = task.strategy().map_or("never", |(name, _)| name);
    strategies.filter(|custom| custom.has(name))
}

/// The index paths in an argument, in order. Invalid paths are ignored.
fn parse_index_paths(argument: &Value) -> Vec<IndexPath> {
    argument
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|path| IndexPath::parse(path.as_str()?).ok())
        .collect()
}

fn from_index(
    _: &Task,
    argument: &Value,
    index: &IndexAnswers,
    latest: LatestDeadline<'_>,
) -> Replacement {
    let found = parse_index_paths(argument).into_iter().find_map(|path| {
        let task_id = index.tasks.get(&path)?;
        let status = index.statuses.get(task_id)?;
        if status.state.is_failure() {
            return None;
        }
        match (latest(), status.expires) {
            (Some(deadline), Some(expires)) if expires < deadline => None,
            _ => Some(task_id.clone()),
        }
    });
    found.map_or(Replacement::Keep, Replacement::With)
}
