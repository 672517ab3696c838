//! What staged tasks have reported: what is red, what production would have done, what could not be checked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::base::text::{escape_html, plural};
use crate::overview::model::{Overview, ReleaseView, Report, Rule, TaskView};
use crate::overview::text::frequent;

/// The most tasks of a system whose effects are listed; the others can be opened.
const LISTED: usize = 200;

/// The tasks of an overview, each with its release and its number on the page.
fn numbered(overview: &Overview) -> impl Iterator<Item = (usize, (&ReleaseView, &TaskView))> {
    let releases = overview.releases.iter();
    let tasks = releases.flat_map(|release| release.tasks.iter().map(move |task| (release, task)));
    tasks.enumerate()
}

/// The name of a release that was rehearsed beside others.
fn beside(release: &ReleaseView) -> String {
    match release.number {
        Some(_) => format!(
            " <span class=\"muted\">{}</span>",
            escape_html(&release.name())
        ),
        None => String::new(),
    }
}

/// What is red and why; empty if nothing is.
pub fn red(overview: &Overview) -> String {
    let mut out = String::new();
    let between = overview.at_once.iter().flat_map(|all| &all.rules);
    for Rule { rule, breaches } in between.filter(|rule| !rule.holds()) {
        let breaches = breaches.iter();
        let breaches = breaches.map(|breach| format!("<li>{}</li>", escape_html(breach)));
        let _ = writeln!(
            out,
            "<li><strong>{}</strong><ul>{}</ul></li>",
            escape_html(rule),
            breaches.collect::<String>()
        );
    }
    for release in &overview.releases {
        for phase in &release.phases {
            for Rule { rule, breaches } in phase.rules.iter().filter(|rule| !rule.holds()) {
                // Red tasks are listed below.
                let breaches = breaches
                    .iter()
                    .filter(|breach| !is_about_red(release, breach));
                let breaches = breaches.map(|breach| format!("<li>{}</li>", escape_html(breach)));
                let _ = writeln!(
                    out,
                    "<li><strong>{}: {}</strong>{}<ul>{}</ul></li>",
                    escape_html(&phase.name),
                    escape_html(rule),
                    beside(release),
                    breaches.collect::<String>()
                );
            }
        }
    }
    for (number, (release, task)) in numbered(overview).filter(|(_, (_, task))| task.is_red()) {
        let problems = task.report.iter().flat_map(|report| &report.problems);
        let problems = problems.map(|why| format!("<li>{}</li>", escape_html(why)));
        let _ = writeln!(
            out,
            "<li>{} <span class=\"state failed\">{}</span>{}<ul>{}</ul></li>",
            link(number, task),
            task.state_name(),
            beside(release),
            problems.collect::<String>()
        );
    }
    match out.is_empty() {
        true => out,
        false => format!(
            "<section id=\"red\">\n<h2>What is red and why</h2>\n<ul>\n{out}</ul>\n</section>\n"
        ),
    }
}

/// Whether a breach begins with the label of a red task.
fn is_about_red(release: &ReleaseView, breach: &str) -> bool {
    let mut red = release.tasks.iter().filter(|task| task.is_red());
    red.any(|task| {
        let rest = breach.strip_prefix(task.label.as_str());
        rest.is_some_and(|rest| rest.starts_with([':', ' ']))
    })
}

/// A link to the row of a task.
pub fn link(number: usize, task: &TaskView) -> String {
    format!("<a href=\"#t{number}\">{}</a>", escape_html(&task.label))
}

/// What would have happened in production, by system.
pub fn production(overview: &Overview) -> String {
    let mut systems: BTreeMap<&str, Vec<(usize, &ReleaseView, &TaskView, &Report)>> =
        BTreeMap::new();
    let first = first_of_newest(overview);
    for (number, (release, task)) in numbered(overview).skip(first) {
        if let Some(report) = &task.report
            && !report.would.is_empty()
        {
            let system = task.system_name();
            systems
                .entry(system)
                .or_default()
                .push((number, release, task, report));
        }
    }
    if systems.is_empty() {
        return String::new();
    }
    let mut out =
        String::from("<h2 id=\"production\">What would have happened in production</h2>\n");
    for (system, tasks) in systems {
        let _ = writeln!(
            out,
            "<details><summary><strong>{}</strong> {}</summary>\n<ul>",
            escape_html(system),
            plural(tasks.len(), "task")
        );
        for (number, release, task, report) in tasks.iter().take(LISTED) {
            let would: Vec<String> = report
                .would
                .iter()
                .map(|would| escape_html(would))
                .collect();
            let _ = writeln!(
                out,
                "<li>{}{}: {}</li>",
                link(*number, task),
                beside(release),
                would.join("; ")
            );
        }
        if let more @ 1.. = tasks.len().saturating_sub(LISTED) {
            let _ = writeln!(
                out,
                "<li class=\"muted\">and {more} more: open them in the list of tasks</li>"
            );
        }
        out.push_str("</ul></details>\n");
    }
    out
}

/// The number of the first task of the newest releases.
fn first_of_newest(overview: &Overview) -> usize {
    let earlier = overview.releases.iter().rev().skip(overview.newest().len());
    earlier.map(|release| release.tasks.len()).sum()
}

/// What could not be checked, and what a later task has to check.
pub fn unchecked(overview: &Overview) -> String {
    let releases = overview.newest();
    let mut out = String::new();
    let parts = [
        (
            "unchecked",
            "Not checked",
            frequent(releases, |report| &report.unchecked),
        ),
        (
            "unusual",
            "Unusual",
            frequent(releases, |report| &report.warnings),
        ),
    ];
    for (id, title, texts) in parts {
        if texts.is_empty() {
            continue;
        }
        let items = texts.iter();
        let items = items.map(|(text, count)| {
            let tasks = plural(*count, "task");
            format!(
                "<li>{} <span class=\"muted\">{tasks}</span></li>\n",
                escape_html(text)
            )
        });
        let _ = writeln!(
            out,
            "<h2 id=\"{id}\">{title}</h2>\n<details><summary>{}</summary>\n<ul>\n{}</ul></details>",
            plural(texts.len(), "remark"),
            items.collect::<String>()
        );
    }
    let deferred: BTreeSet<&String> = releases.iter().flat_map(|one| &one.deferred).collect();
    if !deferred.is_empty() {
        let items = deferred
            .into_iter()
            .map(|item| format!("<li>{}</li>\n", escape_html(item)));
        let _ = writeln!(
            out,
            "<h2>Deferred</h2>\n<p>A later task has to check this.</p>\n<ul>\n{}</ul>",
            items.collect::<String>()
        );
    }
    out
}
