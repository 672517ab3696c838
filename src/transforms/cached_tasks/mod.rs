//! The transform `cached_tasks`: replaces tasks with earlier ones with the same inputs.
//!
//! The inputs of a task are its own digest data and the digests of the tasks that it depends on,
//! so dependencies of the same kind must come first. The order of the results is: dependencies within
//! the kind first, and among tasks that may come next the one with the smallest label. (The peer's
//! follows a walk in hash order and changes from run to run.)

use std::collections::{BTreeMap, BTreeSet};

use crate::base::dag::{Cycle, Dag};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::suggest;
use crate::base::value::{Object, Value, py_str, truthy};
use crate::transform::cache::{self, CacheEntry};
use crate::transform::{Context, Item, Transform, checks, each, each_in_order};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    name: "taskgraph.transforms.cached_tasks",
    aliases: &[],
    doc: "replaces each task that has a `cache` with an earlier task that had the same inputs, if there is one",
    schema: None,
    prepare: None,
    by_item: false,
    run,
};

fn run(context: &Context<'_>, items: Vec<Item>) -> Outcome<Vec<Item>> {
    if context.project.fast {
        return each(context, items, |mut item| {
            item.task.shift_remove("cache");
            Ok([item])
        });
    }
    let items = in_order(context, items)?;
    let mut known = dependency_digests(context)?;
    each_in_order(context, items, |mut item| {
        let Some(cache) = item.task.shift_remove("cache").filter(|c| !c.is_null()) else {
            return Ok([item]);
        };
        let label = item.str("label").unwrap_or_default().to_owned();
        // A task with invalid inputs is known too, so that its mistake is reported once.
        known.entry(label.clone()).or_default();
        let cached = cached(&item, &cache, &known)?;
        cache::add_optimization(context, &mut item, &cached)?;
        known.insert(label, cached.digest_input());
        Ok([item])
    })
}

/// The digests of the cached tasks that this kind depends on, by label.
fn dependency_digests(context: &Context<'_>) -> Outcome<BTreeMap<String, String>> {
    let mut wrong = Diagnostics::new();
    let mut known = BTreeMap::new();
    for task in context.dependencies {
        let Some(value) = task.attributes.get("cached_task") else {
            continue;
        };
        match CacheEntry::from_value(value) {
            Some(cached) => {
                known.insert(task.label.as_str().to_owned(), cached.digest_input());
            }
            None => wrong.push(
                task.diagnostic("the attribute `cached_task` does not have the strings `type`, `name` and `digest`")
                    .help("do not set this attribute; the transform `cached_tasks` sets it"),
            ),
        }
    }
    wrong.or_ok(known)
}

/// The cache entry of an item.
fn cached(item: &Item, cache: &Value, known: &BTreeMap<String, String>) -> Outcome<CacheEntry> {
    let mut wrong = Diagnostics::new();
    let bad = |field: &str, what: &str| {
        item.error_at(
            &format!("cache.{field}"),
            format!("`cache.{field}` is not a {what}"),
        )
        .help("set `type`, `name` and `digest-data` in `cache`")
    };
    let mut text = |field: &str| {
        let found = cache.get(field).and_then(Value::as_str);
        if found.is_none() {
            wrong.push(bad(field, "string"));
        }
        found.unwrap_or_default().to_owned()
    };
    let (kind, name) = (text("type"), text("name"));
    let mut inputs = checks::strings(cache.get("digest-data"));
    let digest_data = cache.get("digest-data").and_then(Value::as_array);
    if digest_data.is_none_or(|digest_data| digest_data.len() != inputs.len()) {
        wrong.push(bad("digest-data", "list of strings"));
    }
    let mut parents = Vec::new();
    for label in dependencies(item).flatten() {
        match known.get(label) {
            Some(digest) => parents.push(digest.clone()),
            None => wrong.push(
                item.error_at(
                    "dependencies",
                    format!("a cached task cannot depend on `{label}`, which is not cached"),
                )
                .help("add `cache` to that task too, or remove it from this one"),
            ),
        }
    }
    parents.sort_unstable();
    inputs.append(&mut parents);
    match item.task.get("worker") {
        None => {}
        // Chain of trust adds to the artifacts, so it is an input.
        Some(Value::Object(worker)) => inputs.extend(
            worker
                .get("chain-of-trust")
                .filter(|value| truthy(value))
                .map(py_str),
        ),
        Some(other) => wrong.push(checks::wrong_type(item, "worker", "a mapping", other)),
    }
    wrong.or_ok(CacheEntry {
        kind,
        name,
        digest: cache::digest(&inputs),
    })
}

