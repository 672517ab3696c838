//! Decides where a built-in transform runs, depending on what its items name.

use std::collections::BTreeMap;

use crate::base::value::Value;
use crate::custom::Registered;
use crate::custom::registered::{Entries, is_custom};
use crate::transform::{Context, Item, Transform, fields};
use crate::transforms::fetch::FETCH_TYPES;
use crate::transforms::from_deps::group_by::GROUP_BY;
use crate::transforms::from_deps::set_name::SET_NAME;
use crate::transforms::payload::PAYLOADS;
use crate::transforms::run::using::RUN_USING;
use crate::transforms::task::index::INDEX_TYPES;

/// Where a built-in transform runs.
#[derive(Debug, PartialEq, Eq)]
pub enum Placement {
    /// Here.
    Native,
    /// In Python, for this reason.
    Python(String),
    /// In Python for the items with `true`, natively for the others.
    Split(Vec<bool>),
}

/// Where a transform runs for these items.
pub fn placement(
    context: &Context<'_>,
    registered: &Registered,
    transform: &Transform,
    items: &[Item],
) -> Placement {
    let first = |custom: &dyn Fn(&Item) -> Option<String>| {
        items
            .iter()
            .find_map(custom)
            .map_or(Placement::Native, Placement::Python)
    };
    match transform.name {
        "taskgraph.transforms.run" => first(&|item| run_using(context, registered, item)),
        "taskgraph.transforms.from_deps" => first(&|item| from_deps(registered, item)),
        "taskgraph.transforms.task_context" => first(&|item| {
            let names = fields::get(item, &["task-context", "from-custom"])?.as_array()?;
            let name = names.iter().find_map(Value::as_str)?;
            custom("from-custom", &registered.contexts, name, false)
        }),
        "taskgraph.transforms.fetch" => first(&|item| {
            let name = fields::get(item, &["fetch", "type"])?.as_str()?;
            let native = FETCH_TYPES.iter().any(|one| one.name == name);
            custom("fetch.type", &registered.fetch_types, name, native)
        }),
        "taskgraph.transforms.task" => {
            let theirs: Vec<bool> = items
                .iter()
                .map(|item| task(context, registered, item).is_some())
                .collect();
            match theirs.iter().filter(|theirs| **theirs).count() {
                0 => Placement::Native,
                n if n == items.len() => first(&|item| task(context, registered, item)),
                _ => Placement::Split(theirs),
            }
        }
        _ => Placement::Native,
    }
}

fn custom(what: &str, entries: &Entries, name: &str, native: bool) -> Option<String> {
    is_custom(entries, name, native).then(|| format!("`{what}: {name}` is defined by the project"))
}

fn implementation(context: &Context<'_>, item: &Item) -> Option<String> {
    if let Some(implementation) = fields::get(item, &["worker", "implementation"]) {
        return implementation.as_str().map(str::to_owned);
    }
    let alias = item.str("worker-type")?;
    let found = context.graph_config().worker_implementation(alias).ok()?;
    Some(found.0.to_owned())
}

fn run_using(context: &Context<'_>, registered: &Registered, item: &Item) -> Option<String> {
    let name = fields::get(item, &["run", "using"])?.as_str()?;
    let worker = implementation(context, item)?;
    let key = (name.to_owned(), worker.clone());
    let native = RUN_USING
        .iter()
        .any(|way| way.name == name && way.worker == worker);
    let foreign = registered.run_using.get(&key)?;
    (*foreign || !native)
        .then(|| format!("`run.using: {name}` on {worker} is defined by the project"))
}

fn task(context: &Context<'_>, registered: &Registered, item: &Item) -> Option<String> {
    let worker = implementation(context, item)?;
    let native = PAYLOADS.iter().any(|payload| payload.name == worker);
    custom("worker", &registered.payloads, &worker, native).or_else(|| {
        let index = item.task.get("index")?;
        let name = index
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or("generic");
        let native = INDEX_TYPES.iter().any(|one| one.name == name);
        custom("index.type", &registered.index_types, name, native)
    })
}

fn from_deps(registered: &Registered, item: &Item) -> Option<String> {
    let named = |key: &str| match fields::get(item, &["from-deps", key])? {
        Value::String(name) => Some(name.clone()),
        Value::Object(map) => map.keys().next().cloned(),
        _ => None,
    };
    let tables: BTreeMap<&str, (&Entries, Vec<&str>)> = BTreeMap::from([
        (
            "group-by",
            (
                &registered.group_by,
                GROUP_BY.iter().map(|one| one.name).collect(),
            ),
        ),
        (
            "set-name",
            (
                &registered.set_name,
                SET_NAME.iter().map(|one| one.name).collect(),
            ),
        ),
    ]);
    tables.into_iter().find_map(|(key, (entries, native))| {
        let default = if key == "group-by" {
            "single"
        } else {
            "strip-kind"
        };
        let name = named(key).unwrap_or_else(|| default.into());
        custom(key, entries, &name, native.contains(&name.as_str()))
    })
}
