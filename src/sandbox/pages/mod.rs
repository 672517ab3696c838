//! Web pages that show groups, tasks, runs and artifacts to people, and trigger actions.
//!
//! Every page is written on the server and works without a script. All text that comes from tasks is escaped, and
//! the policy of each page allows only the style and the script that the sandbox serves itself. A page that changes
//! something ([`trigger`]) answers only forms of the sandbox's own pages.

mod action_form;
mod actions;
mod facts;
mod filter;
mod frame;
mod graph;
mod group;
mod group_name;
mod groups;
mod report;
mod task;
mod trigger;

use axum::response::Response;
use percent_encoding::percent_decode_str;

use self::frame::{Page, asset};
use super::http::request::HttpRequest;
use super::services::SharedServices;

/// Responds to a request for a page; `None` if there is no such page.
pub(crate) fn respond(
    shared: &SharedServices,
    request: &HttpRequest,
    path: &[&str],
) -> Option<Response> {
    let reads = request.method == "GET" || request.method == "HEAD";
    if !reads && request.method != "POST" {
        return None;
    }
    let query = request.query();
    if let ["groups", group, "actions", name] = path {
        let task = query.get("task").map(String::as_str);
        let name = percent_decode_str(name).decode_utf8_lossy();
        return match reads {
            true => shared
                .read(|services| trigger::form(services, group, &name, task))
                .map(|page| page.response(200)),
            false => trigger::respond(shared, request, group, &name, task),
        };
    }
    if !reads {
        return None;
    }
    match path {
        ["assets", name] => return asset(name),
        ["changes"] => {
            let changes = shared.read(|services| services.changes);
            return Some(frame::plain(changes.to_string()));
        }
        _ => {}
    }
    let page = shared.read(|services| match path {
        [] => Some(groups::page(services)),
        ["groups", id] => group::page(services, id, &query),
        ["tasks", id] => task::page(services, id),
        _ => None,
    })?;
    Some(page.response(200))
}

/// The response to a request for a page that does not exist, or a form for an action that is gone, if a person asks
/// for it.
pub(crate) fn not_found(request: &HttpRequest) -> Option<Response> {
    let accept = request.header(&axum::http::header::ACCEPT)?;
    let is_of_person = ["GET", "HEAD", "POST"].contains(&request.method.as_str());
    if !is_of_person || !accept.contains("text/html") {
        return None;
    }
    let content = "<p>This sandbox has no such page. The task or group may belong to another sandbox, or to one that \
         was started without <code>--folder</code> and has stopped since.</p>\n\
         <p><a href=\"/\">All task groups</a></p>\n";
    Some(Page::new("Page not found", content.to_owned()).response(404))
}
