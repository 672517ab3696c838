//! What a rehearsal found.

use std::collections::{BTreeMap, BTreeSet};

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

    /// Whether all staged tasks pass.
    #[must_use]
    pub fn staged_tasks_pass(&self) -> bool {
        let mut staged = self.checks.iter().filter(|check| check.rule == STAGED);
        staged.all(Check::holds)
    }

    fn to_json(&self) -> Value {
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

/// A release that was rehearsed so that a later one has something to update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierRelease {
    /// Its version.
    pub version: String,
    /// The push and the flavors, in order.
    pub phases: Vec<PhaseReport>,
}

/// A whole rehearsal.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    /// The releases before this one, the oldest first.
    pub earlier: Vec<EarlierRelease>,
    /// The push and the flavors, in order.
    pub phases: Vec<PhaseReport>,
    /// The flavors that were not rehearsed, because a phase before them failed.
    pub not_rehearsed: Vec<String>,
    /// Remarks about the rehearsal as a whole.
    pub notes: Vec<String>,
}

impl Report {
    /// Whether all checks pass in every phase.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.all_phases().all(PhaseReport::holds)
    }

    /// The phases of all releases, in order.
    pub(super) fn all_phases(&self) -> impl Iterator<Item = &PhaseReport> {
        let earlier = self.earlier.iter().flat_map(|release| &release.phases);
        earlier.chain(&self.phases)
    }

    /// Returns the report as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let list =
            |phases: &[PhaseReport]| -> Value { phases.iter().map(PhaseReport::to_json).collect() };
        let earlier = self
            .earlier
            .iter()
            .map(|release| json!({"version": release.version, "phases": list(&release.phases)}));
        json!({
            "earlierReleases": earlier.collect::<Value>(),
            "phases": list(&self.phases),
            "notRehearsed": self.not_rehearsed,
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
