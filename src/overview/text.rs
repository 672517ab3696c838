//! An overview as text.

use std::collections::BTreeMap;
use std::slice;

use super::model::{Overview, ReleaseView, TaskView};
use crate::base::text::{plural, shorten, text_table};

/// The most items of a list that is not about failures.
const MOST: usize = 10;

/// The most characters of a revision.
const REVISION: usize = 12;

/// Counts of staged tasks.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) tasks: usize,
    pub(super) passed: usize,
    pub(super) red: usize,
    pub(super) waiting: usize,
    pub(super) would: usize,
    pub(super) unchecked: usize,
}

/// The staged tasks of a release by system.
pub(super) fn systems(release: &ReleaseView) -> BTreeMap<&str, Counts> {
    let mut systems: BTreeMap<&str, Counts> = BTreeMap::new();
    for task in &release.tasks {
        let system = task.system_name();
        if system.is_empty() && task.report.is_none() {
            continue;
        }
        let counts = systems.entry(system).or_default();
        counts.tasks += 1;
        match (task.is_red(), &task.report) {
            (true, _) => counts.red += 1,
            (false, Some(_)) => counts.passed += 1,
            (false, None) => counts.waiting += 1,
        }
        let report = task.report.iter();
        counts.would += report
            .clone()
            .map(|report| report.would.len())
            .sum::<usize>();
        counts.unchecked += report.map(|report| report.unchecked.len()).sum::<usize>();
    }
    systems
}

/// Texts of reports of releases, each with the number of tasks that report it: the most frequent ones first.
pub(super) fn frequent<'r>(
    releases: &'r [ReleaseView],
    of: impl Fn(&'r super::model::Report) -> &'r [String],
) -> Vec<(&'r str, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let tasks = releases.iter().flat_map(|release| &release.tasks);
    let reports = tasks.filter_map(|task| task.report.as_ref());
    for text in reports.flat_map(of) {
        *counts.entry(text).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
    counts
}

/// Writes an overview.
#[must_use]
pub fn text(overview: &Overview) -> String {
    let releases = overview.releases.iter();
    let mut out = releases.map(release).collect::<Vec<_>>().join("\n");
    for note in &overview.notes {
        out.push_str(&format!("Note: {note}\n"));
    }
    out
}

fn release(release: &ReleaseView) -> String {
    let mut out = release.name();
    let revisions = release.revisions.iter();
    let revisions: Vec<&str> = revisions
        .map(|one| one.get(..REVISION).unwrap_or(one))
        .collect();
    if !revisions.is_empty() {
        let noun = if revisions.len() == 1 {
            "revision"
        } else {
            "revisions"
        };
        out.push_str(&format!(", {noun} {}", revisions.join(", ")));
    }
    out.push_str("\n\n");
    let phases = release.phases.iter().enumerate();
    let phases = phases.map(|(number, phase)| {
        let created = |task: &&TaskView| task.created().any(|event| event.phase == number);
        let own = || release.tasks.iter().filter(created);
        let staged = own().filter(|task| !task.system.is_empty() || task.report.is_some());
        let red = own().filter(|task| task.is_red()).count();
        [
            phase.name.clone(),
            phase.task_id.clone(),
            (phase.created + phase.rebuilt).to_string(),
            phase.reused().to_string(),
            phase.removed.to_string(),
            staged.count().to_string(),
            red.to_string(),
        ]
    });
    let heads = [
        "Phase", "Task", "Created", "Reused", "Removed", "Staged", "Red",
    ];
    out.push_str(&text_table(2, heads, phases.collect()));
    let systems = systems(release);
    if systems.is_empty() {
        out.push_str("\nNo task is staged.\n");
        return out;
    }
    let rows = systems.iter().map(|(name, counts)| {
        let numbers = [
            counts.tasks,
            counts.passed,
            counts.red,
            counts.waiting,
            counts.would,
            counts.unchecked,
        ];
        let [a, b, c, d, e, f] = numbers.map(|number| number.to_string());
        [(*name).to_owned(), a, b, c, d, e, f]
    });
    out.push('\n');
    let heads = [
        "System",
        "Tasks",
        "Passed",
        "Red",
        "No report",
        "Would do",
        "Not checked",
    ];
    out.push_str(&text_table(1, heads, rows.collect()));
    let red: Vec<String> = release
        .tasks
        .iter()
        .filter(|task| task.is_red())
        .map(red)
        .collect();
    list(&mut out, "Red", &red, usize::MAX);
    list(
        &mut out,
        "Deferred, as a later task has to check it",
        &release.deferred,
        usize::MAX,
    );
    let counted = |texts: Vec<(&str, usize)>| -> Vec<String> {
        let texts = texts.into_iter();
        texts
            .map(|(text, count)| format!("{} ({})", shorten(text, 200), plural(count, "task")))
            .collect()
    };
    let would = counted(frequent(slice::from_ref(release), |report| &report.would));
    list(&mut out, "Would happen in production", &would, MOST);
    let unchecked = counted(frequent(slice::from_ref(release), |report| {
        &report.unchecked
    }));
    list(&mut out, "Not checked", &unchecked, MOST);
    out
}

fn red(task: &TaskView) -> String {
    let report = task.report.iter().flat_map(|report| &report.problems);
    let why = report.map(|problem| format!("\n      {problem}"));
    format!(
        "{}: {}{}",
        task.label,
        task.state_name(),
        why.collect::<String>()
    )
}

fn list(out: &mut String, title: &str, items: &[String], most: usize) {
    if items.is_empty() {
        return;
    }
    out.push_str(&format!("\n{title}:\n"));
    for item in items.iter().take(most) {
        out.push_str(&format!("  - {item}\n"));
    }
    if items.len() > most {
        out.push_str(&format!("  … and {} more\n", items.len() - most));
    }
}
