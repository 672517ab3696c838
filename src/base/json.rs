//! JSON as the peer writes it: keys sorted, two spaces of indentation, raw UTF-8.

use std::sync::Arc;

use serde::Serialize;

use super::diagnostic::{Diagnostic, Place, SourceFile};
use super::value::Value;

/// Reads JSON that people may have written.
///
/// # Errors
/// What is wrong with it and where.
pub fn read(name: &str, text: &[u8]) -> Result<Value, Diagnostic> {
    serde_json::from_slice(text).map_err(|error| {
        // The place is told apart from the message.
        let why = error.to_string();
        let why = why.split(" at line ").next().unwrap_or(&why);
        let place = std::str::from_utf8(text).ok().map(|text| Place {
            source: Arc::new(SourceFile {
                name: name.to_owned(),
                text: text.to_owned(),
            }),
            line: error.line().max(1),
            column: error.column().max(1),
        });
        Diagnostic::user(format!("{name} is no JSON: {why}")).at(place)
    })
}

/// A copy of `value` in which every mapping is sorted by key.
#[must_use]
pub fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            entries
                .into_iter()
                .map(|(key, item)| (key.clone(), sorted(item)))
                .collect()
        }
        other => other.clone(),
    }
}

/// Indented JSON with sorted keys, without a newline at its end.
#[must_use]
pub fn pretty(value: &Value) -> String {
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"  ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    // Writing a value tree into memory cannot fail; an empty text would be seen at once.
    let _ = sorted(value).serialize(&mut serializer);
    String::from_utf8_lossy(&out).into_owned()
}

/// Compact JSON with sorted keys.
#[must_use]
pub fn compact_sorted(value: &Value) -> String {
    sorted(value).to_string()
}

/// Compact JSON with keys in their own order.
#[must_use]
pub fn compact(value: &Value) -> String {
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let value = json!({"b": [{"z": 1, "a": "ü"}], "a": {}, "c": []});
        assert_eq!(
            pretty(&value),
            "{\n  \"a\": {},\n  \"b\": [\n    {\n      \"a\": \"ü\",\n      \"z\": 1\n    }\n  ],\n  \"c\": []\n}"
        );
        assert_eq!(
            compact_sorted(&value),
            r#"{"a":{},"b":[{"a":"ü","z":1}],"c":[]}"#
        );
    }
}
