//! The actions that a decision task offers in `public/actions.json`.

use std::io::Read as _;

use serde_json::Value;

use super::frame::{encode, list};
use crate::base::text::escape_html;
use crate::sandbox::content_urls::content_key;
use crate::sandbox::queue::task::Task;
use crate::sandbox::services::Services;

/// The largest JSON artifact that a page reads, after decompression.
const MAX_JSON_BYTES: u64 = 16 * 1024 * 1024;

/// The actions of a decision task.
pub(super) struct Offered {
    /// Its group.
    pub(super) group: String,
    /// The actions, as they are offered.
    pub(super) actions: Vec<Value>,
    /// The variables for their templates.
    pub(super) variables: Value,
}

/// The actions on a group: its own, or else those of the push that it was made from.
pub(super) fn offered(services: &Services, group: &str) -> Option<Offered> {
    let read = |id: &str| {
        let task = services.queue.tasks.get(id)?;
        let run_id = task.runs.len().checked_sub(1)?;
        let file = json_artifact(services, task, run_id, "public/actions.json")?;
        Some(Offered {
            group: id.to_owned(),
            actions: file.get("actions")?.as_array()?.clone(),
            variables: file.get("variables").cloned().unwrap_or_default(),
        })
    };
    read(group).or_else(|| {
        let maker = services.queue.tasks.get(group)?;
        read(maker.definition.text("taskGroupId"))
    })
}

/// A JSON artifact of a run, if it is here, valid and not too large.
pub(super) fn json_artifact(
    services: &Services,
    task: &Task,
    run_id: usize,
    name: &str,
) -> Option<Value> {
    let content = services
        .store
        .content(&content_key(&task.id, run_id, name))?;
    let bytes = content.bytes.as_ref();
    let mut text = Vec::new();
    let read = match content.content_encoding.as_deref() {
        None | Some("identity") => bytes.take(MAX_JSON_BYTES).read_to_end(&mut text),
        Some("gzip") => flate2::read::GzDecoder::new(bytes)
            .take(MAX_JSON_BYTES)
            .read_to_end(&mut text),
        Some(_) => return None,
    };
    read.ok()?;
    serde_json::from_slice(&text).ok()
}

/// Whether an action is offered on a task, or on the group as a whole if there is none.
fn applies(action: &Value, task: Option<&Task>) -> bool {
    let context = action.get("context").and_then(Value::as_array);
    let Some(context) = context else {
        return false;
    };
    let Some(task) = task else {
        return context.is_empty();
    };
    let tags = task.definition.json.get("tags");
    let has = |wanted: &Value| {
        let wanted = wanted.as_object();
        wanted.is_some_and(|wanted| {
            wanted
                .iter()
                .all(|(name, value)| tags.and_then(|tags| tags.get(name)) == Some(value))
        })
    };
    context.iter().any(has)
}

/// The action of a name on a task, or on a group: of several, the first that is offered there.
pub(super) fn find<'a>(
    actions: &'a [Value],
    wanted: &str,
    task: Option<&Task>,
) -> Option<&'a Value> {
    let mut actions = actions.iter();
    actions.find(|action| name(action) == wanted && applies(action, task))
}

/// The name of an action.
pub(super) fn name(action: &Value) -> &str {
    let name = action.get("name").and_then(Value::as_str);
    name.unwrap_or_default()
}

/// The title of an action.
pub(super) fn title(action: &Value) -> &str {
    let title = action.get("title").and_then(Value::as_str);
    title.unwrap_or_else(|| name(action))
}

/// Links to the forms of the actions on a group, or on a task of it.
pub(super) fn section(services: &Services, group: &str, task: Option<&Task>) -> String {
    let Some(offered) = offered(services, group) else {
        return String::new();
    };
    let on = task.map_or_else(String::new, |task| format!("?task={}", encode(&task.id)));
    let shown = offered.actions.iter().filter(|action| {
        let first = find(&offered.actions, name(action), task);
        first.is_some_and(|first| std::ptr::eq(first, *action))
    });
    let links = shown.map(|action| {
        format!(
            "<a href=\"/groups/{}/actions/{}{on}\">{}</a>",
            encode(&offered.group),
            encode(name(action)),
            escape_html(title(action))
        )
    });
    match list("chips", links) {
        none if none.is_empty() => none,
        links => format!("<h2>Actions</h2>\n{links}"),
    }
}
