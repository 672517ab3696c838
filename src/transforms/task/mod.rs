//! `taskgraph.transforms.task`: turns task descriptions into task definitions.
//!
//! For each item, in order:
//!
//! 1. the label, the worker implementation and the defaults are set;
//! 2. the description and its `worker` are checked against their schemas;
//! 3. [`treeherder`] and [`index`] add routes and `extra`;
//! 4. [`build`] puts the definition together, with the payload from the table in
//!    [`payload`].
//!
//! A finished item has the keys `label`, `description`, `task`, `dependencies`,
//! `if-dependencies`, `soft-dependencies`, `attributes` and `optimization`.

pub mod build;
pub mod common;
pub mod index;
pub mod push;
pub mod schema;
pub mod treeherder;

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::value::Value;
use crate::transform::{Context, Item, Transform, each, fields, naming};
use crate::transforms::payload::{self, Images, Payload};
use common::Common;

/// The transform.
pub static TASK: Transform = Transform {
    name: "taskgraph.transforms.task",
    aliases: &[],
    doc: "Turns task descriptions into task definitions: payload, routes, scopes, Treeherder and index.",
    schema: Some(&schema::TASK_DESCRIPTION),
    prepare: None,
    by_item: true,
    run: apply,
};

fn apply(context: &Context<'_>, items: Vec<Item>) -> Outcome<Vec<Item>> {
    if items.is_empty() {
        return Ok(items);
    }
    // Mistakes of the whole kind are reported once, not for each task.
    let common = Common::new(context).map_err(|diagnostic| diagnostic.in_kind(context.kind))?;
    let images = Images::new(context);
    each(context, items, |mut item| {
        fields::fill(&mut item.task, schema::DEFAULTS);
        naming::default_label(context, &mut item)?;
        resolve_worker(context, &mut item)?;
        let payload = check(&mut item)?;
        treeherder::add(context, &common, &mut item)?;
        index::add(context, &mut item)?;
        Ok([build::build(&images, &common, payload, item)?])
    })
}

/// Sets the worker implementation from the alias, unless an earlier transform has set it.
fn resolve_worker(context: &Context<'_>, item: &mut Item) -> Result<(), Diagnostic> {
    if fields::mapping(item, &["worker"])?.contains_key("implementation") {
        return Ok(());
    }
    let (implementation, os) = naming::worker(context, item)?;
    let settings = [
        ("tags", "worker-implementation", Some(&implementation)),
        ("tags", "os", os.as_ref()),
        ("worker", "implementation", Some(&implementation)),
        ("worker", "os", os.as_ref()),
    ];
    for (field, key, value) in settings {
        if let Some(value) = value {
            let value = Value::from(value.as_str());
            fields::mapping(item, &[field])?.insert(key, value);
        }
    }
    Ok(())
}

/// Checks a description and its worker. Returns the payload builder for the worker.
fn check(item: &mut Item) -> Outcome<&'static Payload> {
    let payload = payload::find(item);
    if let Ok(payload) = payload {
        fields::fill(fields::mapping(item, &["worker"])?, payload.defaults);
    }
    let mut wrong = Diagnostics::new();
    wrong.keep(item.check(&[], &item.task, &schema::TASK_DESCRIPTION));
    let dependencies = item.task.get("dependencies").and_then(Value::as_object);
    for name in ["self", "decision"] {
        if dependencies.is_some_and(|d| d.contains_key(name)) {
            wrong.push(
                item.error_at("dependencies", format!("a dependency is named `{name}`"))
                    .help("rename it; references use this name for the task itself or the decision task"),
            );
        }
    }
    for field in ["index", "attributes"] {
        if let Some(null @ Value::Null) = item.task.get(field) {
            wrong.push(fields::wrong_type(
                &item.origin,
                &[field],
                "a mapping",
                null,
            ));
        }
    }
    match payload {
        Ok(payload) => {
            if let Some(Value::Object(worker)) = item.task.get("worker") {
                wrong.keep(item.check(&["worker"], worker, payload.schema));
            }
            wrong.or_ok(payload)
        }
        Err(diagnostic) => {
            // The schema has already reported a value that is not a string.
            if fields::get(item, &["worker", "implementation"]).is_some_and(Value::is_string) {
                wrong.push(diagnostic);
            }
            Err(wrong)
        }
    }
}
