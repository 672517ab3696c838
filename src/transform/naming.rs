//! Default labels and worker implementations of tasks.

use super::context::Context;
use super::item::Item;
use crate::base::diagnostic::Diagnostic;
use crate::base::path::ValuePath;
use crate::base::suggest;
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

/// A worker implementation that is likely meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LikelyWorker {
    /// Its name.
    pub implementation: String,
    /// Its operating system.
    pub os: Option<String>,
    /// Whether it is that of the alias that is named, perhaps misspelt.
    pub is_meant: bool,
}

/// The worker implementation and the operating system that are likely meant: those of `worker-type`, of a
/// key that is misspelt so, or of the alias with the nearest name; or else what all aliases have in common.
#[must_use]
pub fn likely_worker(context: &Context<'_>, item: &Item) -> Option<LikelyWorker> {
    let misspelt = || {
        let mut keys = item.task.iter();
        let near = |key: &str| suggest::nearest(key, ["worker-type"]).is_some();
        keys.find_map(|(key, value)| value.as_str().filter(|_| near(key)))
    };
    let config = context.graph_config();
    let named = item.str("worker-type").or_else(misspelt);
    let nearest = |name: &str| suggest::nearest(name, config.alias_names());
    let found = named.and_then(|name| {
        let exact = config.worker_implementation(name).ok();
        exact.or_else(|| config.worker_implementation(nearest(name)?).ok())
    });
    let is_meant = found.is_some();
    let found = found.or_else(|| {
        let mut all = config.alias_names();
        let first = config.worker_implementation(all.next()?).ok()?;
        let same = |alias: &str| config.worker_implementation(alias).ok() == Some(first);
        all.all(same).then_some(first)
    });
    found.map(|(implementation, os)| LikelyWorker {
        implementation: implementation.to_owned(),
        os: os.map(str::to_owned),
        is_meant,
    })
}
