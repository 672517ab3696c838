//! `taskgraph.transforms.task`: turns task descriptions into task definitions.
//!
//! For each item, in order:
//!
//! 1. the label, the worker implementation and the defaults are set;
//! 2. the description and its `worker` are checked against their schemas; what is wrong does not keep
//!    the further steps from being tried on the other keys, so that all mistakes are found;
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
mod sound;
pub mod treeherder;
mod unknown;
pub mod written;

use std::collections::BTreeSet;

use crate::base::diagnostic::{Diagnostics, Outcome};
use crate::base::value::Value;
use crate::config::schema::{Breach, Violation};
use crate::transform::{Context, Item, Transform, each, fields, naming};
use crate::transforms::payload::{self, Images, Payload};
use common::Common;
use sound::Sound;

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
    each(context, items, |item| {
        Ok([describe(context, &common, &images, item)?])
    })
}

/// Makes the definition of one task, or finds everything that is wrong with its description.
fn describe(
    context: &Context<'_>,
    common: &Common,
    images: &Images<'_, '_>,
    mut item: Item,
) -> Outcome<Item> {
    let mut wrong = Diagnostics::new();
    fields::fill(&mut item.task, schema::DEFAULTS);
    wrong.keep(naming::default_label(context, &mut item).map_err(Into::into));
    let worker = resolve_worker(context, &mut item, &mut wrong);
    let (payload, mut broken) = check(&mut item, worker, &mut wrong);
    if worker != Worker::Known {
        broken.insert("worker-type".to_owned());
    }
    // What keeps the worker from being known is told, unless the schema has told it.
    if worker == Worker::Unknown && wrong.is_empty() {
        wrong.keep(fields::mapping(&mut item, &["worker"]).map_err(Into::into));
        wrong.keep(naming::worker(context, &item).map_err(Into::into));
    }
    let sound = Sound::except(broken);
    if sound.all(&["treeherder", "extra", "routes"]) {
        wrong.keep(treeherder::add(context, common, &mut item).map_err(Into::into));
    }
    if sound.all(&["index", "extra", "routes"]) {
        wrong.keep(index::add(context, &mut item).map_err(Into::into));
    }
    build::build(images, common, payload, item, &sound, wrong)
}

/// Sets the worker implementation from the alias, unless an earlier transform has set it.
///
/// An unknown alias is reported; what the schema reports anyway, such as a missing `worker-type`, is not
/// reported twice. If it is likely which implementation is meant, that is set, so that the `worker` can
/// be checked.
fn resolve_worker(context: &Context<'_>, item: &mut Item, wrong: &mut Diagnostics) -> Worker {
    match fields::mapping(item, &["worker"]) {
        Ok(worker) if worker.contains_key("implementation") => return Worker::Known,
        Ok(_) => {}
        Err(_) => return Worker::Unknown,
    }
    let mut found = None;
    if item.str("worker-type").is_some() {
        found = wrong.keep(naming::worker(context, item).map_err(Into::into));
    }
    let (implementation, os, outcome) = match found {
        Some((implementation, os)) => (implementation, os, Worker::Known),
        None => match naming::likely_worker(context, item) {
            Some(likely) if likely.is_meant => (likely.implementation, likely.os, Worker::Meant),
            Some(likely) => (likely.implementation, likely.os, Worker::Guessed),
            None => return Worker::Unknown,
        },
    };
    let settings = [
        ("tags", "worker-implementation", Some(&implementation)),
        ("tags", "os", os.as_ref()),
        ("worker", "implementation", Some(&implementation)),
        ("worker", "os", os.as_ref()),
    ];
    for (field, key, value) in settings {
        if let Some(value) = value {
            let value = Value::from(value.as_str());
            match fields::mapping(item, &[field]) {
                Ok(map) => {
                    map.insert(key, value);
                }
                Err(diagnostic) => wrong.push(diagnostic),
            }
        }
    }
    outcome
}

/// What is known of the worker implementation of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Worker {
    /// It is known.
    Known,
    /// The alias is misspelt.
    Meant,
    /// All aliases have the same.
    Guessed,
    /// Nothing.
    Unknown,
}

/// Checks a description and its worker. Returns the payload builder for the worker, if it is known, and
/// the keys that are wrong.
fn check(
    item: &mut Item,
    worker: Worker,
    wrong: &mut Diagnostics,
) -> (Option<&'static Payload>, BTreeSet<String>) {
    let payload = payload::find(item);
    if let Ok(payload) = payload
        && let Ok(worker) = fields::mapping(item, &["worker"])
    {
        fields::fill(worker, payload.defaults);
    }
    let mut broken = BTreeSet::new();
    for violation in schema::TASK_DESCRIPTION.check(&item.task) {
        let key = violation.key().unwrap_or_default().to_owned();
        broken.insert(key);
        // It follows from the alias.
        let follows = violation.breach == Breach::Missing && violation.key() == Some("worker");
        if worker != Worker::Unknown || !follows {
            wrong.push(unknown::explain(item, violation));
        }
    }
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
            broken.insert(field.to_owned());
            wrong.push(fields::wrong_type(
                &item.origin,
                &[field],
                "a mapping",
                null,
            ));
        }
    }
    let payload = match payload {
        Ok(payload) => {
            if let Some(Value::Object(settings)) = item.task.get("worker") {
                let is_told = |violation: &Violation| {
                    worker != Worker::Guessed || violation.breach != Breach::Missing
                };
                let found = item.violations(&["worker"], settings, payload.schema, is_told);
                if let Err(violations) = found {
                    broken.insert("worker".to_owned());
                    wrong.extend(violations);
                }
            }
            Some(payload)
        }
        Err(diagnostic) => {
            broken.insert("worker".to_owned());
            // The schema has already reported a value that is not a string.
            if fields::get(item, &["worker", "implementation"]).is_some_and(Value::is_string) {
                wrong.push(diagnostic);
            }
            None
        }
    };
    (payload, broken)
}
