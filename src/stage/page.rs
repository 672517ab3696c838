//! The report of a staged task as a page.

use super::report::{Report, Subject, Table, headline};
use crate::base::style::BASICS;
use crate::base::text::escape_html;

/// The size of the page, on top of the style of all pages.
const STYLE: &str = "body { max-width: 60rem; padding-top: 1rem; }\n";

/// The page.
#[must_use]
pub fn page(report: &Report, subject: Subject<'_>) -> String {
    let red = report.red();
    let (class, verdict) = match red.is_empty() {
        true => ("passed", "Passed"),
        false => ("failed", "Failed"),
    };
    let title = escape_html(&headline(subject));
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{BASICS}{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n<p class=\"{class}\"><strong>{verdict}</strong></p>\n"
    );
    let mut section = |title: &str, items: &[String]| {
        if items.is_empty() {
            return;
        }
        html.push_str(&format!("<h2>{title}</h2>\n<ul>\n"));
        for item in items {
            html.push_str(&format!("<li>{}</li>\n", escape_html(item)));
        }
        html.push_str("</ul>\n");
    };
    section("Problems", &red);
    section("Warnings", &report.warnings);
    section("Checked", &report.checks());
    section("Would happen in production", &report.would);
    section("Not checked", &report.unchecked);
    for one in &report.tables {
        html.push_str(&table(one));
    }
    html.push_str("</main>\n</body>\n</html>\n");
    html
}

fn table(table: &Table) -> String {
    let title = escape_html(&table.title);
    let cells = |tag: &str, texts: &[String]| -> String {
        let cells = texts
            .iter()
            .map(|text| format!("<{tag}>{}</{tag}>", escape_html(text)));
        format!("<tr>{}</tr>\n", cells.collect::<String>())
    };
    let columns: Vec<String> = table.columns.iter().map(|&name| name.to_owned()).collect();
    let rows: String = table.rows.iter().map(|row| cells("td", row)).collect();
    format!(
        "<h2>{title} ({})</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{title}\">\n\
         <table>\n<thead>\n{}</thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n",
        table.rows.len(),
        cells("th", &columns)
    )
}
