//! The report that a staged task leaves as an artifact.

use std::fmt::Write as _;

use serde_json::Value;

use super::actions::json_artifact;
use super::frame::list;
use crate::base::text::escape_html;
use crate::sandbox::queue::task::Task;
use crate::sandbox::services::Services;

/// The artifact with the report.
const REPORT: &str = "public/staging/report.json";
/// How many rows of a table are shown.
const ROWS: usize = 100;

/// The report of a run; empty if it has none.
pub(super) fn html(services: &Services, task: &Task, run_id: usize) -> String {
    let Some(report) = json_artifact(services, task, run_id, REPORT) else {
        return String::new();
    };
    let text = |name: &str| report.get(name).and_then(Value::as_str).unwrap_or_default();
    let texts = |value: Option<&Value>| -> Vec<String> {
        let items = value.and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(escape_html).collect()
    };
    let verdict = escape_html(text("verdict"));
    let system = escape_html(text("system"));
    let mut out = format!(
        "<h2>Staged report</h2>\n<p><strong class=\"{verdict}\">{verdict}</strong> \
         <span class=\"muted\">by the rules of {system}</span></p>\n"
    );
    let mut section = |title: &str, items: Vec<String>| {
        if !items.is_empty() {
            let _ = write!(out, "<h3>{title}</h3>\n{}", list("", items));
        }
    };
    section("Problems", texts(report.get("problems")));
    section("Warnings", texts(report.get("warnings")));
    let checked = report.get("checked").and_then(Value::as_array);
    let checked = checked.into_iter().flatten().filter_map(|one| {
        let what = escape_html(one.get("what")?.as_str()?);
        Some(match one.get("count").and_then(Value::as_u64) {
            Some(count) if count > 1 => format!("{what} ({count})"),
            _ => what,
        })
    });
    section("Checked", checked.collect());
    section(
        "Would happen in production",
        texts(report.get("wouldHappen")),
    );
    section("Not checked", texts(report.get("notChecked")));
    let tables = report.get("tables").and_then(Value::as_array);
    for table in tables.into_iter().flatten() {
        let title = table
            .get("title")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let rows = table.get("rows").and_then(Value::as_array);
        let rows: Vec<Vec<String>> = rows
            .into_iter()
            .flatten()
            .map(|row| texts(Some(row)))
            .collect();
        let cells = |tag: &str, cells: &[String]| {
            let cells: String = cells
                .iter()
                .map(|cell| format!("<{tag}>{cell}</{tag}>"))
                .collect();
            format!("<tr>{cells}</tr>\n")
        };
        let head = cells("th", &texts(table.get("columns")));
        let body: String = rows.iter().take(ROWS).map(|row| cells("td", row)).collect();
        let more = match rows.len().saturating_sub(ROWS) {
            0 => String::new(),
            more => format!("<p class=\"muted\">and {more} more rows in the report itself</p>\n"),
        };
        let title = escape_html(title);
        let _ = write!(
            out,
            "<h3>{title} ({})</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{title}\">\
             <table>\n<thead>{head}</thead>\n<tbody>{body}</tbody>\n</table></div>\n{more}",
            rows.len()
        );
    }
    out
}
