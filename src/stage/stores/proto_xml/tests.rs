//! Messages that readers could understand in different ways.

use super::*;
use crate::stage::stores::binary_xml::BinaryError;

fn varint(mut number: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while number > 0x7f {
        out.push(0x80 | (number & 0x7f) as u8);
        number >>= 7;
    }
    out.push(number as u8);
    out
}

fn field(number: u64, content: &[u8]) -> Vec<u8> {
    let length = varint(content.len() as u64);
    [varint(number << 3 | 2), length, content.to_vec()].concat()
}

fn value(number: u64, value: u64) -> Vec<u8> {
    [varint(number << 3), varint(value)].concat()
}

/// An attribute of the system with a text, and a compiled number.
fn attribute(name: &str, number: u64, text: &str, compiled: u64) -> Vec<u8> {
    let item = field(7, &value(6, compiled));
    let fields = [
        field(2, name.as_bytes()),
        field(3, text.as_bytes()),
        value(5, number),
        field(6, &item),
    ];
    field(4, &fields.concat())
}

#[test]
fn the_value_is_that_of_the_system() {
    let attributes = [
        attribute("other", 0x0101_021b, "7", 94),
        field(4, &[field(2, b"versionCode"), field(3, b"5")].concat()),
    ];
    let element = [field(3, b"manifest"), attributes.concat()].concat();
    let root = read(&field(1, &element)).unwrap();
    assert_eq!(root.attribute("android:versionCode"), Some("94"));
    assert_eq!(root.attribute("versionCode"), Some("5"));
}

#[test]
fn a_node_is_one_element() {
    let (one, other) = (field(3, b"a"), field(3, b"b"));
    let both = [field(1, &one), field(1, &other)].concat();
    let refused = BinaryError("a node is two elements or texts");
    assert_eq!(read(&both), Err(refused));
    assert_eq!(read(&field(2, b"text")), Err(BinaryError("it has no root")));
}

#[test]
fn elements_are_limited() {
    let mut deep = field(3, b"a");
    for _ in 0..1000 {
        deep = [field(3, b"a"), field(5, &field(1, &deep))].concat();
    }
    let refused = BinaryError("its elements are too deep");
    assert_eq!(read(&field(1, &deep)), Err(refused));
    // Each element is four bytes.
    let wide = field(5, &field(1, b"")).repeat(600_000);
    assert_eq!(read(&field(1, &wide)), Err(BinaryError("it is too large")));
}
