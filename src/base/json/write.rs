//! Values as text, with the keys of each mapping in order.

use std::io::Write;
use std::ops::Range;

use crate::base::value::{Object, Str, Value};

/// Two for each step inward.
const BLANKS: &[u8; 64] = &[b' '; 64];

/// For how many lists and mappings it is known where they have been written.
const KNOWN: usize = 256;

/// Writes values over several lines.
///
/// Values share much of what they hold. A list or a mapping that has been written before, as far in,
/// is copied from there.
pub(super) struct Lines<'v, 'o> {
    out: &'o mut Vec<u8>,
    known: Vec<Option<Known<'v>>>,
}

/// Where a list or a mapping has been written.
struct Known<'v> {
    value: &'v Value,
    depth: usize,
    place: Range<usize>,
}

impl<'v, 'o> Lines<'v, 'o> {
    /// Writes behind what is in `out`.
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        let known = std::iter::repeat_with(|| None).take(KNOWN).collect();
        Self { out, known }
    }

    /// Writes text as it is.
    pub(super) fn text(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
    }

    /// Writes a value; lines after the first are indented by `depth` more steps.
    pub(super) fn value(&mut self, value: &'v Value, depth: usize) {
        let Some(address) = address(value) else {
            return compact(value, self.out);
        };
        // Places in memory are far apart by sixteens.
        let slot = ((address >> 4) ^ (address >> 12)) % KNOWN;
        if let Some(Some(known)) = self.known.get(slot)
            && known.depth == depth
            && known.value.is_same(value)
        {
            let place = known.place.clone();
            return self.out.extend_from_within(place);
        }
        let start = self.out.len();
        self.container(value, depth);
        let place = start..self.out.len();
        if let Some(slot) = self.known.get_mut(slot) {
            *slot = Some(Known {
                value,
                depth,
                place,
            });
        }
    }

    fn container(&mut self, value: &'v Value, depth: usize) {
        match value {
            Value::Array(items) => {
                let mut before: &[u8] = b"[\n";
                for item in items {
                    self.text(before);
                    indent(depth + 1, self.out);
                    self.value(item, depth + 1);
                    before = b",\n";
                }
                self.out.push(b'\n');
                indent(depth, self.out);
                self.out.push(b']');
            }
            Value::Object(map) => {
                let mut before: &[u8] = b"{\n";
                in_order(map, |key, value| {
                    self.text(before);
                    self.entry(key, value, depth + 1);
                    before = b",\n";
                });
                self.out.push(b'\n');
                indent(depth, self.out);
                self.out.push(b'}');
            }
            other => compact(other, self.out),
        }
    }

    /// Writes a key and its value on lines of their own, so many steps in.
    pub(super) fn entry(&mut self, key: &str, value: &'v Value, depth: usize) {
        indent(depth, self.out);
        string(key, self.out);
        self.text(b": ");
        self.value(value, depth);
    }
}

