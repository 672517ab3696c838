//! Values as text, with the keys of each mapping in order.

use std::io::Write;

use crate::base::value::{Object, Str, Value};

/// Two for each step inward.
const BLANKS: &[u8; 64] = &[b' '; 64];

/// Writes a value over several lines; those after the first stand `depth` steps further in.
pub(super) fn indented(value: &Value, depth: usize, out: &mut Vec<u8>) {
    match value {
        Value::Array(items) if !items.is_empty() => {
            let mut before: &[u8] = b"[\n";
            for item in items {
                out.extend_from_slice(before);
                indent(depth + 1, out);
                indented(item, depth + 1, out);
                before = b",\n";
            }
            out.push(b'\n');
            indent(depth, out);
            out.push(b']');
        }
        Value::Object(map) if !map.is_empty() => {
            let mut before: &[u8] = b"{\n";
            in_order(map, |key, value| {
                out.extend_from_slice(before);
                entry(key, value, depth + 1, out);
                before = b",\n";
            });
            out.push(b'\n');
            indent(depth, out);
            out.push(b'}');
        }
        other => compact(other, out),
    }
}

/// Writes a key and its value on lines of their own, so many steps in.
pub(super) fn entry(key: &str, value: &Value, depth: usize, out: &mut Vec<u8>) {
    indent(depth, out);
    string(key, out);
    out.extend_from_slice(b": ");
    indented(value, depth, out);
}

/// Writes a value on one line, without blanks.
pub(super) fn compact(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => {
            // Writing into memory cannot fail.
            let _ = write!(out, "{number}");
        }
        Value::String(text) => string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push(b',');
                }
                compact(item, out);
            }
            out.push(b']');
        }
        Value::Object(map) => {
            let mut before = b'{';
            in_order(map, |key, value| {
                out.push(before);
                string(key, out);
                out.push(b':');
                compact(value, out);
                before = b',';
            });
            if map.is_empty() {
                out.push(b'{');
            }
            out.push(b'}');
        }
    }
}

fn indent(depth: usize, out: &mut Vec<u8>) {
    let mut left = 2 * depth;
    while left > 0 {
        let now = left.min(BLANKS.len());
        out.extend_from_slice(&BLANKS[..now]);
        left -= now;
    }
}

/// Passes on the entries of a mapping in the order of their keys.
fn in_order(map: &Object, mut each: impl FnMut(&Str, &Value)) {
    if map.keys().is_sorted() {
        return map.iter().for_each(|(key, value)| each(key, value));
    }
    // Most keys differ in what they begin with, which is compared faster than whole texts.
    let mut entries: Vec<(u64, &Str, &Value)> = map
        .iter()
        .map(|(key, value)| (beginning(key), key, value))
        .collect();
    entries.sort_unstable_by(|one, other| (one.0, one.1).cmp(&(other.0, other.1)));
    for (_, key, value) in entries {
        each(key, value);
    }
}

/// The first bytes of a text as a number that is ordered as they are.
fn beginning(text: &str) -> u64 {
    let mut bytes = [0; 8];
    for (to, from) in bytes.iter_mut().zip(text.bytes()) {
        *to = from;
    }
    u64::from_be_bytes(bytes)
}

fn string(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    if has_escaped(bytes) {
        escape(bytes, out);
    } else {
        out.extend_from_slice(bytes);
    }
    out.push(b'"');
}

const fn is_escaped(byte: u8) -> bool {
    (byte < b' ') | (byte == b'"') | (byte == b'\\')
}

/// Whether any of the bytes needs a backslash before it. Eight are looked at in one step.
fn has_escaped(bytes: &[u8]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    // The highest bit of each byte that is less than the limit, which is at most 128.
    let less = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGH;
    let (words, rest) = bytes.as_chunks::<8>();
    let any = words.iter().fold(0, |any, word| {
        let word = u64::from_ne_bytes(*word);
        let quote = word ^ (ONES * u64::from(b'"'));
        let backslash = word ^ (ONES * u64::from(b'\\'));
        any | less(word, u64::from(b' ')) | less(quote, 1) | less(backslash, 1)
    });
    any != 0 || rest.iter().any(|byte| is_escaped(*byte))
}

/// Writes a text with backslashes before what JSON takes in no other way.
fn escape(bytes: &[u8], out: &mut Vec<u8>) {
    let mut from = 0;
    for (position, byte) in bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| is_escaped(**byte))
    {
        out.extend_from_slice(&bytes[from..position]);
        from = position + 1;
        let letter = match byte {
            b'"' | b'\\' => *byte,
            b'\n' => b'n',
            b'\t' => b't',
            b'\r' => b'r',
            0x08 => b'b',
            0x0c => b'f',
            control => {
                // Writing into memory cannot fail.
                let _ = write!(out, "\\u{control:04x}");
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', letter]);
    }
    out.extend_from_slice(&bytes[from..]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::value::json;

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
            "[\\x00-\\x7f]{0,40}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 60, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::vec(("[a-c]{0,10}|.{0,3}", inner), 0..40)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    /// The value with keys in order: serde_json then writes them so.
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(sorted).collect(),
            Value::Object(map) => {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_by_key(|(key, _)| *key);
                let entries = entries.into_iter();
                Value::Object(entries.map(|(key, value)| (key, sorted(value))).collect())
            }
            other => other.clone(),
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_serde_json_writes(value in values()) {
            let sorted = sorted(&value);
            let mut out = Vec::new();
            indented(&value, 0, &mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string_pretty(&sorted).unwrap());
            let mut out = Vec::new();
            compact(&value, &mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&sorted).unwrap());
        }
    }

    #[test]
    fn keys_are_ordered_by_all_of_their_bytes() {
        let value =
            json!({"abcdefgh2": 1, "abcdefgh": 2, "abcdefgh1": 3, "\u{e9}": 4, "z": 5, "": 6});
        let mut out = Vec::new();
        compact(&value, &mut out);
        let text = r#"{"":6,"abcdefgh":2,"abcdefgh1":3,"abcdefgh2":1,"z":5,"\u{e9}":4}"#;
        assert_eq!(
            String::from_utf8(out).unwrap(),
            text.replace("\\u{e9}", "\u{e9}")
        );
    }

    #[test]
    fn every_byte_is_escaped_or_not_wherever_it_stands() {
        for byte in 0..=0x7f_u8 {
            for (before, behind) in [(0, 0), (3, 20), (7, 0), (8, 8), (17, 3)] {
                let text = [
                    "a".repeat(before),
                    char::from(byte).into(),
                    "~".repeat(behind),
                ]
                .concat();
                let mut out = Vec::new();
                string(&text, &mut out);
                let wanted = serde_json::to_string(&text).unwrap();
                assert_eq!(String::from_utf8(out).unwrap(), wanted);
            }
        }
    }

    #[test]
    fn no_depth_is_without_indentation() {
        let mut value = json!(1);
        for _ in 0..50 {
            value = json!([value]);
        }
        let mut out = Vec::new();
        indented(&value, 0, &mut out);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            serde_json::to_string_pretty(&value).unwrap()
        );
    }
}
