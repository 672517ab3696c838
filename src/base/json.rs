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
        // The place is separated from the message.
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
        Diagnostic::user(format!("{name} is not valid JSON: {why}")).at(place)
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
    /// The value of a key.
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

/// How many parts each thread writes before they are passed on.
const ROUND: usize = 4;

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
pub fn write_of(map: &impl Entries, out: &mut (dyn Write + Send)) -> io::Result<()> {
    let entries = map.entries();
    let round = ROUND * rayon::current_num_threads();
    let (mut made, mut done) = (vec![Vec::new(); round], vec![Vec::new(); round]);
    let mut before: &[u8] = b"{\n";
    let mut pass_on = |parts: &[Vec<u8>]| {
        parts
            .iter()
            .filter(|part| !part.is_empty())
            .try_for_each(|part| {
                out.write_all(std::mem::replace(&mut before, b",\n"))?;
                out.write_all(part)
            })
    };
    for round in entries.chunks(PART * round) {
        // The round before is passed on at the same time.
        let (passed, ()) = rayon::join(|| pass_on(&done), || make(round, &mut made));
        passed?;
        std::mem::swap(&mut made, &mut done);
    }
    pass_on(&done)?;
    out.write_all(if entries.is_empty() { b"{}" } else { b"\n}" })
}

/// Writes the entries of a round into parts; those that are not needed are left empty.
fn make<I: ToJson + Sync>(round: &[(&str, &I)], parts: &mut [Vec<u8>]) {
    // The room of the round before is used again.
    parts.iter_mut().for_each(Vec::clear);
    let parts = parts.par_iter_mut();
    round
        .par_chunks(PART)
        .zip(parts)
        .for_each(|(entries, part)| {
            let values = entries.iter().map(|(key, item)| (key, item.to_json()));
            let values: Vec<_> = values.collect();
            let mut lines = write::Lines::new(part);
            for (position, (key, value)) in values.iter().enumerate() {
                lines.text(if position > 0 { b",\n" } else { b"" });
                lines.entry(key, value, 1);
            }
        });
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
    fn parallel_output_equals_sequential_output() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build();
        let round = 2 * ROUND * PART;
        let counts = [
            0,
            1,
            PART - 1,
            PART,
            PART + 1,
            round,
            round + 5,
            3 * round + PART,
        ];
        for count in counts {
            let numbers = Numbers((0..count).map(|n| (n.to_string(), n)).collect());
            let output = pool.as_ref().unwrap().install(|| pretty_of(&numbers));
            assert_eq!(output, pretty(&value_of(&numbers)));
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
