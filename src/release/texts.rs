//! The texts in a value.

use crate::base::value::Value;

/// Calls a function with each text in a value, and its place.
pub fn each_text(value: &Value, path: &str, each: &mut dyn FnMut(&str, &str)) {
    match value {
        Value::String(text) => each(path, text),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                each_text(item, &format!("{path}[{at}]"), each);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                each_text(value, &format!("{path}.{key}"), each);
            }
        }
        _ => {}
    }
}
