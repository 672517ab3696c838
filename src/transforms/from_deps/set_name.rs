//! How a task that is made from dependencies gets its name.

use crate::base::diagnostic::Diagnostic;
use crate::base::suggest;
use crate::base::value::{Value, truthy, type_name};
use crate::model::task::Task;
use crate::transform::Item;

/// One way to name a task after its primary dependency.
#[derive(Debug)]
pub struct SetName {
    /// The name under which kinds have it.
    pub name: &'static str,
    /// What it does, for the reference.
    pub doc: &'static str,
    /// The function.
    pub run: fn(&Task) -> String,
}

/// Every way to name.
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

/// The way to name that `set-name` says; `None` when names stay as they are.
///
/// # Errors
/// When there is no such way.
pub fn find(item: &Item, value: &Value) -> Result<Option<&'static SetName>, Diagnostic> {
    const FIELD: &str = "from-deps.set-name";
    let names = || SET_NAME.iter().map(|way| way.name);
    match value {
        value if !truthy(value) => Ok(None),
        Value::String(name) => match SET_NAME.iter().find(|way| way.name == name) {
            Some(way) => Ok(Some(way)),
            None => Err(item
                .wrong(FIELD, format!("there is no way to set a name `{name}`"))
                .help(suggest::hint_native(name, names()))),
        },
        other => Err(item
            .wrong(
                FIELD,
                format!(
                    "`{FIELD}` is {}, where the name of a way is expected",
                    type_name(other)
                ),
            )
            .help(format!(
                "write one of {}, or null to keep the name",
                names().collect::<Vec<_>>().join(", ")
            ))),
    }
}

fn strip_kind(primary: &Task) -> String {
    let label = primary.label.as_str();
    match label.strip_prefix(primary.kind.as_str()) {
        // One more character goes, whatever it is.
        Some(rest) => rest.chars().skip(1).collect(),
        None => label.to_owned(),
    }
}

fn retain_kind(primary: &Task) -> String {
    primary.label.as_str().to_owned()
}
