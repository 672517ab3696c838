//! The page of a task.

use std::fmt::Write as _;

use super::actions;
use super::facts::{duration, kind, link, platform, purpose, state, symbol, text, time};
use super::frame::{Page, list};
use super::group_name::GroupName;
use super::report;
use crate::base::text::{escape_html, plural};
use crate::sandbox::artifacts::artifact::{Artifact, Storage};
use crate::sandbox::content_urls::{content_key, content_url};
use crate::sandbox::queue::task::{Run, Task};
use crate::sandbox::services::Services;

/// How many links a list has at most.
const LINKS: usize = 200;

/// The page of a task; `None` if it does not exist.
pub(super) fn page(services: &Services, id: &str) -> Option<Page> {
    let task = services.queue.tasks.get(id)?;
    let group = task.definition.text("taskGroupId");
    let mut out = format!(
        "<p>{}</p>\n<p class=\"facts\"><span>task group {}</span> <span>kind {}</span> <span>platform {}</span>",
        state(task.state()),
        GroupName::new(services, group).link(group),
        escape_html(kind(task)),
        escape_html(&platform(task)),
    );
    if let Some(symbol) = symbol(task) {
        let _ = write!(out, " <span>symbol {}</span>", escape_html(&symbol));
    }
    let _ = writeln!(
        out,
        " <span>queue <code>{}</code></span> <span>created {}</span> <span>deadline {}</span> <code>{}</code></p>",
        escape_html(task.definition.text("taskQueueId")),
        time(task.definition.created),
        time(task.definition.deadline),
        escape_html(id),
    );
    if let Some(about) = text(task, &["metadata", "description"]) {
        let _ = writeln!(out, "<p>{}</p>", escape_html(about));
    }
    if let Some(source) = text(task, &["metadata", "source"]) {
        let _ = writeln!(out, "<p class=\"muted\">{}</p>", escape_html(source));
    }
    if services.queue.groups.contains_key(id) && group != id {
        let made = GroupName::new(services, id).link(id);
        let _ = writeln!(out, "<p>Made the task group {made}.</p>");
    }
    out.push_str(&actions::section(services, group, Some(task)));
    runs(services, task, &mut out);
    if let Some(last) = task.runs.len().checked_sub(1) {
        out.push_str(&report::html(services, task, last));
    }
    let needed = task.definition.texts("dependencies");
    out.push_str(&links(services, "Depends on", &needed));
    let dependents = services.queue.dependents.get(id).into_iter().flatten();
    let dependents: Vec<&str> = dependents.map(String::as_str).collect();
    out.push_str(&links(services, "Needed by", &dependents));
    let definition = serde_json::to_string_pretty(&task.definition.json).unwrap_or_default();
    let _ = write!(
        out,
        "<h2>Definition</h2>\n<pre tabindex=\"0\">{}</pre>\n",
        escape_html(&definition)
    );
    let label = match task.definition.label() {
        "" => id,
        label => label,
    };
    let title = match purpose(task) {
        Some(purpose) => format!("{label} ({purpose})"),
        None => label.to_owned(),
    };
    Some(Page::new(&title, out).following(services.changes))
}

fn runs(services: &Services, task: &Task, out: &mut String) {
    out.push_str("<h2>Runs</h2>\n");
    if task.runs.is_empty() {
        let waits = match task.waiting.len() {
            0 => String::new(),
            n => format!(" It waits for {}.", plural(n, "task")),
        };
        let _ = writeln!(out, "<p>This task has not been scheduled.{waits}</p>");
    }
    for (run_id, run) in task.runs.iter().enumerate().rev() {
        let _ = write!(
            out,
            "<h3>Run {run_id} {}</h3>\n<p class=\"facts\">{}</p>\n",
            state(run.state),
            history(run)
        );
        let range = (run_id, String::new())..(run_id + 1, String::new());
        let artifacts = task.artifacts.range(range);
        let items = artifacts
            .map(|((_, name), artifact)| artifact_link(services, task, run_id, name, artifact));
        out.push_str(&list("", items));
    }
}

/// When and why a run was created, started and resolved.
fn history(run: &Run) -> String {
    let mut out = format!(
        "<span>created {} ({})</span>",
        time(run.scheduled),
        escape_html(&run.reason_created)
    );
    if let Some(started) = run.started {
        let worker = run.worker_id.as_deref().unwrap_or_default();
        let _ = write!(
            out,
            " <span>started {} on worker {}</span>",
            time(started),
            escape_html(worker)
        );
    }
    if let Some(resolved) = run.resolved {
        let reason = run.reason_resolved.as_deref().unwrap_or_default();
        let reason = escape_html(reason);
        let _ = write!(out, " <span>resolved {} ({reason})</span>", time(resolved));
    }
    if let Some(took) = duration(run) {
        let _ = write!(out, " <span>took {took}</span>");
    }
    out
}

fn artifact_link(
    services: &Services,
    task: &Task,
    run_id: usize,
    name: &str,
    artifact: &Artifact,
) -> String {
    let shown = escape_html(name);
    let kind = escape_html(&artifact.content_type);
    match &artifact.storage {
        Storage::Reference { url } => format!(
            "{shown} <span class=\"muted\">→ {}</span>",
            escape_html(url)
        ),
        Storage::Link { artifact } => {
            format!(
                "{shown} <span class=\"muted\">→ {}</span>",
                escape_html(artifact)
            )
        }
        Storage::Error { reason, message } => format!(
            "{shown} <span class=\"failed\">{}: {}</span>",
            escape_html(reason),
            escape_html(message)
        ),
        Storage::S3 | Storage::Object { .. } => {
            let url = content_url(services, &content_key(&task.id, run_id, name), name);
            let size = artifact
                .content_length
                .map_or_else(String::new, |length| format!(", {length} bytes"));
            format!(
                "<a href=\"{}\">{shown}</a> <span class=\"muted\">{kind}{size}</span>",
                escape_html(&url)
            )
        }
    }
}

fn links(services: &Services, title: &str, ids: &[&str]) -> String {
    let shown = ids.iter().take(LINKS).map(|id| link(services, id));
    let more = ids.len().saturating_sub(LINKS);
    let more = (more > 0).then(|| format!("and {more} more"));
    match list("", shown.chain(more)) {
        none if none.is_empty() => none,
        items => format!("<h2>{title} {}</h2>\n{items}", plural(ids.len(), "task")),
    }
}
