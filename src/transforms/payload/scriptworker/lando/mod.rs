//! The payload of landoscript, which lands changes that nobody writes by hand: versions, tags,
//! localizations, merge days.
//!
//! 1. Each entry of `worker.actions` is gone through in the order of [`STEPS`]. A step that the entry
//!    has adds what it needs to know to the payload, and its name to the payload's `actions`.
//! 2. Several steps that share a place in the payload, as those of a merge day do, leave the last
//!    one's content there.
//! 3. The scopes name the repository and the actions; rooms that hear of the task become routes.

pub mod schema;
mod steps;

use super::{Images, Payload, settle, sort_scopes, take_worker};
use crate::base::diagnostic::{Diagnostics, Outcome};
use crate::base::value::{Object, Value, py_str, truthy};
use crate::transform::item::list_mut;
use crate::transform::{Context, Item, checks};

use self::steps::STEPS;

/// `scriptworker-lando`
pub static LANDO: Payload = Payload {
    name: "scriptworker-lando",
    doc: "Lands versions, tags and localizations, and merges branches.",
    schema: &schema::SCHEMA,
    defaults: &[],
    automation: false,
    build,
};

/// What a step knows beside its own settings.
struct Around<'a> {
    context: &'a Context<'a>,
    item: &'a Item,
}

fn build(images: &Images<'_, '_>, item: &mut Item, definition: &mut Object) -> Outcome<()> {
    let worker = take_worker(item)?;
    let mut wrong = Diagnostics::new();
    wrong.keep(checks::refuse_null(
        item,
        "worker",
        &worker,
        &["matrix-rooms"],
    ));
    let around = Around {
        context: images.context(),
        item,
    };
    let (mut actions, mut infos) = (Vec::new(), Object::new());
    let entries = worker.get("actions").and_then(Value::as_array);
    for entry in entries.into_iter().flatten() {
        wrong.keep(check_nulls(item, entry));
        for step in STEPS {
            let Some(info) = entry.get(step.name).filter(|info| truthy(info)) else {
                continue;
            };
            if let Some(info) = wrong.keep((step.info)(&around, info)) {
                infos.insert(step.key.to_owned(), info);
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
    payload.extend(infos.iter().map(|(key, info)| (key.as_str(), info.clone())));
    settle(definition, payload);

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

/// Refuses null where the schema, in which what is optional may be null, cannot.
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
