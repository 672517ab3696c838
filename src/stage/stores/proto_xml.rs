//! The XML of Android bundles, in the form of protocol buffers.

use super::binary_xml::BinaryError;
use super::xml::Element;

/// The deepest element.
const MAX_DEPTH: usize = 64;

/// A field: its number, and its bytes; numbers have none.
type Field<'a> = (u64, &'a [u8]);

/// Reads a file; returns its root. Attributes keep their names without a namespace.
///
/// # Errors
/// [`BinaryError`].
pub fn read(bytes: &[u8]) -> Result<Element, BinaryError> {
    node(bytes, 0)?.ok_or(BinaryError("it has no root"))
}

/// Reads a node; `None` if it is a text.
fn node(bytes: &[u8], depth: usize) -> Result<Option<Element>, BinaryError> {
    if depth > MAX_DEPTH {
        return Err(BinaryError("its elements are too deep"));
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    for (number, content) in fields(bytes)? {
        if number != 1 {
            continue;
        }
        let mut element = Element::default();
        for (number, content) in fields(content)? {
            match number {
                3 => element.name = text(content),
                4 => {
                    let mut attribute = (String::new(), String::new());
                    for (number, content) in fields(content)? {
                        match number {
                            2 => attribute.0 = text(content),
                            3 => attribute.1 = text(content),
                            _ => {}
                        }
                    }
                    element.attributes.push(attribute);
                }
                5 => element.children.extend(node(content, depth + 1)?),
                _ => {}
            }
        }
        return Ok(Some(element));
    }
    Ok(None)
}

fn fields(mut bytes: &[u8]) -> Result<Vec<Field<'_>>, BinaryError> {
    let cut = BinaryError("it is cut short");
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = number(&mut bytes).ok_or(cut.clone())?;
        let length = match key & 7 {
            0 => {
                number(&mut bytes).ok_or(cut.clone())?;
                0
            }
            1 => 8,
            5 => 4,
            2 => number(&mut bytes).ok_or(cut.clone())?,
            _ => return Err(BinaryError("a field has an unknown kind")),
        };
        let length = usize::try_from(length).map_err(|_| cut.clone())?;
        let (content, rest) = bytes.split_at_checked(length).ok_or(cut.clone())?;
        bytes = rest;
        if key & 7 == 2 {
            found.push((key >> 3, content));
        }
    }
    Ok(found)
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
