//! JSON as the peer writes it: keys sorted, two spaces of indentation, raw UTF-8.

use std::io::{self, Write};
use std::sync::Arc;

use rayon::prelude::*;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use super::diagnostic::{Diagnostic, Place, SourceFile};
use super::value::{Object, Str, Value};

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

/// A value that is written with the keys of every mapping sorted, without being copied.
#[derive(Debug, Clone, Copy)]
pub struct Sorted<'a>(pub &'a Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(&Sorted(item))?;
                }
                list.end()
            }
            Value::Object(map) => SortedMap(map).serialize(serializer),
            other => other.serialize(serializer),
        }
    }
}

/// A mapping that is written with its keys sorted at every depth, without being copied.
#[derive(Debug, Clone, Copy)]
pub struct SortedMap<'a>(pub &'a Object);

impl Serialize for SortedMap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut entries: Vec<(&Str, &Value)> = self.0.iter().collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        let mut map = serializer.serialize_map(Some(entries.len()))?;
        for (key, item) in entries {
            map.serialize_entry(key.as_str(), &Sorted(item))?;
        }
        map.end()
    }
}

/// Indented JSON with sorted keys, without a newline at its end.
#[must_use]
pub fn pretty(value: &Value) -> String {
    let mut out = Vec::new();
    indented(&Sorted(value), &mut out);
    text(out)
}

/// What is written as a mapping so large that its parts are written at the same time.
pub trait Entries: Serialize {
    /// What is written for a key.
    type Key: Serialize + Sync;
    /// What is written for a value, with its own keys in order.
    type Item: Serialize + Sync;

    /// The entries, by key.
    fn entries(&self) -> Vec<(&Self::Key, &Self::Item)>;
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
    let mut before: &[u8] = b"{";
    for round in entries.chunks(PART * ROUND) {
        round
            .par_chunks(PART)
            .zip(&mut parts)
            .for_each(|(entries, part)| indented(&Part(entries), part));
        for part in &parts[..round.len().div_ceil(PART)] {
            // Each part is written as a mapping of its own and put down without its braces.
            let inner = part.strip_prefix(b"{").unwrap_or(part);
            let inner = inner.strip_suffix(b"\n}").unwrap_or(inner);
            out.write_all(before)?;
            out.write_all(inner)?;
            before = b",";
        }
    }
    out.write_all(if entries.is_empty() { b"{}" } else { b"\n}" })
}

struct Part<'a, K, V>(&'a [(&'a K, &'a V)]);

impl<K: Serialize, V: Serialize> Serialize for Part<'_, K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

/// Writes in place of what is in `out`, whose room is used again.
fn indented(value: &impl Serialize, out: &mut Vec<u8>) {
    out.clear();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"  ");
    let mut serializer = serde_json::Serializer::with_formatter(out, formatter);
    // Writing a value tree into memory cannot fail; an empty text would be seen at once.
    let _ = value.serialize(&mut serializer);
}

/// JSON is made of texts, so that it is one.
fn text(json: Vec<u8>) -> String {
    String::from_utf8(json)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Compact JSON with sorted keys.
#[must_use]
pub fn compact_sorted(value: &Value) -> String {
    // As above, writing into memory cannot fail.
    serde_json::to_string(&Sorted(value)).unwrap_or_default()
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

    #[derive(Serialize)]
    #[serde(transparent)]
    struct Numbers(std::collections::BTreeMap<String, Vec<usize>>);

    impl Entries for Numbers {
        type Key = String;
        type Item = Vec<usize>;

        fn entries(&self) -> Vec<(&String, &Vec<usize>)> {
            self.0.iter().collect()
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
            let numbers = Numbers(
                (0..count)
                    .map(|n| (n.to_string(), vec![n; n % 3]))
                    .collect(),
            );
            let whole = serde_json::to_string_pretty(&numbers).unwrap();
            assert_eq!(pretty_of(&numbers), whole);
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
