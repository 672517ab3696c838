//! What a staged task reports: what it has checked, what production would have done, what could not be
//! checked, what is unusual, and why it is red.

use crate::base::value::{Value, json};

/// The version of the form for programs.
const VERSION: u64 = 1;

/// The JSON schema of the form for programs.
pub const SCHEMA: &str = include_str!("report.schema.json");

/// A check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What was checked.
    pub what: String,
    /// How many items were checked.
    pub count: usize,
}

/// A report.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// The checks that were made, passed or not.
    pub checked: Vec<Checked>,
    /// What the release worker would have done.
    pub would: Vec<String>,
    /// What could not be checked here.
    pub unchecked: Vec<String>,
    /// What is unusual but not an error.
    pub warnings: Vec<String>,
    /// Why the task is red.
    pub problems: Vec<String>,
    /// Details of the system, for the page: the title, and rows of cells.
    pub tables: Vec<Table>,
    /// Whether nothing had to be checked, as [`Self::nothing_to_check`] says.
    is_excused: bool,
}

/// A table of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its title.
    pub title: String,
    /// The names of its columns.
    pub columns: Vec<&'static str>,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
}

/// What a report is about.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The label of the task.
    pub label: &'a str,
    /// The task.
    pub task_id: &'a str,
    /// The run.
    pub run_id: u32,
    /// The release system.
    pub system: &'a str,
    /// The action; empty if the system has only one.
    pub action: &'a str,
}

impl Report {
    /// Notes a check. One on nothing is none.
    pub fn checked(&mut self, what: impl Into<String>, count: usize) {
        if count > 0 {
            let what = what.into();
            self.checked.push(Checked { what, count });
        }
    }

    /// Notes a check of each row of a table, and the table.
    pub fn checked_rows(&mut self, what: &str, table: Table) {
        self.checked(what, table.rows.len());
        self.tables.push(table);
    }

    /// Notes why the task is red.
    pub fn problem(&mut self, why: impl Into<String>) {
        self.problems.push(why.into());
    }

    /// Notes why nothing is to be checked, because nothing was promised: a report in which nothing was checked is
    /// not red for that.
    pub fn nothing_to_check(&mut self, why: impl Into<String>) {
        self.unchecked.push(why.into());
        self.is_excused = true;
    }

    /// Why the task is red. A report in which nothing was checked is red, too, unless there was nothing to check.
    #[must_use]
    pub fn red(&self) -> Vec<String> {
        if self.problems.is_empty() && self.checked.is_empty() && !self.is_excused {
            return vec!["nothing was checked".to_owned()];
        }
        self.problems.clone()
    }

    /// The report for programs, as [`SCHEMA`] describes it.
    #[must_use]
    pub fn to_json(&self, subject: Subject<'_>) -> Value {
        let checked = self.checked.iter();
        let checked = checked.map(|one| json!({"what": one.what, "count": one.count}));
        let tables = self.tables.iter().map(|table| {
            json!({
                "title": table.title,
                "columns": table.columns.clone(),
                "rows": table.rows.clone(),
            })
        });
        let red = self.red();
        json!({
            "version": VERSION,
            "label": subject.label,
            "taskId": subject.task_id,
            "runId": subject.run_id,
            "system": subject.system,
            "action": subject.action,
            "verdict": if red.is_empty() { "passed" } else { "failed" },
            "checked": checked.collect::<Value>(),
            "wouldHappen": self.would.clone(),
            "notChecked": self.unchecked.clone(),
            "warnings": self.warnings.clone(),
            "problems": red,
            "tables": tables.collect::<Value>(),
        })
    }

    /// The report for the log.
    #[must_use]
    pub fn to_text(&self, subject: Subject<'_>) -> String {
        let mut lines = vec![headline(subject)];
        let mut section = |title: &str, items: Vec<String>| {
            if !items.is_empty() {
                lines.push(format!("\n{title}:"));
                lines.extend(items.into_iter().map(|item| format!("  - {item}")));
            }
        };
        let red = self.red();
        section("Problems", red.clone());
        section("Warnings", self.warnings.clone());
        section("Checked", self.checks());
        section("Would happen in production", self.would.clone());
        section("Not checked", self.unchecked.clone());
        lines.push(match red.len() {
            0 => "\nThe task passes.".to_owned(),
            1 => "\nThe task fails: 1 problem.".to_owned(),
            count => format!("\nThe task fails: {count} problems."),
        });
        lines.join("\n") + "\n"
    }

    /// The checks in words.
    pub(super) fn checks(&self) -> Vec<String> {
        let checked = self.checked.iter();
        checked
            .map(|one| format!("{} ({})", one.what, one.count))
            .collect()
    }
}

/// What a report is about, in words.
pub(super) fn headline(subject: Subject<'_>) -> String {
    let action = match subject.action {
        "" => String::new(),
        action => format!(", {action}"),
    };
    format!(
        "{} ({}, run {}): {}{action}",
        subject.label, subject.task_id, subject.run_id, subject.system
    )
}
