//! Triggers actions: the form for the input, and the task that it creates.
//!
//! Only forms of the sandbox's own pages are answered. Browsers name the page that a form comes from in the header
//! `Origin`, and no other site can change that.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::Value;

use super::action_form::{self, Sent};
use super::actions::{Offered, find, name, offered, title};
use super::facts::named_link;
use super::frame::{Page, encode, list};
use super::group_name::GroupName;
use crate::base::text::escape_html;
use crate::sandbox::action_task::ActionRequest;
use crate::sandbox::http::request::{HttpRequest, parameters};
use crate::sandbox::services::{Services, SharedServices};
use crate::sandbox::state::create_as;

/// The largest form that is read.
const MAX_FORM_BYTES: usize = 1024 * 1024;

/// An action that can be triggered, and on what.
struct Chosen {
    offered: Offered,
    action: Value,
    /// The task that it is triggered on, with its definition.
    task: Option<(String, Value)>,
}

impl Chosen {
    fn find(services: &Services, group: &str, name: &str, task: Option<&str>) -> Option<Self> {
        let offered = offered(services, group)?;
        let on = match task {
            Some(id) => Some(services.queue.tasks.get(id)?),
            None => None,
        };
        if offered.group != group {
            return None;
        }
        let action = find(&offered.actions, name, on)?.clone();
        Some(Self {
            action,
            task: on.map(|task| (task.id.clone(), task.definition.json.clone())),
            offered,
        })
    }

    fn schema(&self) -> Option<&Value> {
        self.action
            .get("schema")
            .filter(|schema| schema.is_object())
    }

    fn page(&self, services: &Services, sent: Option<&Sent>, wrong: &[String]) -> Page {
        let action = &self.action;
        let group = &self.offered.group;
        let mut content = String::from("<p class=\"facts\">");
        if let Some(task) = self
            .task
            .as_ref()
            .and_then(|(id, _)| services.queue.tasks.get(id))
        {
            content.push_str(&format!("<span>on the task {}</span>", named_link(task)));
        }
        content.push_str(&format!(
            "<span>task group {}</span></p>\n",
            GroupName::new(services, group).link(group)
        ));
        if let Some(about) = action.get("description").and_then(Value::as_str) {
            content.push_str(&format!("<p>{}</p>\n", escape_html(about)));
        }
        if services.action_handler.is_none() {
            content.push_str(
                "<p class=\"note\">This sandbox cannot create the task of the action, because it does not know the \
                 project. Start it with <code>snowman sandbox --run-decisions</code> in a checkout.</p>\n",
            );
            return Page::new(title(action), content);
        }
        if !wrong.is_empty() {
            let wrong = list("plain", wrong.iter().map(|one| escape_html(one)));
            content.push_str(&format!(
                "<div class=\"wrong\" role=\"alert\"><strong>The action was not triggered.</strong>{wrong}</div>\n"
            ));
        }
        let on = self.task.as_ref();
        let on = on.map_or_else(String::new, |(id, _)| format!("?task={}", encode(id)));
        let fields = match self.schema() {
            Some(schema) => action_form::html(schema, sent),
            None => "<p>This action takes no input.</p>\n".to_owned(),
        };
        content.push_str(&format!(
            "<form method=\"post\" action=\"/groups/{}/actions/{}{on}\">\n{fields}\
             <p><button type=\"submit\">Trigger “{}”</button></p>\n</form>\n",
            encode(group),
            encode(name(action)),
            escape_html(title(action))
        ));
        Page::new(title(action), content)
    }
}

/// The form of an action.
pub(super) fn form(
    services: &Services,
    group: &str,
    name: &str,
    task: Option<&str>,
) -> Option<Page> {
    let chosen = Chosen::find(services, group, name, task)?;
    Some(chosen.page(services, None, &[]))
}

/// Triggers an action, and sends the browser to the page of its task.
pub(super) fn respond(
    shared: &SharedServices,
    request: &HttpRequest,
    group: &str,
    name: &str,
    task: Option<&str>,
) -> Option<Response> {
    if !is_own_form(request) {
        let content = "<p>Only forms on the pages of the sandbox itself may trigger actions.</p>\n";
        return Some(Page::new("Not allowed", content.to_owned()).response(403));
    }
    let (chosen, handler) = shared.read(|services| {
        let chosen = Chosen::find(services, group, name, task)?;
        Some((chosen, services.action_handler.clone()))
    })?;
    let body = std::str::from_utf8(&request.bytes).ok();
    let body = body.filter(|body| body.len() <= MAX_FORM_BYTES);
    let sent = body.map(parameters).unwrap_or_default();
    let refuse = |wrong: Vec<String>| {
        let page = shared.read(|services| chosen.page(services, Some(&sent), &wrong));
        Some(page.response(400))
    };
    if body.is_none() {
        return refuse(vec!["the form is too large, or not UTF-8".to_owned()]);
    }
    let Some(handler) = handler else {
        return refuse(Vec::new());
    };
    let input = match chosen.schema() {
        Some(schema) => match action_form::read(schema, &sent) {
            Ok(input) => input,
            Err(wrong) => return refuse(wrong),
        },
        None => Value::Null,
    };
    let made = handler(&ActionRequest {
        action: chosen.action.clone(),
        variables: chosen.offered.variables.clone(),
        task_group_id: chosen.offered.group.clone(),
        task: chosen.task.clone(),
        input,
    });
    let created = made.and_then(|made| {
        create_as(shared, &made.task_id, &made.definition, &made.creator)
            .map_err(|error| error.to_string())?;
        Ok(made.task_id)
    });
    match created {
        Ok(id) => Some(see_other(&format!("/tasks/{}", encode(&id)))),
        Err(error) => refuse(vec![error]),
    }
}

/// Whether a form was sent from a page of this sandbox.
fn is_own_form(request: &HttpRequest) -> bool {
    let host = request.header(&header::HOST).unwrap_or_default();
    let origin = request.header(&header::ORIGIN).unwrap_or_default();
    !host.is_empty() && origin.strip_prefix("http://") == Some(host)
}

fn see_other(path: &str) -> Response {
    let mut response = Response::new(axum::body::Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(location) = HeaderValue::from_str(path) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
