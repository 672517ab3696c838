//! The report of a rehearsal as text.
//!
//! The short form is a table of the phases, then for each phase only what is new or wrong, and at the end the checks that
//! pass everywhere, in one line. The long form has every fact and every check of every phase.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::check::{INDEX, NOT_REHEARSED, PhaseReport};
use super::report::Report;
use crate::base::text::{plural, text_table};

/// Up to how many new tasks a phase names each of them, and not only their kinds.
const BY_NAME: usize = 12;

/// The most characters of a line with names.
const WIDTH: usize = 100;

/// The column at which facts about a phase begin.
const INDENT: usize = 14;

/// The most breaches of one check in the short form.
const BREACHES: usize = 20;

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// What is new or wrong.
    Short,
    /// Everything.
    Long,
}

impl Report {
    /// Returns the report as text.
    #[must_use]
    pub fn to_text(&self, detail: Detail) -> String {
        let mut out = String::new();
        for release in &self.earlier {
            let version = &release.version;
            let _ = writeln!(out, "Release {version}, to be updated from:\n");
            self.write_phases(&release.phases, detail, false, &mut out);
        }
        if !self.earlier.is_empty() && !self.phases.is_empty() {
            out.push_str("Release on top of it:\n\n");
        }
        self.write_phases(&self.phases, detail, true, &mut out);
        if let Some(concurrent) = &self.concurrent {
            for (number, release) in concurrent.releases.iter().enumerate() {
                let holds = release.phases.iter().all(PhaseReport::holds);
                if detail == Detail::Long || !holds {
                    let _ = writeln!(out, "Release {}, {}:\n", number + 1, release.version);
                    self.write_phases(&release.phases, detail, false, &mut out);
                }
            }
            concurrent.write(&mut out);
        }
        for note in &self.notes {
            let _ = writeln!(out, "Note: {note}");
        }
        if !self.not_rehearsed.is_empty() {
            let names = self.not_rehearsed.join(", ");
            let _ = writeln!(out, "Not rehearsed because of the failures above: {names}");
        }
        out.push_str(&self.checks_line(detail));
        let created: usize = self.all_phases().map(|phase| phase.created).sum();
        let verdict = match self.holds() {
            true => "all checks passed",
            false => "some checks FAILED",
        };
        let _ = writeln!(
            out,
            "{}, {}: {verdict}",
            plural(self.all_phases().count(), "phase"),
            plural(created, "task")
        );
        out
    }

    fn write_phases(&self, phases: &[PhaseReport], detail: Detail, is_own: bool, out: &mut String) {
        if detail == Detail::Short && !phases.is_empty() {
            out.push_str(&table(phases));
            out.push('\n');
        }
        for phase in phases {
            let lines = match detail {
                Detail::Short => short(phase, is_own),
                Detail::Long => self.long(phase),
            };
            if !lines.is_empty() {
                let _ = writeln!(out, "{}\n{lines}", phase.name);
            }
        }
    }

