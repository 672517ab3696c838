//! What a phase of a rehearsal found.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::task_state::TaskState;
use crate::base::value::{Value, json};

/// Something that must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What must hold.
    pub rule: &'static str,
    /// What breaks it; empty if it holds.
    pub breaches: Vec<String>,
}

impl Check {
    /// Whether it holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.breaches.is_empty()
    }
}

/// One phase: the push, or a flavor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseReport {
    /// `push`, or the name of the flavor.
    pub name: String,
    /// The decision or action task.
    pub task_id: String,
    /// The group that this task is in.
    pub in_group: String,
    /// The group that it created tasks in.
    pub task_group: String,
    /// The command of its task, and where it runs; `None` if it was not read.
    pub command: Option<String>,
    /// The parts of the command that were not run.
    pub not_run: Vec<String>,
    /// How many tasks it created.
    pub created: usize,
    /// Their labels, by kind.
    pub new: BTreeMap<String, BTreeSet<String>>,
    /// How many tasks of earlier graphs it reused, by graph; `index` for those found in the index.
    pub reused: BTreeMap<String, usize>,
    /// How many tasks optimization removed.
    pub removed: usize,
    /// The states of the tasks that it created.
    pub states: BTreeMap<String, usize>,
    /// How many staged tasks ran, by release system.
    pub staged: BTreeMap<String, usize>,
    /// What must hold.
    pub checks: Vec<Check>,
    /// Remarks that break no rule.
    pub notes: Vec<String>,
}

impl PhaseReport {
    /// Whether all checks pass.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.checks.iter().all(Check::holds)
    }

    /// Whether all staged tasks pass, and no other one has failed.
    #[must_use]
    pub fn all_tasks_pass(&self) -> bool {
        let mut staged = self.checks.iter().filter(|check| check.rule == STAGED);
        let failed = [TaskState::Failed, TaskState::Exception].map(TaskState::name);
        staged.all(Check::holds) && !failed.iter().any(|state| self.states.contains_key(*state))
    }

    /// Returns the report as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let checks: Vec<Value> = self
            .checks
            .iter()
            .map(|c| json!({"rule": c.rule, "holds": c.holds(), "breaches": c.breaches}))
            .collect();
        json!({
            "name": self.name,
            "taskId": self.task_id,
            "inTaskGroup": self.in_group,
            "taskGroup": self.task_group,
            "command": self.command,
            "notRun": self.not_run,
            "created": self.created,
            "reused": self.reused,
            "removed": self.removed,
            "states": self.states,
            "staged": self.staged,
            "checks": checks,
            "notes": self.notes,
            "holds": self.holds(),
        })
    }
}

/// How the command of a task begins in the report if it could not be read, and the task ran anyway.
pub const NOT_REHEARSED: &str = "not rehearsed: ";

/// The rule about staged tasks.
pub const STAGED: &str = "every staged task passes";

/// The key for the index among the graphs that tasks are reused from.
pub const INDEX: &str = "index";
