//! What strategies and phases found about a task: the evidence for its verdict.
//!
//! Evidence is recorded where a verdict is made, as data. [`log`](super::log) and `snowman explain` render it.

use std::fmt;

use super::replacement::Replacement;
use crate::base::name::{IndexPath, Label, TaskId};
use crate::base::task_state::TaskState;
use crate::base::text::list_some;
use crate::base::time::Timestamp;
use crate::base::value::{Str, Value};
use crate::target::Unoptimized;

/// What a strategy that is not composed of others has looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// It looks at nothing: it always says the same.
    Nothing,
    /// The push has no changes of its own: this is its base revision and its head revision.
    NoChanges(Str),
    /// The push changes a file that matches a pattern.
    Changed {
        /// The first pattern that a file matches.
        pattern: Str,
        /// The first file that matches it.
        file: Str,
    },
    /// The push changes no file that matches one of these patterns.
    Unchanged(Value),
    /// These index paths were looked up, in order.
    Index(Vec<IndexAnswer>),
    /// What a strategy of the project has logged, and what the strategies in it have said.
    Custom(Vec<Str>),
}

/// What the index and the queue know about a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexAnswer {
    /// The path.
    pub path: IndexPath,
    /// The task there, and what speaks for or against it.
    pub found: IndexedTask,
}

/// What speaks for or against a task of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexedTask {
    /// The index was not asked.
    NotAsked,
    /// There is none.
    Missing,
    /// The queue does not know its state.
    Unknown(TaskId),
    /// It has failed.
    Failed(TaskId, TaskState),
    /// It expires before the latest deadline of the task's dependents.
    ExpiresEarly {
        /// The task.
        task_id: TaskId,
        /// Its state.
        state: TaskState,
        /// When it expires.
        expires: Timestamp,
        /// The deadline.
        deadline: Timestamp,
    },
    /// It can be used.
    Usable {
        /// The task.
        task_id: TaskId,
        /// Its state.
        state: TaskState,
        /// When it expires, if known.
        expires: Option<Timestamp>,
    },
}

/// What a strategy that is not composed of others was asked, and what it has looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its name in logs.
    pub strategy: &'static str,
    /// What it says.
    pub says: Replacement,
    /// What it has looked at.
    pub evidence: Evidence,
}

/// What the strategy of a task says, with what it is composed of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The strategy as logs name it.
    pub strategy: String,
    /// What it says.
    pub says: Replacement,
    /// The strategies in it that were asked, in order.
    pub asked: Vec<Asked>,
}

/// What was found when a task might be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removing {
    /// It must not be optimized.
    DoNotOptimize(Unoptimized),
    /// This task depends on it, and is not removed.
    NeededBy(Label),
    /// It is no target itself, and all these tasks, which depend on it, are removed.
    Unneeded(Vec<Label>),
    /// Its strategy was asked.
    Asked(Answer),
    /// It is removed unless one of these is kept: its `if-dependencies`.
    OnlyIf(Vec<Label>),
    /// It is removed unless one of these, which depend on it, is kept.
    WaitsFor(Vec<Label>),
    /// This task, which it waited for, is kept.
    KeptWith(Label),
    /// Nothing that it waited for is kept.
    InVain,
}

/// What was found when a task might be replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replacing {
    /// It must not be optimized.
    DoNotOptimize(Unoptimized),
    /// It depends on this task, which is created.
    DependsOn(Label),
    /// The parameter `existing_tasks` has it.
    Existing(TaskId),
    /// Its strategy was asked.
    Asked(Answer),
}

