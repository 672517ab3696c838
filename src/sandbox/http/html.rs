//! Web pages that show groups, tasks, runs and artifacts to people who follow a rehearsal.

use std::fmt::Write as _;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use crate::base::task_state::TaskState;
use crate::base::text::escape_html;
use crate::sandbox::content_urls::{content_key, content_url};
use crate::sandbox::queue::task::{Run, Task};
use crate::sandbox::services::{Services, SharedServices};
use crate::sandbox::time;

/// Returns a page, or `None` if it does not exist.
pub(crate) fn respond(shared: &SharedServices, path: &[&str]) -> Option<Response> {
    let (title, content) = shared.read(|services| match path {
        [] => Some(("Task groups".to_owned(), groups_page(services))),
        ["groups", id] => Some((format!("Task group {id}"), group_page(services, id)?)),
        ["tasks", id] => {
            let task = services.queue.tasks.get(*id)?;
            Some((
                task.definition.label().to_owned(),
                task_page(services, task),
            ))
        }
        _ => None,
    })?;
    let mut response = Response::new(Body::from(html_page(&title, &content)));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Some(response)
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:72rem;padding:1rem;\
color:#222;background:#fff}.note{background:#fff3cd;border:1px solid #d9b84a;border-radius:4px;\
padding:.5rem 1rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .75rem;\
border-bottom:1px solid #ddd;vertical-align:top}pre{background:#f5f5f5;padding:1rem;overflow:auto}\
code{font-size:.9em}.completed{color:#17692c}.failed,.exception{color:#b3261e}.running{color:#0b57a4}\
.pending,.unscheduled{color:#666}";

fn html_page(title: &str, content: &str) -> String {
    let title = escape_html(title);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head><body>\
         <p class=\"note\">This is a sandbox for rehearsals and tests. It only serves this machine, and no \
         task here was run by a real worker.</p><p><a href=\"/\">All task groups</a></p>\
         <h1>{title}</h1>\n{content}</body></html>\n"
    )
}

fn state_badge(state: TaskState) -> String {
    format!("<span class=\"{0}\">{0}</span>", state.name())
}

fn link(services: &Services, id: &str) -> String {
    let label = services
        .queue
        .tasks
        .get(id)
        .map_or(id, |task| task.definition.label());
    let mark = services
        .queue
        .tasks
        .get(id)
        .map(|task| state_badge(task.state()))
        .unwrap_or_default();
    format!(
        "<a href=\"/tasks/{}\">{}</a> {mark}",
        escape_html(id),
        escape_html(label)
    )
}

fn groups_page(services: &Services) -> String {
    if services.queue.groups.is_empty() {
        return "<p>No tasks yet.</p>".to_owned();
    }
    let mut out = String::from("<table><tr><th>Task group</th><th>Scheduler</th>");
    for state in TaskState::ALL {
        let _ = write!(out, "<th>{}</th>", state.name());
    }
    out.push_str("<th>Sealed</th></tr>\n");
    for (id, group) in &services.queue.groups {
        let _ = write!(
            out,
            "<tr><td><a href=\"/groups/{0}\">{0}</a></td><td>{1}</td>",
            escape_html(id),
            escape_html(&group.scheduler)
        );
        let states: Vec<TaskState> = group
            .tasks
            .iter()
            .filter_map(|id| services.queue.tasks.get(id))
            .map(Task::state)
            .collect();
        for state in TaskState::ALL {
            let count = states.iter().filter(|other| **other == state).count();
            let _ = write!(out, "<td class=\"{}\">{count}</td>", state.name());
        }
        let sealed = group.sealed.map(time::format).unwrap_or_default();
        let _ = writeln!(out, "<td>{sealed}</td></tr>");
    }
    out + "</table>"
}

fn group_page(services: &Services, id: &str) -> Option<String> {
    let group = services.queue.groups.get(id)?;
    let mut tasks: Vec<&Task> = group
        .tasks
        .iter()
        .filter_map(|id| services.queue.tasks.get(id))
        .collect();
    tasks.sort_by_key(|task| (task.definition.label(), &task.id));
    let mut out = String::from(
        "<table><tr><th>Task</th><th>State</th><th>Unresolved dependencies</th><th>Dependencies</th></tr>\n",
    );
    for task in tasks {
        let _ = writeln!(
            out,
            "<tr><td><a href=\"/tasks/{0}\">{1}</a><br><code>{0}</code></td><td>{2}</td><td>{3}</td>\
             <td>{4}</td></tr>",
            escape_html(&task.id),
            escape_html(task.definition.label()),
            state_badge(task.state()),
            task.waiting.len(),
            first_links(services, task.definition.texts("dependencies").into_iter()),
        );
    }
    Some(out + "</table>")
}

/// Returns links to the first tasks of a list, because a group's page would otherwise grow with the
/// square of its tasks.
fn first_links<'a>(services: &Services, ids: impl Iterator<Item = &'a str>) -> String {
    const MAX_LINKS: usize = 10;
    let ids: Vec<&str> = ids.collect();
    let mut out: Vec<String> = ids
        .iter()
        .take(MAX_LINKS)
        .map(|id| link(services, id))
        .collect();
    if ids.len() > MAX_LINKS {
        out.push(format!("and {} more", ids.len() - MAX_LINKS));
    }
    out.join("<br>")
}

fn link_list<'a>(services: &Services, title: &str, ids: impl Iterator<Item = &'a str>) -> String {
    let items: Vec<String> = ids
        .map(|id| format!("<li>{}</li>", link(services, id)))
        .collect();
    if items.is_empty() {
        return String::new();
    }
    format!("<h2>{title}</h2><ul>{}</ul>\n", items.join("\n"))
}