    /// The checks that pass in all phases that make them.
    fn checks_line(&self, detail: Detail) -> String {
        let mut rules: BTreeMap<&str, bool> = BTreeMap::new();
        for check in self.all_phases().flat_map(|phase| &phase.checks) {
            *rules.entry(check.rule).or_insert(true) &= check.holds();
        }
        let passed = rules.values().filter(|holds| **holds).count();
        if passed == 0 || detail == Detail::Long {
            return String::new();
        }
        let of = match rules.len() {
            all if all == passed => plural(passed, "check"),
            all => format!("{passed} of {}", plural(all, "check")),
        };
        let phases = match self.all_phases().count() {
            1 => "the phase".to_owned(),
            count => format!("all {count} phases"),
        };
        format!("{of} passed in {phases}; -v lists them\n")
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

    /// Every fact and check of a phase.
    fn long(&self, phase: &PhaseReport) -> String {
        let mut out = String::new();
        let reused: usize = phase.reused.values().sum();
        fact(
            &mut out,
            "task",
            &format!("{} in group {}", phase.task_id, phase.in_group),
        );
        fact(&mut out, "task group", &phase.task_group);
        if let Some(command) = &phase.command {
            fact(&mut out, "command", command);
        }
        for part in &phase.not_run {
            fact(&mut out, "not run", part);
        }
        fact(&mut out, "created", &phase.created.to_string());
        let from: Vec<String> = self
            .reused(phase)
            .into_iter()
            .map(|(from, count)| format!("{count} from {from}"))
            .collect();
        let from = match from.is_empty() {
            true => String::new(),
            false => format!(" ({})", from.join(", ")),
        };
        fact(&mut out, "reused", &format!("{reused}{from}"));
        fact(&mut out, "removed", &phase.removed.to_string());
        if !phase.staged.is_empty() {
            let count: usize = phase.staged.values().sum();
            let systems = phase.staged.iter();
            let systems: Vec<String> = systems
                .map(|(system, count)| format!("{count} {system}"))
                .collect();
            fact(
                &mut out,
                "staged",
                &format!("{count} ({})", systems.join(", ")),
            );
        }
        for check in &phase.checks {
            let mark = if check.holds() { "passed" } else { "FAILED" };
            fact(&mut out, mark, check.rule);
            write_breaches(&check.breaches, usize::MAX, &mut out);
        }
        for note in &phase.notes {
            fact(&mut out, "note", note);
        }
        out
    }
}

/// What is new in a phase of the release itself, and what is wrong in any.
fn short(phase: &PhaseReport, is_own: bool) -> String {
    let mut out = String::new();
    if is_own && !phase.new.is_empty() {
        let names = new(&phase.new);
        for (number, line) in wrapped(&names).iter().enumerate() {
            fact(&mut out, if number == 0 { "new" } else { "" }, line);
        }
    }
    let command = phase.command.iter();
    for unread in command.filter(|command| command.starts_with(NOT_REHEARSED)) {
        fact(&mut out, "command", unread);
    }
    for part in &phase.not_run {
        fact(&mut out, "not run", part);
    }
    for check in phase.checks.iter().filter(|check| !check.holds()) {
        fact(&mut out, "FAILED", check.rule);
        write_breaches(&check.breaches, BREACHES, &mut out);
    }
    for note in &phase.notes {
        fact(&mut out, "note", note);
    }
    out
}

/// The new tasks by name if they are few, or else how many there are of each kind.
fn new(tasks: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let count: usize = tasks.values().map(BTreeSet::len).sum();
    if count <= BY_NAME {
        return tasks.values().flatten().cloned().collect();
    }
    let mut kinds: Vec<(usize, &str)> = tasks
        .iter()
        .map(|(kind, labels)| match kind.as_str() {
            "" => (labels.len(), "of no kind"),
            kind => (labels.len(), kind),
        })
        .collect();
    kinds.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(other.1)));
    let kinds = kinds.into_iter();
    kinds
        .map(|(count, kind)| format!("{count} {kind}"))
        .collect()
}

/// Names with commas between them, in lines that are not too long.
fn wrapped(names: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (number, name) in names.iter().enumerate() {
        let comma = if number + 1 < names.len() { "," } else { "" };
        let length = name.chars().count() + comma.len();
        match lines.last_mut() {
            Some(line) if INDENT + line.chars().count() + 1 + length <= WIDTH => {
                let _ = write!(line, " {name}{comma}");
            }
            _ => lines.push(format!("{name}{comma}")),
        }
    }
    lines
}

fn fact(out: &mut String, name: &str, text: &str) {
    let width = INDENT - 2;
    let _ = writeln!(out, "  {name:width$}{text}");
}

fn write_breaches(breaches: &[String], most: usize, out: &mut String) {
    for breach in breaches.iter().take(most) {
        let _ = writeln!(out, "                - {breach}");
    }
    if breaches.len() > most {
        let more = breaches.len() - most;
        let _ = writeln!(out, "                … and {more} more; -v lists them");
    }
}

/// A row for each phase.
fn table(phases: &[PhaseReport]) -> String {
    let heads = [
        "Phase", "Task", "Created", "Reused", "Removed", "Staged", "Red",
    ];
    let rows = phases.iter().map(|phase| {
        let red = ["failed", "exception"]
            .map(|state| phase.states.get(state).copied().unwrap_or_default());
        let numbers = [
            phase.created,
            phase.reused.values().sum(),
            phase.removed,
            phase.staged.values().sum(),
            red.iter().sum(),
        ];
        let [created, reused, removed, staged, red] =
            numbers.map(|number: usize| number.to_string());
        [
            phase.name.clone(),
            phase.task_id.clone(),
            created,
            reused,
            removed,
            staged,
            red,
        ]
    });
    text_table(2, heads, rows.collect())
}
