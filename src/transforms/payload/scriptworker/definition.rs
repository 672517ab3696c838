//! What the definitions of scriptworker tasks have in common.

use std::collections::BTreeSet;

use crate::base::diagnostic::Diagnostic;
use crate::base::path::ValuePath;
use crate::base::value::{Object, Value};
use crate::transform::Context;
use crate::transform::item::{list_mut, object_mut};

/// The prefix of the project's scopes.
pub(super) fn scope_prefix(context: &Context<'_>) -> Result<String, Diagnostic> {
    let config = context.graph_config();
    let prefix = config
        .get("scriptworker")
        .and_then(|section| section.get("scope-prefix"))
        .and_then(Value::as_str);
    prefix.map(str::to_owned).ok_or_else(|| {
        Diagnostic::user("`scriptworker.scope-prefix` is missing in config.yml")
            .at(config.place(&ValuePath::keys(["scriptworker", "scope-prefix"])))
            .help("set it to the prefix of the scopes of the project's scriptworkers, e.g. `project:my-project:releng`")
    })
}

/// Sets the payload of a definition, and the tag with the worker implementation.
pub(super) fn set_payload<'k>(
    definition: &mut Object,
    payload: impl IntoIterator<Item = (&'k str, Value)>,
) {
    let payload = payload.into_iter();
    definition.insert("payload", Value::Object(payload.collect()));
    set_tag(definition);
}

/// Sets the tag with the worker implementation.
pub(super) fn set_tag(definition: &mut Object) {
    object_mut(definition, "tags").insert("worker-implementation", Value::from("scriptworker"));
}

/// Adds scopes to a definition, sorts them and removes duplicates.
pub(super) fn sort_scopes(definition: &mut Object, more: impl IntoIterator<Item = String>) {
    let scopes = list_mut(definition, "scopes");
    let known = scopes.iter().filter_map(Value::as_str).map(str::to_owned);
    let sorted: BTreeSet<String> = known.chain(more).collect();
    *scopes = sorted.into_iter().map(Value::from).collect();
}
