//! The page of release systems.

use super::markdown::{Markdown, code};
use crate::base::diagnostic::Outcome;
use crate::base::shape::{Field, Shape};
use crate::base::text::sentence;
use crate::base::value::{Object, Value};
use crate::release::scopes::Count;
use crate::release::{Action, ActionSource, SYSTEMS, System};

/// Writes the page.
///
/// # Errors
/// None.
pub fn write(page: &mut Markdown) -> Outcome<()> {
    page.paragraph(
        "A release task belongs to a system: that of its worker implementation, of the name of its worker pool, or \
         of its kind. In a project with `snowman.staging`, payload and scopes of all of them are checked as the \
         worker would check them before any task is created, and those that can be staged do their work below \
         release level in ordinary tasks. `config.yml` can name the system of other kinds (`snowman.staging.kinds`).",
    );
    let rows = SYSTEMS.iter().map(|system| {
        [
            format!("[`{0}`](#{0})", system.name),
            sentence(system.doc),
            staged(system),
        ]
    });
    let rows: Vec<_> = rows.collect();
    page.table(["System", "What it does", "Can be staged"], &rows);
    for system in SYSTEMS {
        describe(page, system);
    }
    Ok(())
}

/// Which of a system's actions can be staged.
fn staged(system: &System) -> String {
    let names = system.actions.iter().map(|action| action.name);
    let (yes, no): (Vec<&str>, Vec<&str>) = names.partition(|name| system.staged.contains(name));
    match (yes.is_empty(), no.is_empty()) {
        (true, _) => "no".to_owned(),
        (_, true) => "yes".to_owned(),
        _ => list(&yes),
    }
}

fn describe(page: &mut Markdown, system: &System) {
    page.heading(2, system.name);
    page.paragraph(system.doc);
    let mut item = |name: &str, names: &[&str]| {
        if !names.is_empty() {
            page.item(&format!("{name}: {}", list(names)));
        }
    };
    item("Worker implementations", system.implementations);
    item("Worker pools whose names contain", system.pools);
    item(
        "Kinds, with or without `release-` or `secondary-`",
        system.kinds,
    );
    for rule in system.scopes {
        let parts: Vec<String> = rule
            .parts
            .iter()
            .map(|part| format!("`…{part}…`"))
            .collect();
        let count = match rule.count {
            Count::One => "one scope",
            Count::AtMostOne => "at most one scope",
            Count::Some => "at least one scope",
        };
        let field = rule
            .field
            .map(|field| format!(", that names `payload.{field}`"));
        page.item(&format!(
            "Scopes: {count} for the {}, {}{}",
            rule.what,
            parts.join(" or "),
            field.unwrap_or_default()
        ));
    }
    page.item(&format!("Needed in production: {}", system.production));
    if let Some(source) = source(system.source) {
        page.item(&source);
    }
    let named = system
        .actions
        .iter()
        .filter(|action| !action.name.is_empty());
    let rows = named.map(|action| [code(action.name), sentence(action.doc)]);
    page.table(["Action", "What it does"], &rows.collect::<Vec<_>>());
    let mut known: Vec<Vec<[String; 2]>> = Vec::new();
    for action in system.actions {
        let rows = fields(action);
        if rows.is_empty() || known.contains(&rows) {
            continue;
        }
        page.paragraph(&match action.name {
            "" => "The payload:".to_owned(),
            name => format!("The payload of `{name}`:"),
        });
        page.table(["Field", "Required"], &rows);
        known.push(rows);
    }
}

/// The fields of the payload of an action.
fn fields(action: &Action) -> Vec<[String; 2]> {
    let Some(shape) = (action.shape)(&Value::Object(Object::new())) else {
        return Vec::new();
    };
    let fields: &[Field] = match &shape.payload {
        Shape::Object(fields) | Shape::Open(fields) => fields,
        _ => return Vec::new(),
    };
    let rows = fields.iter().map(|field| {
        let required = if field.required { "yes" } else { "no" };
        [code(field.name), required.to_owned()]
    });
    rows.collect()
}

/// How a worker finds out what a task is about.
fn source(source: ActionSource) -> Option<String> {
    match source {
        ActionSource::Only => None,
        ActionSource::Script(script) => Some(format!("Recognized by the script {}", code(script))),
        ActionSource::Extra(part) => Some(format!(
            "What to do is in {}",
            code(&format!("extra.{part}"))
        )),
        ActionSource::Scope(part) => Some(format!("The action is that of the scope `…{part}…`")),
        ActionSource::Behavior(part, default) => Some(format!(
            "The action is `payload.behavior`, else that of the scope `…{part}…`, else `{default}`"
        )),
        ActionSource::List => {
            Some("The actions are those of the list `payload.actions`".to_owned())
        }
    }
}

fn list(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| code(name)).collect();
    names.join(", ")
}
