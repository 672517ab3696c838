//! The page of actions.

use super::markdown::{Markdown, code};
use crate::actions::{ACTIONS, Action};
use crate::base::diagnostic::Outcome;
use crate::base::text::sentence;
use crate::base::value::Value;
use crate::config::graph_config::{GraphConfig, ON_DEMAND};

/// A project whose actions are shown; its release promotion has every possible input.
const PROJECT: &str = "
trust-domain: example
task-priority: low
workers: {aliases: {}}
taskgraph: {repositories: {ci: {name: example}}}
snowman: {actions: [backfill, create-interactive, purge-caches]}
release-promotion:
  flavors:
    ship_example: {target-tasks-method: ship, product: example, version-bump: true, partial-updates: true}
";

/// Writes the page.
///
/// # Errors
/// None: the project above is valid.
pub fn write(page: &mut Markdown) -> Outcome<()> {
    let project = GraphConfig::read("taskcluster", "config.yml", PROJECT.as_bytes())?;
    page.paragraph(
        "A decision writes the actions of a project to `actions.json`. \
         `taskgraph.disabled-actions` in `config.yml` lists callbacks to leave out. If several \
         actions have the same name, the first one that applies to a task is offered.",
    );
    let mut actions: Vec<&Action> = ACTIONS.iter().collect();
    actions.sort_by_key(|action| action.order);
    for action in actions {
        page.heading(2, action.cb_name);
        page.paragraph(&sentence(action.description));
        if ON_DEMAND.contains(&action.cb_name) {
            page.paragraph(
                "A project has this action if `snowman.actions` in `config.yml` lists it.",
            );
        }
        let properties = [
            ["name".to_owned(), code(action.name)],
            ["title".to_owned(), action.title.to_owned()],
            ["for".to_owned(), tasks(action)],
            ["permission".to_owned(), code(action.permission)],
            ["order".to_owned(), action.order.to_string()],
        ];
        page.table(["Property", "Value"], &properties);
        match (action.schema)(&project) {
            None => page.paragraph("This action has no input."),
            Some(schema) => input(page, &schema),
        }
    }
    Ok(())
}

/// Describes the tasks that an action applies to.
fn tasks(action: &Action) -> String {
    if action.context.is_empty() {
        return "task groups".to_owned();
    }
    let sets: Vec<String> = action
        .context
        .iter()
        .map(|tags| {
            let tags: Vec<String> = tags
                .iter()
                .map(|(key, value)| code(&format!("{key}: {value}")))
                .collect();
            match tags.as_slice() {
                [] => "any task".to_owned(),
                tags => format!("tasks with the tag {}", tags.join(" and ")),
            }
        })
        .collect();
    sets.join(", ")
}

fn input(page: &mut Markdown, schema: &Value) {
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = schema["properties"].as_object();
    let rows: Vec<[String; 5]> = properties
        .into_iter()
        .flatten()
        .map(|(name, property)| {
            let is_required = if required.contains(&name.as_str()) {
                "yes"
            } else {
                "no"
            };
            let default = property.get("default").map(Value::to_string);
            let doc = property["description"].as_str().unwrap_or_default();
            [
                code(name),
                kind(property),
                is_required.to_owned(),
                code(&default.unwrap_or_default()),
                doc.to_owned(),
            ]
        })
        .collect();
    page.table(["Input", "Type", "Required", "Default", "Meaning"], &rows);
}

/// Describes the type of a property and its bounds.
fn kind(property: &Value) -> String {
    let name = property["type"].as_str().unwrap_or("any");
    let mut text = match property["items"]["type"].as_str() {
        Some(item) => format!("{name} of {item}"),
        None => name.to_owned(),
    };
    for (key, word) in [("minimum", "at least"), ("maximum", "at most")] {
        if let Some(bound) = property.get(key) {
            text.push_str(&format!(", {word} {bound}"));
        }
    }
    text
}
