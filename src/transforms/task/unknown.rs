//! Explains keys that a task description does not have.

use crate::base::diagnostic::Diagnostic;
use crate::config::schema::{Breach, Violation};
use crate::transform::Item;
use crate::transform::description::transform_of_key;

/// The diagnostic of a violation. A key that a transform would have handled is reported with the name of
/// that transform, and one that nobody has written with the transform that was not there to use it.
pub fn explain(item: &Item, violation: Violation) -> Diagnostic {
    let place = item.origin.place(&violation.path);
    let mut diagnostic = Diagnostic::user(violation.message).at(place);
    diagnostic.help = violation.help;
    if !matches!(violation.breach, Breach::Unknown { .. }) || violation.path.0.len() != 1 {
        return diagnostic;
    }
    let key = violation.path.to_string();
    let Some(transform) = transform_of_key(&key) else {
        return diagnostic;
    };
    let add = format!("add `{transform}` to `transforms`, before `taskgraph.transforms.task`");
    if item.origin.is_written(&violation.path) {
        diagnostic.help(format!("`{key}` is a key of another transform: {add}"))
    } else {
        diagnostic.message =
            format!("an earlier transform has added the key `{key}`, which no later one uses");
        diagnostic.help(add)
    }
}
