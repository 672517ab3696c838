//! Reports of phases, with the findings about the task's definition.

use std::collections::BTreeMap;

use super::command::shown;
use super::definition::Found;
use super::{Check, PhaseReport};
use crate::base::name::TaskId;
use crate::base::value::Value;

/// The report of a phase whose task would be refused by its worker, or would fail.
pub fn refused(name: &str, task_id: &TaskId, definition: &Value, found: Found) -> PhaseReport {
    let report = PhaseReport {
        name: name.to_owned(),
        task_id: task_id.to_string(),
        in_group: definition["taskGroupId"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        task_group: task_id.to_string(),
        command: None,
        not_run: Vec::new(),
        created: 0,
        reused: BTreeMap::new(),
        removed: 0,
        states: BTreeMap::new(),
        checks: Vec::new(),
        notes: Vec::new(),
    };
    before(report, found, None)
}

/// A report that lists the findings about the definition, and what could not be published, before
/// those about the graph.
pub fn with_found(report: PhaseReport, found: Found, unpublished: Vec<String>) -> PhaseReport {
    let published = Check {
        rule: "the worker can publish every artifact",
        breaches: unpublished,
    };
    before(report, found, Some(published))
}

fn before(mut report: PhaseReport, found: Found, published: Option<Check>) -> PhaseReport {
    report.notes.extend(found.notes);
    if let Some(command) = found.command {
        report.command = Some(format!("{} in {}", shown(&command.text), command.folder));
        report.not_run = command.not_run;
        report.notes.extend(command.notes);
    } else if published.is_some() {
        report.command = found.unread.map(|why| format!("not rehearsed: {why}"));
    }
    let own = std::mem::take(&mut report.checks);
    report.checks = found
        .checks
        .into_iter()
        .chain(published)
        .chain(own)
        .collect();
    report
}
