//! The manifests of Android packages: XML in the binary form of packages, and in that of bundles.
//!
//! Both are made from one tree of elements. In packages, names and texts are in one pool, in which the names
//! of attributes that the system knows come first, each with its number.

use super::bytes::{le16, le32, pad};

/// The namespace of attributes that the system knows.
const ANDROID: &str = "http://schemas.android.com/apk/res/android";

/// No text.
const NONE: [u8; 4] = [0xff; 4];

/// Attributes of the system that are used here, by their numbers.
static KNOWN: &[(&str, u32)] = &[
    ("label", 0x0101_0001),
    ("name", 0x0101_0003),
    ("debuggable", 0x0101_000f),
    ("exported", 0x0101_0010),
    ("minSdkVersion", 0x0101_020c),
    ("versionCode", 0x0101_021b),
    ("versionName", 0x0101_021c),
    ("targetSdkVersion", 0x0101_0270),
];

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number.
    Number(u32),
    /// Yes or no.
    Flag(bool),
}

/// An element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub name: &'static str,
    /// Its attributes. Those that the system knows are in order of their numbers, the others behind them.
    pub attributes: Vec<(&'static str, Value)>,
    /// The elements in it.
    pub children: Vec<Element>,
}

fn number_of(name: &str) -> Option<u32> {
    let known = KNOWN.iter().find(|(known, _)| *known == name);
    known.map(|(_, number)| *number)
}

/// The file of a package.
#[must_use]
pub fn binary(root: &Element) -> Vec<u8> {
    let mut pool: Vec<String> = KNOWN.iter().map(|(name, _)| (*name).to_owned()).collect();
    for text in ["android", ANDROID] {
        pool.push(text.to_owned());
    }
    let mut body = Vec::new();
    let space = [le32(KNOWN.len()), le32(KNOWN.len() + 1)].concat();
    node(&mut body, 0x0100, &space);
    element(&mut body, &mut pool, root);
    node(&mut body, 0x0101, &space);
    let numbers: Vec<u8> = KNOWN
        .iter()
        .flat_map(|(_, number)| number.to_le_bytes())
        .collect();
    let mut out = Vec::new();
    out.extend(texts(&pool));
    out.extend(chunk(0x0180, &[], &numbers));
    out.extend(body);
    chunk(0x0003, &[], &out)
}

/// A part of the file: its kind, its header and its content.
fn chunk(kind: usize, header: &[u8], content: &[u8]) -> Vec<u8> {
    let mut out = le16(kind).to_vec();
    out.extend(le16(8 + header.len()));
    out.extend(le32(8 + header.len() + content.len()));
    out.extend_from_slice(header);
    out.extend_from_slice(content);
    out
}

/// The pool of texts, in UTF-16.
fn texts(pool: &[String]) -> Vec<u8> {
    let mut offsets = Vec::new();
    let mut content = Vec::new();
    for text in pool {
        offsets.extend(le32(content.len()));
        let units: Vec<u16> = text.encode_utf16().collect();
        content.extend(le16(units.len()));
        content.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
        content.extend([0, 0]);
    }
    pad(&mut content, 4);
    let start = 28 + offsets.len();
    let header = [pool.len(), 0, 0, start, 0].map(le32).concat();
    chunk(0x0001, &header, &[offsets, content].concat())
}

/// A node, whose header has its line and no comment.
fn node(out: &mut Vec<u8>, kind: usize, content: &[u8]) {
    let header = [le32(1), NONE].concat();
    out.extend(chunk(kind, &header, content));
}

fn element(out: &mut Vec<u8>, pool: &mut Vec<String>, element: &Element) {
    let mut place = |text: &str| {
        let found = pool.iter().position(|known| known == text);
        le32(found.unwrap_or_else(|| {
            pool.push(text.to_owned());
            pool.len() - 1
        }))
    };
    let name = place(element.name);
    let mut content = [NONE, name].concat();
    for value in [20, 20, element.attributes.len(), 0, 0, 0] {
        content.extend(le16(value));
    }
    for (name, value) in &element.attributes {
        content.extend(match number_of(name) {
            Some(_) => place(ANDROID),
            None => NONE,
        });
        content.extend(place(name));
        let (raw, kind, data) = match value {
            Value::Text(text) => (place(text), 0x03, place(text)),
            Value::Number(number) => (NONE, 0x10, number.to_le_bytes()),
            Value::Flag(flag) => (NONE, 0x12, if *flag { NONE } else { [0; 4] }),
        };
        content.extend(raw);
        content.extend([8, 0, 0, kind]);
        content.extend(data);
    }
    node(out, 0x0102, &content);
    for child in &element.children {
        self::element(out, pool, child);
    }
    node(out, 0x0103, &[NONE, name].concat());
}

/// The file of a bundle: the same elements as a message of Protocol Buffers.
#[must_use]
pub fn message(root: &Element) -> Vec<u8> {
    let space = [field(1, b"android"), field(2, ANDROID.as_bytes())].concat();
    let mut content = field(1, &space);
    content.extend(inner(root));
    field(1, &content)
}

fn inner(element: &Element) -> Vec<u8> {
    let mut out = field(3, element.name.as_bytes());
    for (name, value) in &element.attributes {
        let number = number_of(name);
        let mut attribute = Vec::new();
        if number.is_some() {
            attribute.extend(field(1, ANDROID.as_bytes()));
        }
        attribute.extend(field(2, name.as_bytes()));
        let (text, item) = match value {
            Value::Text(text) => (text.clone(), None),
            Value::Number(number) => (
                number.to_string(),
                Some([vec![6 << 3], varint(*number)].concat()),
            ),
            Value::Flag(flag) => (flag.to_string(), Some(vec![8 << 3, u8::from(*flag)])),
        };
        attribute.extend(field(3, text.as_bytes()));
        if let Some(number) = number {
            attribute.push(5 << 3);
            attribute.extend(varint(number));
        }
        if let Some(item) = item {
            attribute.extend(field(6, &field(7, &item)));
        }
        out.extend(field(4, &attribute));
    }
    for child in &element.children {
        out.extend(field(5, &field(1, &inner(child))));
    }
    out
}

/// A field of a message that has a length. Its number is at most 15.
pub fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    out.extend(varint(super::bytes::length(content)));
    out.extend_from_slice(content);
    out
}

/// A number in groups of seven bits, the lowest first.
fn varint(mut number: u32) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            out.push(low & 0x7f);
            return out;
        }
        out.push(low | 0x80);
    }
}
