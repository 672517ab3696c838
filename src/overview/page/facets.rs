//! How many tasks there are by kind, product, platform, locale and so on.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::base::text::{escape_html, plural};
use crate::overview::model::{Fate, Overview, ReleaseView, TaskView};

/// What tasks are counted and filtered by.
pub struct Facet {
    /// Its name in addresses.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Whether there is a table of it.
    pub table: bool,
    /// The values of a task.
    pub of: fn(&TaskView, &ReleaseView) -> Vec<String>,
}

/// All of them, in the order of the page.
pub const FACETS: &[Facet] = &[
    Facet {
        name: "release",
        title: "Release",
        table: false,
        of: |_, release| vec![release.name()],
    },
    Facet {
        name: "phase",
        title: "Phase",
        table: false,
        of: |task, release| {
            let events = task.events.iter();
            let own = events
                .clone()
                .filter(|event| !matches!(event.fate, Fate::Reused(_)));
            let mut phases: Vec<usize> = own.map(|event| event.phase).collect();
            if phases.is_empty() {
                phases = events.take(1).map(|event| event.phase).collect();
            }
            let phases = phases.into_iter();
            phases
                .filter_map(|at| Some(release.phases.get(at)?.name.clone()))
                .collect()
        },
    },
    Facet {
        name: "state",
        title: "State",
        table: false,
        of: |task, _| {
            let mut states = vec![task.state_name().to_owned()];
            if task.is_red() {
                states.push("red".to_owned());
            }
            if task.is_rebuilt() {
                states.push("rebuilt".to_owned());
            }
            states
        },
    },
    Facet {
        name: "kind",
        title: "Kind",
        table: true,
        of: |task, _| named(&task.kind),
    },
    Facet {
        name: "product",
        title: "Product",
        table: true,
        of: |task, _| named(&task.product),
    },
    Facet {
        name: "platform",
        title: "Platform",
        table: true,
        of: |task, _| named(&task.platform),
    },
    Facet {
        name: "locale",
        title: "Locale",
        table: true,
        of: |task, _| {
            let locales = task.locale.split_whitespace();
            locales.map(str::to_owned).collect()
        },
    },
    Facet {
        name: "system",
        title: "Release system",
        table: true,
        of: |task, _| named(task.system_name()),
    },
];

fn named(value: &str) -> Vec<String> {
    match value.is_empty() {
        true => Vec::new(),
        false => vec![value.to_owned()],
    }
}

/// How often each value occurs.
pub fn values(overview: &Overview, facet: &Facet) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for release in &overview.releases {
        for task in &release.tasks {
            for value in (facet.of)(task, release) {
                *counts.entry(value).or_default() += 1;
            }
        }
    }
    counts
}

/// What became of tasks.
#[derive(Default)]
struct Counts {
    created: usize,
    reused: usize,
    rebuilt: usize,
    removed: usize,
    red: usize,
}

/// A table for each of them, of the newest releases.
pub fn html(overview: &Overview) -> String {
    let mut out = String::new();
    for facet in FACETS.iter().filter(|facet| facet.table) {
        let mut counts: BTreeMap<String, Counts> = BTreeMap::new();
        let releases = overview.newest().iter();
        let tasks = releases.flat_map(|one| one.tasks.iter().map(move |task| (one, task)));
        for (release, task) in tasks {
            for value in (facet.of)(task, release) {
                let counts = counts.entry(value).or_default();
                match (task.created().count(), task.state_name()) {
                    (0, "removed") => counts.removed += 1,
                    (0, _) => counts.reused += 1,
                    (1, _) => counts.created += 1,
                    (_, _) => counts.rebuilt += 1,
                }
                counts.red += usize::from(task.is_red());
            }
        }
        if counts.is_empty() {
            continue;
        }
        let rows = counts.iter().map(|(value, counts)| {
            let numbers = [counts.created, counts.reused, counts.rebuilt, counts.removed, counts.red];
            let numbers = numbers.map(|number| format!("<td>{number}</td>")).concat();
            let value = escape_html(value);
            format!(
                "<tr><th scope=\"row\"><a href=\"#{}={value}\" data-facet=\"{0}\" data-value=\"{value}\">{value}</a></th>{numbers}</tr>\n",
                facet.name
            )
        });
        let _ = writeln!(
            out,
            "<details><summary><strong>By {}</strong> {}</summary>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" \
             aria-label=\"By {0}\"><table class=\"numbers\">\n<thead><tr><th scope=\"col\">{}</th>\
             <th scope=\"col\">Created</th><th scope=\"col\">Reused</th><th scope=\"col\">Rebuilt</th>\
             <th scope=\"col\">Removed</th><th scope=\"col\">Red</th></tr></thead>\n<tbody>\n{}</tbody></table></div></details>",
            facet.title.to_lowercase(),
            plural(counts.len(), "value"),
            facet.title,
            rows.collect::<String>()
        );
    }
    match out.is_empty() {
        true => out,
        false => format!("<h2 id=\"counts\">Counts</h2>\n{out}"),
    }
}
