//! The payload of landoscript, which lands automated changes: versions, tags,
//! localizations, merge days.
//!
//! 1. Each entry of `worker.actions` is processed in the order of [`STEPS`]. Each step in the
//!    entry adds its settings to the payload, and its name to the payload's `actions`.
//! 2. If several steps share a key in the payload, like those of a merge day, the last one wins.
//! 3. The scopes name the repository and the actions; rooms to notify become routes.

mod context;
pub mod schema;
mod steps;

use crate::base::diagnostic::{Diagnostics, Outcome};
use crate::base::value::{Object, Value, py_str, truthy};
use crate::transform::item::list_mut;
use crate::transform::{Item, checks};
use crate::transforms::payload::contract::Payload;
use crate::transforms::payload::images::Images;
use crate::transforms::payload::scriptworker::definition::{set_payload, sort_scopes};
use crate::transforms::payload::worker::take_worker;

use self::context::StepContext;
use self::steps::STEPS;

/// `scriptworker-lando`
pub static LANDO: Payload = Payload {
    name: "scriptworker-lando",
    doc: "Lands version bumps, tags, localizations and merges.",
    schema: &schema::SCHEMA,
    defaults: &[],
    automation: false,
    build,
};

fn build(images: &Images<'_, '_>, item: &mut Item, definition: &mut Object) -> Outcome<()> {
    let worker = take_worker(item)?;
    let mut wrong = Diagnostics::new();
    wrong.keep(checks::refuse_null(
        item,
        "worker",
        &worker,
        &["matrix-rooms"],
    ));
    let step_context = StepContext {
        context: images.context(),
        item,
    };
    let (mut actions, mut payload_parts) = (Vec::new(), Object::new());
    let entries = worker.get("actions").and_then(Value::as_array);
    for entry in entries.into_iter().flatten() {
        wrong.keep(check_nulls(item, entry));
        for step in STEPS {
            let Some(info) = entry.get(step.name).filter(|info| truthy(info)) else {
                continue;
            };
            if let Some(info) = wrong.keep((step.info)(&step_context, info)) {
                payload_parts.insert(step.key.to_owned(), info);
                actions.push(step.action);
            }
        }
    }
    wrong.or_ok(())?;
    let repo = worker.get("lando-repo").map(py_str).unwrap_or_default();
    let mut payload = vec![
        ("actions", Value::from(actions.clone())),
        ("lando_repo", Value::from(repo.as_str())),
    ];
    let closed = worker
        .get("ignore-closed-tree")
        .filter(|flag| !flag.is_null());
    payload.extend(closed.map(|flag| ("ignore_closed_tree", flag.clone())));
    for (key, name) in [("dontbuild", "dontbuild"), ("force-dry-run", "dry_run")] {
        let flag = worker.get(key).filter(|flag| truthy(flag));
        payload.extend(flag.map(|_| (name, Value::Bool(true))));
    }
    payload.extend(
        payload_parts
            .iter()
            .map(|(key, info)| (key.as_str(), info.clone())),
    );
    set_payload(definition, payload);

    let mut scopes = vec![format!("project:releng:lando:repo:{repo}")];
    scopes.extend(
        actions
            .iter()
            .map(|action| format!("project:releng:lando:action:{action}")),
    );
    for room in checks::strings(worker.get("matrix-rooms")) {
        let routes = list_mut(definition, "routes");
        for event in ["on-pending", "on-resolved"] {
            routes.push(Value::from(format!("notify.matrix-room.{room}.{event}")));
        }
        scopes.push("queue:route:notify.matrix-room.*".to_owned());
    }
    sort_scopes(definition, scopes);
    Ok(())
}

/// Refuses null in fields that the schema accepts as optional.
fn check_nulls(item: &Item, entry: &Value) -> Outcome<()> {
    let mut wrong = Diagnostics::new();
    for (name, keys) in schema::NO_NULLS {
        if let Some(Value::Object(info)) = entry.get(name) {
            let path = format!("worker.actions.{name}");
            wrong.keep(checks::refuse_null(item, &path, info, keys));
        }
    }
    wrong.or_ok(())
}
