//! Reads files of YAML or JSON that are named on the command line.

use std::path::Path;

use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::json::read;
use crate::base::value::Value;
use crate::config::yaml;

/// Reads a file; `what` names it in messages.
///
/// # Errors
/// When it cannot be read, or is neither YAML nor JSON.
pub fn read_input_file(path: &Path, what: &str) -> Outcome<Value> {
    let name = path.display().to_string();
    let text =
        std::fs::read(path).map_err(|error| cannot_read(&format!("{what} {name}"), &error))?;
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("yml" | "yaml") => {
            let document = yaml::load(&name, &text)?;
            document.warn();
            Ok(document.value)
        }
        Some("json") => Ok(read(&name, &text)?),
        _ => Err(
            Diagnostic::usage(format!("{what} {name} is neither a .yml nor a .json file")).into(),
        ),
    }
}

/// Reads an action's input, if a file is named.
///
/// # Errors
/// Those of [`read_input_file`].
pub fn read_action_input(path: Option<&Path>) -> Outcome<Value> {
    match path {
        Some(path) => read_input_file(path, "the input"),
        None => Ok(Value::Null),
    }
}

/// The error for a file that cannot be read: a user error if it does not exist.
fn cannot_read(what: &str, error: &std::io::Error) -> Diagnostic {
    let message = format!("cannot read {what}");
    let diagnostic = match error.kind() {
        std::io::ErrorKind::NotFound => Diagnostic::user(message),
        _ => Diagnostic::environment(message),
    };
    diagnostic.because(error)
}
