//! The parameters that `try_task_config.json` overrides.

use crate::base::json::pretty;
use crate::base::value::{Object, Value, json};

/// The file.
pub const FILE: &str = "try_task_config.json";

/// The content of the file for these parameters.
#[must_use]
pub fn of_parameters(parameters: Object) -> Value {
    json!({"version": 2, "parameters": Value::Object(parameters)})
}

/// The text of the file.
#[must_use]
pub fn text(config: &Value) -> String {
    pretty(config) + "\n"
}
