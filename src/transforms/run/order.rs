//! The order of tasks within a kind.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::base::dag::{Cycle, Dag};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::value::{Object, Str, Value};
use crate::transform::{Context, Item};

/// Sorts the items of a kind so that each follows its dependencies.
///
/// Items already have labels. Of the items that may come next, the one with the smallest label is first, so
/// that the order does not depend on the one in which they came.
///
/// # Errors
/// If two items have the same label, or the dependencies have a cycle.
pub fn dependencies_first(context: &Context<'_>, items: Vec<Item>) -> Outcome<Vec<Item>> {
    let mut wrong = Diagnostics::new();
    let mut pending: BTreeMap<Str, Item> = BTreeMap::new();
    for item in items {
        let label = match item.task.get("label") {
            Some(Value::String(label)) => label.clone(),
            _ => Str::new(),
        };
        match pending.entry(label) {
            Entry::Vacant(place) => {
                place.insert(item);
            }
            Entry::Occupied(entry) => wrong.push(
                item.error_at(
                    "label",
                    format!("two tasks have the label `{}`", entry.key()),
                )
                .in_kind(context.kind)
                .help("rename one of them"),
            ),
        }
    }
    let mut edges = Vec::new();
    for (label, item) in &pending {
        let dependencies = item.task.get("dependencies").and_then(Value::as_object);
        for dependency in dependencies.into_iter().flat_map(Object::values) {
            if let Value::String(dependency) = dependency
                && pending.contains_key(dependency)
            {
                edges.push((label.clone(), dependency.clone()));
            }
        }
    }
    if edges.is_empty() {
        return wrong.or_ok(pending.into_values().collect());
    }
    let graph = Dag::new(pending.keys().cloned(), edges);
    let order: Vec<Str> = match graph.dependencies_first() {
        Ok(order) => order.into_iter().cloned().collect(),
        Err(Cycle(labels)) => {
            let circle: Vec<_> = labels.iter().chain(labels.first()).cloned().collect();
            wrong.push(
                Diagnostic::user(format!(
                    "tasks depend on each other: {}",
                    circle.join(" -> ")
                ))
                .in_kind(context.kind),
            );
            Vec::new()
        }
    };
    let ordered = order
        .iter()
        .filter_map(|label| pending.remove(label))
        .collect();
    wrong.or_ok(ordered)
}
