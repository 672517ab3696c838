//! Runs a staged task.
//!
//! 1. The definition says what the task does ([`Staged`]). Its payload and scopes are checked as the release
//!    worker would check them.
//! 2. The states of the tasks before it are read ([`Before`]) and merged, and what earlier releases have left
//!    ([`history`]).
//! 3. The system does its work against the merged state.
//! 4. State, report and page are artifacts, beside what the system makes. A task with problems leaves no state
//!    and makes nothing: only its report.

use super::before::Before;
use super::history;
use super::merged::Merged;
use super::page::page;
use super::report::{Report, Subject};
use super::source::Source;
use super::state::{State, TaskRun};
use super::systems;
use super::work::{Output, Work};
use crate::base::json;
use crate::base::value::{Value, json};
use crate::release::staged::{PAGE, REPORT, STATE, Staged};
use crate::release::{check_staged, lacking, recognize_as};

/// What a staged task has done.
#[derive(Debug, Clone)]
pub struct Done {
    /// Its artifacts.
    pub artifacts: Vec<Output>,
    /// Why it is red; empty if it passes.
    pub red: Vec<String>,
    /// How many kinds of checks were made.
    pub checked: usize,
    /// How many things could not be checked.
    pub unchecked: usize,
    /// The report for the log.
    pub log: String,
}

/// Runs a staged task.
#[must_use]
pub fn run(run: &TaskRun, definition: &Value, source: &dyn Source) -> Done {
    let label = definition["metadata"]["name"].as_str().unwrap_or_default();
    let subject = |staged: Option<&Staged>| -> (String, String) {
        let system = staged.map(|staged| staged.system.clone());
        let action = staged.and_then(|staged| staged.action.clone());
        (system.unwrap_or_default(), action.unwrap_or_default())
    };
    let mut report = Report::default();
    let staged = match Staged::of_definition(definition) {
        Ok(staged) => staged,
        Err(error) => {
            report.problem(error.to_string());
            let (system, action) = subject(None);
            return finish(run, label, (&system, &action), report, None);
        }
    };
    let names = subject(Some(&staged));
    let names = (names.0.as_str(), names.1.as_str());
    check_payload(&staged, definition, &mut report);
    let before = Before::read(&staged, source, &mut report);
    let merged = Merged::new(&before.states);
    report
        .problems
        .extend(merged.conflicts.iter().map(ToString::to_string));
    let history = history::read(&staged.history, source, &mut report);
    for conflict in &history.conflicts {
        report.problem(format!("an earlier release of the history: {conflict}"));
    }
    if !report.problems.is_empty() {
        return finish(run, label, names, report, None);
    }
    let both = (!history.is_empty()).then(|| {
        let mut both = history.clone();
        both.replace_with(merged.clone());
        both
    });
    let states = [&merged, &history, both.as_ref().unwrap_or(&merged)];
    let mut work = Work::new(&staged, definition, states, source, report);
    match systems::find(&staged) {
        Some(system) => system(&mut work),
        None => {
            let name = &staged.system;
            work.report.problem(format!(
                "this version cannot stage {name}: nothing about the task was checked but its payload"
            ));
        }
    }
    let Work {
        report,
        effects,
        outputs,
        ..
    } = work;
    let state = State {
        run: run.clone(),
        label: label.to_owned(),
        decision: staged.decision.clone(),
        revision: staged.release.revision.clone(),
        parents: before.parents,
        effects,
    };
    finish(run, label, names, report, Some((state, outputs)))
}

/// Checks a payload as the release worker does.
fn check_payload(staged: &Staged, definition: &Value, report: &mut Report) {
    let as_before = json!({
        "payload": staged.payload,
        "scopes": staged.scopes.clone(),
    });
    let Some(recognized) = recognize_as(&staged.system, &as_before) else {
        report.problem(format!("unknown release system `{}`", staged.system));
        return;
    };
    let dependencies = definition["dependencies"].as_array();
    let depends = dependencies.is_some_and(|ids| !ids.is_empty());
    let violations = check_staged(recognized, &as_before, depends);
    let has_rules = recognized
        .action
        .is_some_and(|action| (action.shape)(&staged.payload).is_some());
    if has_rules || !violations.is_empty() {
        report.checked("the payload against the rules of the worker", 1);
    }
    let lacking = lacking(recognized, &as_before);
    for rule in &lacking {
        let what = rule.what;
        report.unchecked.push(format!(
            "the scope for the {what}: the task has none below release level"
        ));
    }
    if recognized.system.scopes.len() > lacking.len() {
        report.checked("the scopes that the worker asks for", staged.scopes.len());
    }
    for violation in violations {
        report.problem(match violation.help {
            Some(help) => format!("{} ({help})", violation.message),
            None => violation.message,
        });
    }
}

/// Makes the artifacts about the staging.
fn finish(
    run: &TaskRun,
    label: &str,
    (system, action): (&str, &str),
    report: Report,
    made: Option<(State, Vec<Output>)>,
) -> Done {
    let subject = Subject {
        label,
        task_id: run.task_id.as_str(),
        run_id: run.run_id,
        system,
        action,
    };
    let red = report.red();
    let mut artifacts = Vec::new();
    if let Some((state, outputs)) = made.filter(|_| red.is_empty()) {
        artifacts = outputs;
        artifacts.push(Output {
            name: STATE.to_owned(),
            content: state.write(),
            media_type: "application/gzip",
        });
    }
    artifacts.push(Output {
        name: REPORT.to_owned(),
        content: (json::pretty(&report.to_json(subject)) + "\n").into_bytes(),
        media_type: "application/json",
    });
    artifacts.push(Output {
        name: PAGE.to_owned(),
        content: page(&report, subject).into_bytes(),
        media_type: "text/html; charset=utf-8",
    });
    Done {
        artifacts,
        red,
        checked: report.checked.len(),
        unchecked: report.unchecked.len(),
        log: report.to_text(subject),
    }
}
