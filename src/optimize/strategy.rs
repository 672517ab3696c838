//! Optimization strategies.

use crate::base::name::IndexPath;
use crate::base::value::{Str, Value};
use crate::model::task::Task;

use super::evidence::{Asked, Evidence, IndexAnswer, IndexedTask};
use super::inputs::IndexAnswers;
use super::replacement::Replacement;
use super::rule::{LatestDeadline, Leaf, Rule};
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
    remove: |_, _, _| (true, Evidence::Nothing),
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

/// What a strategy of the project says, and what it has logged.
pub(super) fn custom_asked(says: Replacement, found: Vec<Str>) -> Asked {
    Asked {
        strategy: "project",
        says,
        evidence: Evidence::Custom(found),
    }
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
) -> (Replacement, Evidence) {
    let mut answers = Vec::new();
    let mut replacement = Replacement::Keep;
    for path in parse_index_paths(argument) {
        let found = indexed_task(&path, index, latest);
        if let IndexedTask::Usable { task_id, .. } = &found {
            replacement = Replacement::With(task_id.clone());
        }
        answers.push(IndexAnswer { path, found });
        if replacement != Replacement::Keep {
            break;
        }
    }
    (replacement, Evidence::Index(answers))
}

/// The task at an index path, and what speaks for or against it.
fn indexed_task(path: &IndexPath, index: &IndexAnswers, latest: LatestDeadline<'_>) -> IndexedTask {
    if index.not_asked {
        return IndexedTask::NotAsked;
    }
    let Some(task_id) = index.tasks.get(path).cloned() else {
        return IndexedTask::Missing;
    };
    let Some(status) = index.statuses.get(&task_id) else {
        return IndexedTask::Unknown(task_id);
    };
    let (state, expires) = (status.state, status.expires);
    if state.is_failure() {
        return IndexedTask::Failed(task_id, state);
    }
    match (latest(), expires) {
        (Some(deadline), Some(expires)) if expires < deadline => IndexedTask::ExpiresEarly {
            task_id,
            state,
            expires,
            deadline,
        },
        _ => IndexedTask::Usable {
            task_id,
            state,
            expires,
        },
    }
}
