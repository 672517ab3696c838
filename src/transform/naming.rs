//! Default labels and worker implementations of tasks.

use super::context::Context;
use super::item::Item;
use crate::base::diagnostic::Diagnostic;
use crate::base::path::ValuePath;
use crate::base::value::{Value, py_str, truthy};

/// Sets the label of an item without one to the kind and the name, and removes the name.
///
/// # Errors
/// If it has neither.
pub fn default_label(context: &Context<'_>, item: &mut Item) -> Result<(), Diagnostic> {
    if !item.task.contains_key("label") {
        let Some(name) = item.task.get("name") else {
            return Err(item
                .error_at("", "the task has neither a name nor a label")
                .help("add a `name`; the label is derived from the kind and the name"));
        };
        let label = [context.kind.as_str(), "-", &py_str(name)].concat();
        item.task.insert("label", Value::from(label));
    }
    if item.task.get("name").is_some_and(truthy) {
        item.task.shift_remove("name");
    }
    Ok(())
}

/// The worker implementation and the operating system behind an item's `worker-type`.
///
/// # Errors
/// If it has none, or an unknown one.
pub fn worker(context: &Context<'_>, item: &Item) -> Result<(String, Option<String>), Diagnostic> {
    let Some(alias) = item.str("worker-type") else {
        return Err(item
            .error_at("worker-type", "`worker-type` is missing or not a string")
            .help("set it to an alias from `workers.aliases` in config.yml"));
    };
    context
        .graph_config()
        .worker_implementation(alias)
        .map(|(implementation, os)| (implementation.to_owned(), os.map(str::to_owned)))
        .map_err(|diagnostic| diagnostic.at(item.origin.place(&ValuePath::keys(["worker-type"]))))
}