/// The labels that an item depends on; `None` for invalid labels.
fn dependencies(item: &Item) -> impl Iterator<Item = Option<&str>> {
    let map = item.task.get("dependencies").and_then(Value::as_object);
    map.into_iter().flat_map(Object::values).map(Value::as_str)
}

/// The items in the order that the module documents.
fn in_order(context: &Context<'_>, items: Vec<Item>) -> Outcome<Vec<Item>> {
    let mut by_label: BTreeMap<String, Item> = BTreeMap::new();
    let mut wrong = Diagnostics::new();
    let mut checked = each(context, items, |item| {
        check(&item)?;
        Ok([item])
    })?;
    for item in checked.drain(..) {
        let label = item.str("label").unwrap_or_default().to_owned();
        if by_label.contains_key(&label) {
            let message = format!("two tasks have the label `{label}`");
            wrong.push(
                at(context, &item, item.error_at("label", message)).help("rename one of them"),
            );
            continue;
        }
        by_label.insert(label, item);
    }
    let prefix = format!("{}-", context.kind);
    let others = context.dependencies.iter().map(|task| task.label.as_str());
    let others: BTreeSet<&str> = others.collect();
    let mut edges = Vec::new();
    for (label, item) in &by_label {
        for to in dependencies(item).flatten() {
            if by_label.contains_key(to) {
                edges.push((label.clone(), to.to_owned()));
            } else if to.starts_with(&prefix) && !others.contains(to) {
                let hint = suggest::nearest(to, by_label.keys().map(String::as_str)).map_or_else(
                    || "correct the label, or remove the dependency".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = format!("the dependency `{to}` does not exist");
                wrong.push(at(context, item, item.error_at("dependencies", message)).help(hint));
            }
        }
    }
    let dag = Dag::new(by_label.keys().cloned(), edges);
    match dag.dependencies_first() {
        Ok(order) => {
            let order: Vec<String> = order.into_iter().cloned().collect();
            let items = order.iter().filter_map(|label| by_label.remove(label));
            wrong.or_ok(items.collect())
        }
        Err(Cycle(labels)) => {
            let path: Vec<&str> = labels
                .iter()
                .chain(labels.first())
                .map(String::as_str)
                .collect();
            let message = format!("tasks depend on each other: {}", path.join(" -> "));
            wrong.push(
                match labels.first().and_then(|label| by_label.get(label)) {
                    Some(item) => at(context, item, item.error_at("dependencies", message)),
                    None => Diagnostic::user(message).in_kind(context.kind),
                }
                .help("remove one of these dependencies"),
            );
            Err(wrong)
        }
    }
}

fn at(context: &Context<'_>, item: &Item, diagnostic: Diagnostic) -> Diagnostic {
    let diagnostic = diagnostic.in_kind(context.kind);
    match item.name_for_messages() {
        Some(name) => diagnostic.in_task(name),
        None => diagnostic,
    }
}

fn check(item: &Item) -> Result<(), Diagnostic> {
    if item.str("label").is_none() {
        return Err(item
            .error_at("", "the task has no label")
            .help("put the transform that sets labels before `cached_tasks`"));
    }
    match item.task.get("dependencies") {
        None => {}
        Some(Value::Object(map)) => {
            if let Some((name, other)) = map.iter().find(|(_, label)| !label.is_string()) {
                let field = format!("dependencies.{name}");
                return Err(checks::wrong_type(item, &field, "a label", other));
            }
        }
        Some(other) => {
            return Err(checks::wrong_type(item, "dependencies", "a mapping", other));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
