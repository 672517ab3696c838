//! What a rehearsal found.

use std::collections::BTreeMap;

use crate::base::text::plural;
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
    fn all_phases(&self) -> impl Iterator<Item = &PhaseReport> {
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

    /// Counts the tasks that a phase reused by source: earlier phases in order, then other graphs, then
    /// the index.
    fn reused<'r>(&'r self, phase: &'r PhaseReport) -> Vec<(&'r str, usize)> {
        let phases: Vec<&PhaseReport> = self.all_phases().collect();
        let place = |group: &str| phases.iter().position(|p| p.task_group == group);
        let mut reused: Vec<(usize, bool, &str, usize)> = phase
            .reused
            .iter()
            .map(|(group, count)| match place(group) {
                Some(at) => (at, false, phases[at].name.as_str(), *count),
                None => (usize::MAX, group == INDEX, group.as_str(), *count),
            })
            .collect();
        reused.sort_unstable();
        let reused = reused.into_iter();
        reused.map(|(.., from, count)| (from, count)).collect()
    }

    /// Writes a phase as text.
    fn write_phase(&self, phase: &PhaseReport, out: &mut String) {
        let reused: usize = phase.reused.values().sum();
        out.push_str(&format!("{}\n", phase.name));
        out.push_str(&format!(
            "  task        {} in group {}\n",
            phase.task_id, phase.in_group
        ));
        out.push_str(&format!("  task group  {}\n", phase.task_group));
        if let Some(command) = &phase.command {
            out.push_str(&format!("  command     {command}\n"));
        }
        for part in &phase.not_run {
            out.push_str(&format!("  not run     {part}\n"));
        }
        out.push_str(&format!("  created     {}\n", phase.created));
        let from: Vec<String> = self
            .reused(phase)
            .into_iter()
            .map(|(from, count)| format!("{count} from {from}"))
            .collect();
        let from = if from.is_empty() {
            String::new()
        } else {
            format!(" ({})", from.join(", "))
        };
        out.push_str(&format!("  reused      {reused}{from}\n"));
        out.push_str(&format!("  removed     {}\n", phase.removed));
        if !phase.staged.is_empty() {
            let count: usize = phase.staged.values().sum();
            let systems: Vec<String> = phase
                .staged
                .iter()
                .map(|(system, count)| format!("{count} {system}"))
                .collect();
            out.push_str(&format!("  staged      {count} ({})\n", systems.join(", ")));
        }
        for check in &phase.checks {
            let mark = if check.holds() { "passed" } else { "FAILED" };
            out.push_str(&format!("  {mark:<11} {}\n", check.rule));
            for breach in check.breaches.iter().take(MAX_BREACHES) {
                out.push_str(&format!("                - {breach}\n"));
            }
            if check.breaches.len() > MAX_BREACHES {
                let more = check.breaches.len() - MAX_BREACHES;
                out.push_str(&format!("                … and {more} more\n"));
            }
        }
        for note in &phase.notes {
            out.push_str(&format!("  {:<11} {note}\n", "note"));
        }
        out.push('\n');
    }

    /// Returns the report as text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        for release in &self.earlier {
            let version = &release.version;
            out.push_str(&format!("Release {version}, to be updated from:\n\n"));
            for phase in &release.phases {
                self.write_phase(phase, &mut out);
            }
        }
        if !self.earlier.is_empty() && !self.phases.is_empty() {
            out.push_str("Release on top of it:\n\n");
        }
        for phase in &self.phases {
            self.write_phase(phase, &mut out);
        }
        for note in &self.notes {
            out.push_str(&format!("Note: {note}\n"));
        }
        if !self.not_rehearsed.is_empty() {
            let names = self.not_rehearsed.join(", ");
            out.push_str(&format!(
                "Not rehearsed because of the failures above: {names}\n"
            ));
        }
        let created: usize = self.all_phases().map(|phase| phase.created).sum();
        let verdict = if self.holds() {
            "all checks passed"
        } else {
            "some checks FAILED"
        };
        out.push_str(&format!(
            "{}, {}: {verdict}\n",
            plural(self.all_phases().count(), "phase"),
            plural(created, "task")
        ));
        out
    }
}

/// The rule about staged tasks.
pub const STAGED: &str = "every staged task passes";

/// The key for the index among the graphs that tasks are reused from.
pub const INDEX: &str = "index";

/// The maximum number of breaches of one rule in the text.
const MAX_BREACHES: usize = 10;
