//! The aliases of workers.

use std::collections::BTreeMap;

use crate::base::value::{Object, Value};

/// The worker behind an alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alias {
    pub(super) implementation: String,
    pub(super) os: Option<String>,
}

/// The workers of a graph config, by alias.
pub(super) fn aliases(values: &Object) -> BTreeMap<String, Alias> {
    let aliases = values
        .get("workers")
        .and_then(|w| w.get("aliases"))
        .and_then(Value::as_object);
    let text = |value: &Value, key: &str| value.get(key)?.as_str().map(str::to_owned);
    aliases
        .into_iter()
        .flatten()
        .map(|(name, value)| {
            let alias = Alias {
                implementation: text(value, "implementation").unwrap_or_default(),
                os: text(value, "os"),
            };
            (name.to_string(), alias)
        })
        .collect()
}
