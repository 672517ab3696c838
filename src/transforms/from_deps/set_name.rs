//! The names of tasks that are created from dependencies.

use crate::base::diagnostic::Diagnostic;
use crate::base::suggest;
use crate::base::value::{Value, truthy, type_name};
use crate::model::task::Task;
use crate::transform::Item;

/// A method to derive a name from the primary dependency.
#[derive(Debug)]
pub struct SetName {
    /// The name that kinds use.
    pub name: &'static str,
    /// What it does, for the reference.
    pub doc: &'static str,
    /// The function.
    pub run: fn(&Task) -> String,
}

/// Every method.
pub static SET_NAME: &[SetName] = &[
    SetName {
        name: "retain-kind",
        doc: "the label of the primary dependency",
        run: retain_kind,
    },
    SetName {
        name: "strip-kind",
        doc: "the label of the primary dependency without its kind",
        run: strip_kind,
    },
];

/// The method that `set-name` names; `None` if names do not change.
///
/// # Errors
/// If the method does not exist.
pub fn find(item: &Item, value: &Value) -> Result<Option<&'static SetName>, Diagnostic> {
    const FIELD: &str = "from-deps.set-name";
    let names = || SET_NAME.iter().map(|method| method.name);
    match value {
        value if !truthy(value) => Ok(None),
        Value::String(name) => match SET_NAME.iter().find(|method| method.name == name) {
            Some(method) => Ok(Some(method)),
            None => Err(item
                .error_at(FIELD, format!("unknown `set-name` `{name}`"))
                .help(suggest::hint_native(name, names()))),
        },
        other => Err(item
            .error_at(
                FIELD,
                format!("`{FIELD}`: expected a string, found {}", type_name(other)),
            )
            .help(format!(
                "use one of {}, or null to keep the name",
                names().collect::<Vec<_>>().join(", ")
            ))),
    }
}

fn strip_kind(primary: &Task) -> String {
    let label = primary.label.as_str();
    match label.strip_prefix(primary.kind.as_str()) {
        // The next character is removed too, whatever it is.
        Some(rest) => rest.chars().skip(1).collect(),
        None => label.to_owned(),
    }
}

fn retain_kind(primary: &Task) -> String {
    primary.label.as_str().to_owned()
}
