//! The transform `notify`: sends notifications about a task.
//!
//! Each recipient becomes a route, and the content goes into `extra.notify` in the service's own
//! form. In both, `{task[…]}` and `{config[…]}` are replaced: the current task, and of
//! the config `kind`, `path`, `config` (the `kind.yml`), `params`, `graph_config` and
//! `write_artifacts`.

pub mod schema;

use std::sync::OnceLock;

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::path::ValuePath;
use crate::base::pyformat::{FormatError, Scope, format as fill};
use crate::base::suggest;
use crate::base::value::{Object, Value, py_str};
use crate::config::keyed_by::{self, Options};
use crate::transform::item::{list_mut, object_mut};
use crate::transform::{Context, Item, Transform, checks, each};

use self::schema::{RECIPIENTS, Recipient, SCHEMA};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    name: "taskgraph.transforms.notify",
    aliases: &[],
    doc: "sends notifications about the task",
    schema: Some(&SCHEMA),
    prepare: None,
    by_item: true,
    run,
};

fn run(context: &Context<'_>, items: Vec<Item>) -> Outcome<Vec<Item>> {
    let config = OnceLock::new();
    let levels = Object::from_iter(["level", "project"].map(|name| {
        let value = context.params().values().get(name).cloned();
        (name.to_owned(), value.unwrap_or(Value::Null))
    }));
    each(context, items, |mut item| {
        item.check(&[], &item.task, &SCHEMA)?;
        let Some(name) = item.task.get("name").map(py_str) else {
            return Err(item
                .error_at("", "the task has no name")
                .help("put `notify` before the transform that sets labels")
                .into());
        };
        let label = format!("{}-{name}", context.kind);
        let notify = match item.task.shift_remove("notifications") {
            Some(Value::Object(legacy)) => Some(convert(&item, legacy, &label, &levels)?),
            Some(other) => {
                return Err(
                    checks::wrong_type(&item, "notifications", "a mapping", &other)
                        .help("write a mapping, or remove the key")
                        .into(),
                );
            }
            None => match item.task.shift_remove("notify") {
                Some(Value::Object(notify)) => Some(notify),
                _ => None,
            },
        };
        if let Some(notify) = notify {
            let config = config.get_or_init(|| template_config(context));
            add(&mut item, notify, &label, config, &levels)?;
        }
        Ok([item])
    })
}

/// The value of `{config[…]}`.
fn template_config(context: &Context<'_>) -> Value {
    let object = |map: &Object| Value::Object(map.clone());
    let pairs = [
        ("kind", Value::from(context.kind.as_str())),
        ("path", Value::from(context.path)),
        ("config", object(context.config)),
        ("params", object(context.params().values())),
        ("graph_config", object(context.graph_config().values())),
        (
            "write_artifacts",
            Value::from(context.project.docker_contexts.is_some()),
        ),
    ];
    Value::Object(Object::from_iter(pairs.map(|(key, value)| (key, value))))
}

/// Converts the older form to the newer one.
fn convert(item: &Item, mut legacy: Object, label: &str, levels: &Object) -> Outcome<Object> {
    checks::refuse_null(item, "notifications", &legacy, &["status-types"])?;
    resolve(item, "notifications", &mut legacy, "emails", label, levels)?;
    let states = match legacy.get("status-types") {
        None => vec!["on-completed".to_owned()],
        given => checks::strings(given),
    };
    let mut recipients = Vec::new();
    for address in checks::strings(legacy.get("emails")) {
        for state in &states {
            let pairs = [
                ("type", "email"),
                ("address", &address),
                ("status-type", state),
            ];
            recipients.push(Value::Object(Object::from_iter(
                pairs.map(|(key, value)| (key, Value::from(value))),
            )));
        }
    }
    let subject = legacy.get("subject").cloned().unwrap_or(Value::Null);
    let message = legacy.get("message").unwrap_or(&subject).clone();
    let mut notify = Object::new();
    notify.insert("recipients", Value::from(recipients));
    let email = object_mut(object_mut(&mut notify, "content"), "email");
    email.insert("subject", subject);
    email.insert("content", message);
    Ok(notify)
}

/// Resolves the alternatives of a field.
fn resolve(
    item: &Item,
    path: &str,
    map: &mut Object,
    field: &str,
    label: &str,
    levels: &Object,
) -> Result<(), Diagnostic> {
    keyed_by::resolve(map, field, label, levels, &Options::default()).map_err(|error| {
        let mut diagnostic = item.error_at(&format!("{path}.{field}"), error.to_string());
        diagnostic.help = error.help();
        diagnostic
    })
}

