//! What tasks are called and which worker they run on, for the transforms that settle it.

use super::context::Context;
use super::item::Item;
use crate::base::diagnostic::Diagnostic;
use crate::base::path::ValuePath;
use crate::base::value::{Value, py_str, truthy};

/// Gives an item without a label the kind and its name as one, and takes the name away.
///
/// # Errors
/// When it has neither.
pub fn settle_label(context: &Context<'_>, item: &mut Item) -> Result<(), Diagnostic> {
    if !item.task.contains_key("label") {
        let Some(name) = item.task.get("name") else {
            return Err(item
                .wrong("", "the task has neither a name nor a label")
                .help("give it a `name`; its label will be the kind and that name"));
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
/// When it has none, or one for which there is no alias.
pub fn worker(context: &Context<'_>, item: &Item) -> Result<(String, Option<String>), Diagnostic> {
    let Some(alias) = item.str("worker-type") else {
        return Err(item
            .wrong("worker-type", "`worker-type` is missing or no string")
            .help("name an alias of `workers.aliases` in config.yml"));
    };
    context
        .graph_config()
        .worker_implementation(alias)
        .map(|(implementation, os)| (implementation.to_owned(), os.map(str::to_owned)))
        .map_err(|diagnostic| diagnostic.at(item.origin.place(&ValuePath::keys(["worker-type"]))))
}
