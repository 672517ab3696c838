//! The page of an overview: one file, which loads nothing.
//!
//! - Everything but the details of tasks that pass is written here and reads without a script. Details are in a block of
//!   JSON ([`data`]), from which the script shows them when a task is opened.
//! - The policy of the page allows only its own style and its own script, by their digests.
//! - Tasks are in parts by release and kind, which are closed: a browser lays out only what is open.

mod data;
mod facets;
mod phases;
mod reports;
mod rows;
mod snowman;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use super::model::Overview;
use crate::base::style::{BASICS, COMPONENTS};
use crate::base::text::{escape_html, plural};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Writes the page.
#[must_use]
pub fn page(overview: &Overview) -> String {
    let style = [BASICS, COMPONENTS, STYLE].concat();
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        digest(&style),
        digest(SCRIPT)
    );
    let title = title(overview);
    let parts = [
        reports::red(overview),
        phases::html(overview),
        reports::production(overview),
        reports::unchecked(overview),
        facets::html(overview),
        rows::html(overview),
    ];
    let content = [verdict(overview), contents(&parts)].concat() + &parts.concat();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#tasks\">Skip to the tasks</a>\n<main>\n<h1>{title}</h1>\n{}</main>\n\
         <script type=\"application/json\" id=\"data\">{}</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        content,
        data::block(overview)
    )
}

/// Links to the parts of the page that there are.
fn contents(parts: &[String]) -> String {
    let titles = [
        ("red", "Red"),
        ("at-once", "Releases at once"),
        ("phases", "Phases"),
        ("production", "In production"),
        ("unchecked", "Not checked"),
        ("counts", "Counts"),
        ("tasks", "Tasks"),
    ];
    let there = |id: &str| {
        parts
            .iter()
            .any(|part| part.contains(&format!(" id=\"{id}\"")))
    };
    let links = titles.into_iter().filter(|(id, _)| there(id));
    let links = links.map(|(id, title)| format!("<a href=\"#{id}\">{title}</a>"));
    format!(
        "<nav class=\"views\" aria-label=\"Parts of this page\">{}</nav>\n",
        links.collect::<String>()
    )
}

/// A source in a policy: the digest of what is written between the tags.
fn digest(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text)))
}

fn title(overview: &Overview) -> String {
    let newest = overview.releases.last();
    let of = match (overview.newest(), newest) {
        ([_, _, ..], _) => format!(" of {} at once", plural(overview.newest().len(), "release")),
        (_, Some(release)) => format!(" of {}", release.name()),
        (_, None) => String::new(),
    };
    escape_html(&format!("{}{of}", overview.title))
}

fn verdict(overview: &Overview) -> String {
    let broken = overview.rules().filter(|rule| !rule.holds()).count();
    let red = overview.tasks().filter(|task| task.is_red()).count();
    let of = match &overview.at_once {
        Some(_) => "of the phases and of the isolation",
        None => "of the phases",
    };
    let checks = match overview.rules().count() {
        0 => String::new(),
        count => format!("{} {of} passed. ", plural(count, "check")),
    };
    let verdict = match (broken, red) {
        (0, 0) => {
            format!("<p class=\"verdict passed\"><strong>✓ {checks}No task is red.</strong></p>\n")
        }
        (broken, red) => {
            let parts = [
                (broken, format!("{} failed", plural(broken, "check"))),
                (red, format!("{} red", plural(red, "task"))),
            ];
            let parts = parts.into_iter().filter(|(count, _)| *count > 0);
            let parts: Vec<String> = parts.map(|(_, text)| text).collect();
            format!(
                "<p class=\"verdict failed\"><strong>✗ {}.</strong> <a href=\"#red\">What is red and why</a></p>\n",
                parts.join(", ")
            )
        }
    };
    let created: usize = overview
        .phases()
        .map(|phase| phase.created + phase.rebuilt)
        .sum();
    // Of releases at once, each tells its own.
    let revisions = overview
        .releases
        .iter()
        .filter(|_| overview.at_once.is_none())
        .flat_map(|release| &release.revisions);
    let revisions: std::collections::BTreeSet<&String> = revisions.collect();
    let revisions = revisions.into_iter();
    let revisions =
        revisions.map(|one| format!(" <span>revision <code>{}</code></span>", escape_html(one)));
    let mut out = format!(
        "{verdict}<p class=\"facts\"><span>{}</span> <span>{}</span>{}</p>\n",
        plural(overview.phases().count(), "phase"),
        format_args!("{} created", plural(created, "task")),
        revisions.collect::<String>()
    );
    for note in &overview.notes {
        out.push_str(&format!("<p class=\"note\">{}</p>\n", escape_html(note)));
    }
    if !overview.not_run.is_empty() {
        let names = escape_html(&overview.not_run.join(", "));
        out.push_str(&format!(
            "<p class=\"wrong\">Not rehearsed because of failures: {names}</p>\n"
        ));
    }
    out
}
