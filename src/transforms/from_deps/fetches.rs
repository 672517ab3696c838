//! The fetches of a task from its dependencies.

use std::collections::BTreeSet;

use super::settings::FromDeps;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::path::ValuePath;
use crate::base::pyformat::{Scope, format};
use crate::base::value::{Object, Value};
use crate::model::task::Task;
use crate::transform::{Context, Item, checks};

/// Adds the fetches for every dependency whose kind has fetches.
///
/// This includes dependencies that the kind names explicitly.
///
/// # Errors
/// Every fetch that cannot be formatted.
pub fn add(
    context: &Context<'_>,
    item: &Item,
    task: &mut Object,
    from: &FromDeps<'_>,
    fetches: &Object,
) -> Outcome<()> {
    let mut wrong = Diagnostics::new();
    let labels = task.get("dependencies").and_then(Value::as_object);
    // In the order in which the dependencies were generated, without duplicates.
    let positions: BTreeSet<usize> = labels
        .into_iter()
        .flat_map(Object::values)
        .filter_map(|label| from.positions.get(label.as_str()?).copied())
        .collect();
    let mut found = Vec::new();
    for dependency in positions
        .iter()
        .filter_map(|i| context.dependencies.get(*i))
    {
        let Some(Value::Array(entries)) = fetches.get(dependency.kind.as_str()) else {
            continue;
        };
        let mut filled = Vec::with_capacity(entries.len());
        for (i, entry) in entries.iter().enumerate() {
            filled.extend(wrong.keep(fill(item, dependency, entry, i)));
        }
        found.push((from.name_of(dependency), Value::from(filled)));
    }
    let slot = task
        .entry("fetches")
        .or_insert_with(|| Value::Object(Object::new()));
    match slot {
        Value::Object(map) => map.extend(found.into_iter().map(|(k, v)| (k.to_owned(), v))),
        other if !found.is_empty() => {
            wrong.push(checks::wrong_type(item, "fetches", "a mapping", other));
        }
        _ => {}
    }
    wrong.or_ok(())
}

/// One entry, formatted with the attributes of the dependency.
fn fill(item: &Item, dependency: &Task, entry: &Value, index: usize) -> Outcome<Value> {
    let mut wrong = Diagnostics::new();
    let mut filled = entry.clone();
    let scope = Scope::new(&dependency.attributes);
    for key in ["artifact", "dest"] {
        let Some(slot) = filled.get_mut(key) else {
            continue;
        };
        let kind = &dependency.kind;
        let place = || {
            let path = ValuePath::keys(["from-deps", "fetches", kind.as_str()]);
            item.origin.place(&path.index(index).key(key))
        };
        let what = format!("`from-deps.fetches.{kind}[{index}].{key}`");
        match slot {
            Value::String(template) => match format(template, &scope) {
                Ok(text) => *slot = Value::from(text),
                Err(error) => wrong.push(
                    Diagnostic::user(format!(
                        "cannot format {what} for `{}`: {error}",
                        dependency.label
                    ))
                    .at(place())
                    .help("use only attributes of the dependency in braces"),
                ),
            },
            _ => wrong.push(
                Diagnostic::user(format!("{what} is not a string"))
                    .at(place())
                    .help("set a value, or remove the key"),
            ),
        }
    }
    wrong.or_ok(filled)
}