/// Returns when and why a run was created, started and resolved.
fn run_history(run: &Run) -> String {
    let mut out = format!(
        "created {} ({})",
        time::format(run.scheduled),
        run.reason_created
    );
    if let Some(started) = run.started {
        let _ = write!(out, "; started {}", time::format(started));
    }
    if let Some(resolved) = run.resolved {
        let reason = run.reason_resolved.as_deref().unwrap_or_default();
        let _ = write!(out, "; resolved {} ({reason})", time::format(resolved));
    }
    out
}

fn task_page(services: &Services, task: &Task) -> String {
    let group = task.definition.text("taskGroupId");
    let mut out = format!(
        "<p>{} · task <code>{}</code> · task group <a href=\"/groups/{2}\"><code>{2}</code></a> · \
         task queue <code>{3}</code></p>\n",
        state_badge(task.state()),
        escape_html(&task.id),
        escape_html(group),
        escape_html(task.definition.text("taskQueueId")),
    );
    out.push_str("<h2>Runs</h2>");
    if task.runs.is_empty() {
        out.push_str("<p>This task has not been scheduled.</p>");
    }
    for (run_id, run) in task.runs.iter().enumerate() {
        let _ = write!(
            out,
            "<h3>Run {run_id}: {}</h3><p>{}</p><ul>",
            state_badge(run.state),
            escape_html(&run_history(run)),
        );
        let artifacts = task
            .artifacts
            .range((run_id, String::new())..(run_id + 1, String::new()));
        for ((_, name), artifact) in artifacts {
            let url = content_url(services, &content_key(&task.id, run_id, name), name);
            let _ = writeln!(
                out,
                "<li><a href=\"{}\">{}</a> ({}, {})</li>",
                escape_html(&url),
                escape_html(name),
                artifact.storage.name(),
                escape_html(&artifact.content_type),
            );
        }
        out.push_str("</ul>\n");
    }
    out += &link_list(
        services,
        "Dependencies",
        task.definition.texts("dependencies").into_iter(),
    );
    let dependents = services
        .queue
        .dependents
        .get(&task.id)
        .into_iter()
        .flatten();
    out += &link_list(services, "Dependents", dependents.map(String::as_str));
    let definition = serde_json::to_string_pretty(&task.definition.json).unwrap_or_default();
    let _ = write!(
        out,
        "<h2>Definition</h2><pre>{}</pre>",
        escape_html(&definition)
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn task_values_are_escaped() {
        assert_eq!(
            escape_html("<a href='x'>&\""),
            "&lt;a href=&#39;x&#39;&gt;&amp;&quot;"
        );
    }
}
