//! JSON as the peer writes it: keys sorted, two spaces of indentation, raw UTF-8.

use std::io::{self, Write};
use std::sync::Arc;

use rayon::prelude::*;

use super::diagnostic::{Diagnostic, Place, SourceFile};
use super::value::Value;

mod write;

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

/// Indented JSON with sorted keys, without a newline at its end.
#[must_use]
pub fn pretty(value: &Value) -> String {
    let mut out = Vec::new();
    write::Lines::new(&mut out).value(value, 0);
    text(out)
}

/// What is written as JSON.
pub trait ToJson {
    /// The value that it is written as; that shares what it can.
    fn to_json(&self) -> Value;
}

/// What is written as a mapping so large that its parts are written at the same time.
pub trait Entries {
    /// What a key stands for.
    type Item: ToJson + Sync;

    /// The entries, by key.
    fn entries(&self) -> Vec<(&str, &Self::Item)>;
}

/// The value of many entries.
#[must_use]
pub fn value_of(map: &impl Entries) -> Value {
    let entries = map.entries();
    let values = entries.into_iter().map(|(key, item)| (key, item.to_json()));
    Value::Object(values.collect())
}

/// How many entries one thread writes at a time.
const PART: usize = 64;

/// How many parts are written before they are passed on.
const ROUND: usize = 16;

/// Indented JSON of many entries, without a newline at its end.
#[must_use]
pub fn pretty_of(map: &impl Entries) -> String {
    let mut out = Vec::new();
    // Writing into memory cannot fail; an empty text would be seen at once.
    let _ = write_of(map, &mut out);
    text(out)
}

/// Writes indented JSON of many entries, without a newline at its end, while it is made.
///
/// # Errors
/// Those of `out`.
pub fn write_of(map: &impl Entries, out: &mut dyn Write) -> io::Result<()> {
    let entries = map.entries();
    let mut parts = vec![Vec::new(); ROUND];
    let mut before: &[u8] = b"{\n";
    for round in entries.chunks(PART * ROUND) {
        round
            .par_chunks(PART)
            .zip(&mut parts)
            .for_each(|(entries, part)| {
                // The room of the round before is used again.
                part.clear();
                let values = entries.iter().map(|(key, item)| (key, item.to_json()));
                let values: Vec<_> = values.collect();
                let mut lines = write::Lines::new(part);
                for (position, (key, value)) in values.iter().enumerate() {
                    lines.text(if position > 0 { b",\n" } else { b"" });
                    lines.entry(key, value, 1);
                }
            });
        for part in &parts[..round.len().div_ceil(PART)] {
            out.write_all(before)?;
            out.write_all(part)?;
            before = b",\n";
        }
    }
    out.write_all(if entries.is_empty() { b"{}" } else { b"\n}" })
}

/// JSON is made of texts, so that it is one.
fn text(json: Vec<u8>) -> String {
    String::from_utf8(json)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Compact JSON with sorted keys.
#[must_use]
pub fn compact_sorted(value: &Value) -> String {
    let mut out = Vec::new();
    write::compact(value, &mut out);
    text(out)
}

/// Compact JSON with keys in their own order.
#[must_use]
pub fn compact(value: &Value) -> String {
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    struct Numbers(std::collections::BTreeMap<String, usize>);

    impl ToJson for usize {
        fn to_json(&self) -> Value {
            json!({"n": vec![*self; self % 3]})
        }
    }

    impl Entries for Numbers {
        type Item = usize;

        fn entries(&self) -> Vec<(&str, &usize)> {
            self.0
                .iter()
                .map(|(key, item)| (key.as_str(), item))
                .collect()
        }
    }

    #[test]
    fn what_is_written_in_parts_is_what_is_written_as_a_whole() {
        for count in [
            0,
            1,
            PART - 1,
            PART,
            PART + 1,
            ROUND * PART,
            ROUND * PART + 5,
        ] {
            let numbers = Numbers((0..count).map(|n| (n.to_string(), n)).collect());
            assert_eq!(pretty_of(&numbers), pretty(&value_of(&numbers)));
        }
    }

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
