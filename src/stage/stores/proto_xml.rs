//! The XML of Android bundles, in the form of protocol buffers.
//!
//! An attribute of the system has its number, and the value that the system uses beside its text, as in
//! [`super::binary_xml`].

use super::binary_xml::{BinaryError, attribute_name};
use super::element::{Builder, Element};

/// The value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// Reads a file; returns its root.
///
/// # Errors
/// [`BinaryError`].
pub fn read(bytes: &[u8]) -> Result<Element, BinaryError> {
    let mut builder = Builder::default();
    node(&mut builder, bytes)?;
    builder.finish().map_err(|_| BinaryError("it has no root"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Reads a node, which is an element or a text.
fn node(builder: &mut Builder, bytes: &[u8]) -> Result<(), BinaryError> {
    let mut found = None;
    for field in fields(bytes) {
        match field? {
            // Readers differ in what they make of several: they merge them, or take the last one.
            (1 | 2, Value::Bytes(_)) if found.is_some() => {
                return Err(BinaryError("a node is two elements or texts"));
            }
            (number @ (1 | 2), Value::Bytes(content)) => found = Some((number, content)),
            _ => {}
        }
    }
    match found {
        Some((1, content)) => element(builder, content),
        _ => Ok(()),
    }
}

fn element(builder: &mut Builder, bytes: &[u8]) -> Result<(), BinaryError> {
    let mut name = "".into();
    for field in fields(bytes) {
        if let (3, Value::Bytes(content)) = field? {
            name = String::from_utf8_lossy(content);
        }
    }
    builder.open(name.into_owned())?;
    for field in fields(bytes) {
        match field? {
            (4, Value::Bytes(content)) => {
                let (name, value) = attribute(content)?;
                builder.attribute(name, value)?;
            }
            (5, Value::Bytes(content)) => node(builder, content)?,
            _ => {}
        }
    }
    Ok(builder.close()?)
}

/// The name and the value of an attribute.
fn attribute(bytes: &[u8]) -> Result<(String, String), BinaryError> {
    let (mut space, mut name, mut value) = (String::new(), String::new(), String::new());
    let (mut number, mut compiled) = (None, None);
    for field in fields(bytes) {
        match field? {
            (1, Value::Bytes(content)) => space = text(content),
            (2, Value::Bytes(content)) => name = text(content),
            (3, Value::Bytes(content)) => value = text(content),
            (5, Value::Number(id)) => number = u32::try_from(id).ok().filter(|id| *id != 0),
            (6, Value::Bytes(content)) => compiled = item(content)?,
            _ => {}
        }
    }
    let name = attribute_name(number, &space, &name);
    Ok((name, compiled.unwrap_or(value)))
}

/// The compiled value of an attribute, if it is a text, a number or a flag.
fn item(bytes: &[u8]) -> Result<Option<String>, BinaryError> {
    let mut found = None;
    for field in fields(bytes) {
        let (kind @ (2 | 7), Value::Bytes(content)) = field? else {
            continue;
        };
        for field in fields(content) {
            match (kind, field?) {
                (2, (1, Value::Bytes(content))) => found = Some(text(content)),
                (7, (6, Value::Number(number))) => {
                    // A negative number has as many digits as the longest one.
                    found = Some(number.cast_signed().to_string());
                }
                (7, (7, Value::Number(number))) => found = Some(format!("0x{number:x}")),
                (7, (8, Value::Number(number))) => found = Some((number != 0).to_string()),
                _ => {}
            }
        }
    }
    Ok(found)
}

/// The fields of a message, with their numbers. Numbers of a fixed size are left out.
///
/// They are not collected: a list of empty ones would take far more memory than its bytes.
fn fields(mut bytes: &[u8]) -> impl Iterator<Item = Result<(u64, Value<'_>), BinaryError>> {
    std::iter::from_fn(move || {
        while !bytes.is_empty() {
            let found = field(&mut bytes);
            if found.is_err() {
                bytes = &[];
            }
            if let Some(found) = found.transpose() {
                return Some(found);
            }
        }
        None
    })
}

fn field<'a>(bytes: &mut &'a [u8]) -> Result<Option<(u64, Value<'a>)>, BinaryError> {
    let cut = BinaryError("it is cut short");
    let key = number(bytes).ok_or(cut.clone())?;
    let length = match key & 7 {
        0 => {
            let value = number(bytes).ok_or(cut)?;
            return Ok(Some((key >> 3, Value::Number(value))));
        }
        1 => 8,
        5 => 4,
        2 => number(bytes).ok_or(cut.clone())?,
        _ => return Err(BinaryError("a field has an unknown kind")),
    };
    let length = usize::try_from(length).map_err(|_| cut.clone())?;
    let (content, rest) = bytes.split_at_checked(length).ok_or(cut)?;
    *bytes = rest;
    Ok((key & 7 == 2).then_some((key >> 3, Value::Bytes(content))))
}

/// Reads a number of seven bits a byte.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests;