/// Adds the routes and the content.
fn add(
    item: &mut Item,
    mut notify: Object,
    label: &str,
    config: &Value,
    levels: &Object,
) -> Outcome<()> {
    let mut wrong = Diagnostics::new();
    checks::list(item, "routes")?;
    let recipients = std::mem::take(list_mut(&mut notify, "recipients"));
    for (i, recipient) in recipients.into_iter().enumerate() {
        let Value::Object(recipient) = recipient else {
            continue;
        };
        let route = route(item, recipient, i, label, config, levels);
        if let Some(route) = wrong.keep(route) {
            item.list_mut("routes").push(Value::from(route));
        }
    }
    match notify.shift_remove("content") {
        None => {}
        Some(Value::Object(mut content)) => {
            checks::refuse_null(item, "notify.content", &content, &["matrix", "slack"])?;
            let task = Value::Object(item.task.clone());
            let filled = fill_all(&mut content, &scope(&task, config));
            let filled =
                filled.map_err(|error| bad_template(item, "notify.content", &error).into());
            wrong.keep(filled);
            let extra = checks::mapping(item, "extra")?;
            extra.insert("notify", Value::Object(in_service_form(content)));
        }
        Some(other) => {
            wrong.push(checks::wrong_type(
                item,
                "notify.content",
                "a mapping",
                &other,
            ));
        }
    }
    wrong.or_ok(())
}

fn scope<'a>(task: &'a Value, config: &'a Value) -> Scope<'a> {
    Scope::default().with("task", task).with("config", config)
}

/// The route that notifies a recipient.
fn route(
    item: &Item,
    mut recipient: Object,
    index: usize,
    label: &str,
    config: &Value,
    levels: &Object,
) -> Outcome<String> {
    let path = ValuePath::keys(["notify", "recipients"]).index(index);
    let recipient_type = recipient_of(item, &path, &recipient)?;
    checks::check_at(item, &path, &recipient, &recipient_type.schema)?;
    // A null state would create a route that no service listens to.
    recipient.retain(|key, value| key != "status-type" || !value.is_null());
    recipient
        .entry("status-type")
        .or_insert_with(|| Value::from("on-completed"));
    let task = Value::Object(item.task.clone());
    fill_all(&mut recipient, &scope(&task, config))
        .map_err(|error| bad_template(item, "notify.recipients", &error))?;
    if recipient_type.name == "email" {
        resolve(
            item,
            "notify.recipients",
            &mut recipient,
            recipient_type.key,
            label,
            levels,
        )?;
    }
    let text = |key: &str| recipient.get(key).map(py_str).unwrap_or_default();
    Ok(format!(
        "notify.{}.{}.{}",
        recipient_type.name,
        text(recipient_type.key),
        text("status-type")
    ))
}

fn recipient_of(
    item: &Item,
    path: &ValuePath,
    recipient: &Object,
) -> Result<&'static Recipient, Diagnostic> {
    let names = || RECIPIENTS.iter().map(|recipient| recipient.name);
    let place = item.origin.place(&path.key("type"));
    let wrong =
        |message: String, help: String| Diagnostic::user(message).at(place.clone()).help(help);
    match recipient.get("type") {
        Some(Value::String(name)) => RECIPIENTS
            .iter()
            .find(|recipient| recipient.name == name)
            .ok_or_else(|| {
                let message = format!("`{path}.type`: unknown recipient type {name:?}");
                wrong(message, suggest::hint(name, names()))
            }),
        _ => Err(wrong(
            format!("`{path}` has no `type`"),
            format!(
                "set it to one of: {}",
                names().collect::<Vec<_>>().join(", ")
            ),
        )),
    }
}

fn bad_template(item: &Item, field: &str, error: &FormatError) -> Diagnostic {
    item.error_at(field, format!("in `{field}`: {error}"))
        .help("use only `{task[…]}` and `{config[…]}` in braces; write literal braces twice")
}

/// Formats every string in mappings; lists do not change.
fn fill_all(map: &mut Object, scope: &Scope<'_>) -> Result<(), FormatError> {
    for value in map.values_mut() {
        match value {
            Value::String(text) => *text = fill(text, scope)?.into(),
            Value::Object(inner) => fill_all(inner, scope)?,
            _ => {}
        }
    }
    Ok(())
}

/// The content in the form of the notify service: `email` unchanged, other keys like `matrixBody`.
fn in_service_form(mut content: Object) -> Object {
    let mut flat = Object::new();
    if let Some(email) = content.shift_remove("email") {
        flat.insert("email", email);
    }
    for (service, parts) in content {
        let Value::Object(parts) = parts else {
            continue;
        };
        for (name, value) in parts {
            let name: String = name.split('-').map(capitalized).collect();
            flat.insert(format!("{service}{name}"), value);
        }
    }
    flat
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests;