impl fmt::Display for IndexAnswer {
    /// A sentence without a full stop.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path)?;
        match &self.found {
            IndexedTask::NotAsked => f.write_str("the index was not asked"),
            IndexedTask::Missing => f.write_str("the index has no task there"),
            IndexedTask::Unknown(task_id) => {
                write!(
                    f,
                    "the queue does not know {task_id}, which is indexed there"
                )
            }
            IndexedTask::Failed(task_id, state) => {
                write!(f, "not {task_id}, because its state is {state}")
            }
            IndexedTask::ExpiresEarly {
                task_id,
                state,
                expires,
                deadline,
            } => write!(
                f,
                "not {task_id} ({state}), because it expires at {expires}, before {deadline}, the latest \
                 deadline of the tasks that depend on it"
            ),
            IndexedTask::Usable {
                task_id,
                state,
                expires,
            } => {
                write!(f, "{task_id} is {state}")?;
                match expires {
                    Some(expires) => write!(f, " and expires at {expires}"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl Evidence {
    /// What was looked at, as sentences without full stops.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Nothing => Vec::new(),
            Self::NoChanges(revision) => {
                vec![format!(
                    "the push has no changes of its own: `base_rev` and `head_rev` are both {revision}"
                )]
            }
            Self::Changed { pattern, file } => {
                vec![format!("{file} matches the pattern {pattern}")]
            }
            Self::Unchanged(patterns) => {
                let patterns: Vec<&str> = patterns
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect();
                vec![match patterns.as_slice() {
                    [] => "there are no patterns that a changed file could match".to_owned(),
                    patterns => format!("no changed file matches {}", patterns.join(", ")),
                }]
            }
            Self::Index(answers) if answers.is_empty() => {
                vec!["there are no index paths to look up".to_owned()]
            }
            Self::Index(answers) => answers.iter().map(IndexAnswer::to_string).collect(),
            Self::Custom(lines) => lines
                .iter()
                .map(|line| String::from(line.as_str()))
                .collect(),
        }
    }
}

/// What a strategy says about a task, as a word; `keep` is that for nothing.
fn says(replacement: &Replacement, keep: &str) -> String {
    match replacement {
        Replacement::Keep => keep.to_owned(),
        Replacement::Remove => "removed".to_owned(),
        Replacement::With(task_id) => format!("replaced with {task_id}"),
    }
}

/// What was found about a task, in words that follow its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What follows from it for the task.
    pub what: String,
    /// What it follows from, if there is more to say: sentences without full stops.
    pub found: Vec<String>,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match self.found.is_empty() {
            true => Ok(()),
            false => write!(f, ": {}", self.found.join("; ")),
        }
    }
}

impl From<String> for Told {
    fn from(what: String) -> Self {
        Self {
            what,
            found: Vec::new(),
        }
    }
}

impl Answer {
    /// What the strategy says, and what it has looked at. `keep` is the word for a task about which it says
    /// nothing.
    fn told(&self, keep: &str) -> Told {
        let mut found = Vec::new();
        for asked in &self.asked {
            let lines = asked.evidence.lines();
            // In a composed strategy, each part says something of its own.
            let by = match self.asked.len() {
                1 => String::new(),
                _ => format!("{} says {}", asked.strategy, says(&asked.says, keep)),
            };
            if lines.is_empty() && !by.is_empty() {
                found.push(by);
                continue;
            }
            let by = if by.is_empty() { by } else { by + ": " };
            found.extend(lines.into_iter().map(|line| format!("{by}{line}")));
        }
        Told {
            what: format!("is {} by {}", says(&self.says, keep), self.strategy),
            found,
        }
    }
}

/// Some labels of a list.
fn some(labels: &[Label]) -> String {
    let labels: Vec<&str> = labels.iter().map(Label::as_str).collect();
    list_some(&labels)
}

impl Removing {
    /// What was found, in words.
    #[must_use]
    pub fn told(&self) -> Told {
        let what = match self {
            Self::DoNotOptimize(why) => format!("must be kept: {why}"),
            Self::NeededBy(label) => format!("is needed: {label} depends on it"),
            Self::Unneeded(labels) => {
                format!(
                    "is no target, and what depends on it is removed: {}",
                    some(labels)
                )
            }
            Self::Asked(answer) => return answer.told("kept"),
            Self::OnlyIf(labels) => {
                format!(
                    "is kept only if one of its if-dependencies is: {}",
                    some(labels)
                )
            }
            Self::WaitsFor(labels) => {
                format!("is kept only if what depends on it is: {}", some(labels))
            }
            Self::KeptWith(label) => format!("is kept with {label}"),
            Self::InVain => "is removed: none of them is kept".to_owned(),
        };
        what.into()
    }
}

impl Replacing {
    /// What was found, in words.
    #[must_use]
    pub fn told(&self) -> Told {
        let what = match self {
            Self::DoNotOptimize(why) => format!("must not be replaced: {why}"),
            Self::DependsOn(label) => {
                format!("is not replaced: it depends on {label}, which is created")
            }
            Self::Existing(task_id) => {
                format!("is replaced with {task_id}, which `existing_tasks` has")
            }
            Self::Asked(answer) => return answer.told("not replaced"),
        };
        what.into()
    }
}
