//! Adds the findings about a task's definition to the report of its phase.

use std::collections::BTreeMap;

use super::check::{Check, NOT_REHEARSED, PhaseReport, STAGED};
use super::command::shortened;
use super::definition::Findings;
use super::staged::StagedOutcome;
use crate::base::name::TaskId;
use crate::base::value::Value;

/// Makes the report of a phase whose task its worker would reject, or whose task would fail.
pub fn for_rejected_task(
    name: &str,
    task_id: &TaskId,
    definition: &Value,
    findings: Findings,
) -> PhaseReport {
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
        new: BTreeMap::new(),
        reused: BTreeMap::new(),
        removed: 0,
        states: BTreeMap::new(),
        staged: BTreeMap::new(),
        checks: Vec::new(),
        notes: Vec::new(),
    };
    prepend_findings(report, findings, None)
}

/// Adds the findings about the definition, and the artifacts that could not be published, before the
/// checks of the graph.
pub fn with_findings(
    report: PhaseReport,
    findings: Findings,
    unpublished: Vec<String>,
) -> PhaseReport {
    let published = Check {
        rule: "the worker can publish every artifact",
        breaches: unpublished,
    };
    prepend_findings(report, findings, Some(published))
}

/// Adds what staged tasks have found.
pub fn with_staged(mut report: PhaseReport, outcomes: &[StagedOutcome]) -> PhaseReport {
    if outcomes.is_empty() {
        return report;
    }
    let mut breaches = Vec::new();
    for outcome in outcomes {
        *report.staged.entry(outcome.system.clone()).or_default() += 1;
        let red = outcome.red.iter();
        breaches.extend(red.map(|why| format!("{}: {why}", outcome.label)));
    }
    report.checks.push(Check {
        rule: STAGED,
        breaches,
    });
    report
}

fn prepend_findings(
    mut report: PhaseReport,
    findings: Findings,
    published: Option<Check>,
) -> PhaseReport {
    report.notes.extend(findings.notes);
    if let Some(command) = findings.command {
        report.command = Some(format!(
            "{} in {}",
            shortened(&command.text),
            command.folder
        ));
        report.not_run = command.not_run;
        report.notes.extend(command.notes);
    } else if published.is_some() {
        report.command = findings
            .unreadable
            .map(|why| format!("{NOT_REHEARSED}{why}"));
    }
    let own = std::mem::take(&mut report.checks);
    report.checks = findings
        .checks
        .into_iter()
        .chain(published)
        .chain(own)
        .collect();
    report
}