/// Where the content of a list or a mapping is that has any.
fn address(value: &Value) -> Option<usize> {
    match value {
        Value::Array(items) => items.first().map(|first| std::ptr::from_ref(first).addr()),
        Value::Object(map) => map
            .values()
            .next()
            .map(|first| std::ptr::from_ref(first).addr()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
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

/// How many entries are put in order without room being made for them.
const FEW: usize = 32;

/// Passes on the entries of a mapping in the order of their keys.
fn in_order<'v>(map: &'v Object, mut each: impl FnMut(&'v Str, &'v Value)) {
    if map.keys().is_sorted() {
        return map.iter().for_each(|(key, value)| each(key, value));
    }
    let mut few = [(0, &NONE.0, &NONE.1); FEW];
    let mut many = Vec::new();
    let entries = match few.get_mut(..map.len()) {
        Some(few) => few,
        None => {
            many.resize(map.len(), (0, &NONE.0, &NONE.1));
            many.as_mut_slice()
        }
    };
    for (slot, (key, value)) in entries.iter_mut().zip(map) {
        // Most keys differ in what they begin with, which is compared faster than whole texts.
        *slot = (beginning(key), key, value);
    }
    entries.sort_unstable_by(|one, other| (one.0, one.1).cmp(&(other.0, other.1)));
    for (_, key, value) in entries {
        each(key, value);
    }
}

/// The placeholder of an entry that is written later.
static NONE: (Str, Value) = (Str::new(), Value::Null);

/// The first bytes of a text as a number that is ordered as they are.
fn beginning(text: &str) -> u64 {
    if let Some(bytes) = text.as_bytes().first_chunk() {
        return u64::from_be_bytes(*bytes);
    }
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
    let (words, rest) = bytes.as_chunks::<8>();
    let any = words.iter().fold(0, |any, word| any | escaped(*word));
    // The last eight bytes hold the rest, unless there are fewer.
    match bytes.last_chunk::<8>() {
        Some(last) => any | escaped(*last) != 0,
        None => rest.iter().any(|byte| is_escaped(*byte)),
    }
}

/// How many bytes there are before the first that needs a backslash.
fn plain(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (position, word) in words.iter().enumerate() {
        let found = escaped(*word);
        if found != 0 {
            return 8 * position + found.trailing_zeros() as usize / 8;
        }
    }
    let inside = rest.iter().position(|byte| is_escaped(*byte));
    8 * words.len() + inside.unwrap_or(rest.len())
}

/// Not zero when any of the bytes needs a backslash. The lowest bit then is of the first that does; of
/// those behind it, bits may be set without need.
const fn escaped(word: [u8; 8]) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    /// The highest bit of each byte that is less than the limit, which is at most 128.
    const fn less(word: u64, limit: u8) -> u64 {
        word.wrapping_sub(ONES * limit as u64) & !word & HIGH
    }
    let word = u64::from_le_bytes(word);
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    less(word, b' ') | less(quote, 1) | less(backslash, 1)
}

/// Writes a text with backslashes where JSON requires them.
fn escape(bytes: &[u8], out: &mut Vec<u8>) {
    let mut rest = bytes;
    loop {
        let (plain, from) = rest.split_at(plain(rest));
        out.extend_from_slice(plain);
        let Some((byte, after)) = from.split_first() else {
            return;
        };
        rest = after;
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
            r#"(["\\\n]|[a-zé€]{1,9}){0,20}"#.prop_map(Value::from),
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
        fn output_equals_that_of_serde_json(value in values()) {
            let sorted = sorted(&value);
            let mut out = Vec::new();
            Lines::new(&mut out).value(&value, 0);
            prop_assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string_pretty(&sorted).unwrap());
            let mut out = Vec::new();
            compact(&value, &mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&sorted).unwrap());
        }
    }

    #[test]
    fn keys_are_sorted_by_bytes() {
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
    fn escapes_do_not_depend_on_the_position() {
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
                let expected = serde_json::to_string(&text).unwrap();
                assert_eq!(String::from_utf8(out).unwrap(), expected);
            }
        }
    }

    #[test]
    fn shared_values_are_indented_for_their_depth() {
        let shared = json!({"b": [1, {"c": "d"}], "a": {}});
        let value = Value::Object(Object::from([
            ("y", Value::from([shared.clone(), shared.clone()])),
            ("x", shared.clone()),
            ("z", shared),
        ]));
        let mut out = Vec::new();
        Lines::new(&mut out).value(&value, 0);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            serde_json::to_string_pretty(&sorted(&value)).unwrap()
        );
    }

    #[test]
    fn every_depth_is_indented() {
        let mut value = json!(1);
        for _ in 0..50 {
            value = json!([value]);
        }
        let mut out = Vec::new();
        Lines::new(&mut out).value(&value, 0);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            serde_json::to_string_pretty(&value).unwrap()
        );
    }
}
