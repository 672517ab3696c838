//! The binary XML of Android packages.
//!
//! The file consists of chunks: a pool of texts, the numbers of attributes that the system knows, and the
//! beginnings and ends of elements, which refer to the pool. Attributes keep their names without a namespace;
//! numbers are written in decimal, flags as `true` and `false`, and references to resources as `@` with a number.

use super::xml::Element;

/// The deepest element.
const MAX_DEPTH: usize = 64;
/// The most elements.
const MAX_ELEMENTS: usize = 100_000;
/// The most texts.
const MAX_TEXTS: usize = 200_000;

/// Why a file is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the binary XML is damaged: {0}")]
pub struct BinaryError(pub &'static str);

fn short(bytes: &[u8], at: usize) -> Option<usize> {
    let digits = bytes.get(at..at.checked_add(2)?)?;
    Some(usize::from(u16::from_le_bytes(digits.try_into().ok()?)))
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(digits.try_into().ok()?))
}

fn place(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(long(bytes, at)?).ok()
}

/// Reads a file; returns its root.
///
/// # Errors
/// [`BinaryError`].
pub fn read(bytes: &[u8]) -> Result<Element, BinaryError> {
    let cut = BinaryError("it is cut short");
    if short(bytes, 0) != Some(3) {
        return Err(BinaryError("it does not begin like one"));
    }
    let mut at = short(bytes, 2).ok_or(cut.clone())?;
    let end = place(bytes, 4)
        .filter(|end| *end <= bytes.len())
        .ok_or(cut.clone())?;
    let mut texts = Vec::new();
    let mut open = vec![Element::default()];
    let mut count = 0;
    while at < end {
        let length = place(bytes, at + 4).filter(|length| *length >= 8);
        let length = length.ok_or(BinaryError("a chunk has no length"))?;
        let chunk = bytes
            .get(at..at.saturating_add(length))
            .ok_or(cut.clone())?;
        at += length;
        match short(chunk, 0) {
            Some(0x0001) => texts = pool(chunk).ok_or(BinaryError("its texts"))?,
            Some(0x0102) => {
                count += 1;
                if open.len() > MAX_DEPTH || count > MAX_ELEMENTS {
                    return Err(BinaryError(
                        "it has too many elements, or they are too deep",
                    ));
                }
                open.push(element(chunk, &texts).ok_or(BinaryError("an element"))?);
            }
            Some(0x0103) => {
                let done = open.pop().filter(|_| !open.is_empty());
                let done = done.ok_or(BinaryError("an element ends that has not begun"))?;
                if let Some(parent) = open.last_mut() {
                    parent.children.push(done);
                }
            }
            _ => {}
        }
    }
    let root = open.pop().filter(|_| open.is_empty());
    let mut root = root.ok_or(BinaryError("an element does not end"))?;
    match root.children.len() {
        1 => Ok(root.children.remove(0)),
        _ => Err(BinaryError("there is not exactly one root")),
    }
}

/// The texts of the pool, in UTF-8 or UTF-16.
fn pool(chunk: &[u8]) -> Option<Vec<String>> {
    let header = short(chunk, 2)?;
    let count = place(chunk, 8).filter(|count| *count <= MAX_TEXTS)?;
    let is_utf8 = long(chunk, 16)? & 1 << 8 != 0;
    let start = place(chunk, 20)?;
    let mut texts = Vec::with_capacity(count.min(chunk.len()));
    for i in 0..count {
        let offset = place(chunk, header.checked_add(i * 4)?)?;
        let at = chunk.get(start.checked_add(offset)?..)?;
        texts.push(if is_utf8 { utf8(at)? } else { utf16(at)? });
    }
    Some(texts)
}

fn utf8(bytes: &[u8]) -> Option<String> {
    // The length in signs, then that in bytes; each has a second byte if the first one is marked.
    let length = |bytes: &[u8]| -> Option<(usize, usize)> {
        let first = usize::from(*bytes.first()?);
        match first & 0x80 {
            0 => Some((first, 1)),
            _ => Some(((first & 0x7f) << 8 | usize::from(*bytes.get(1)?), 2)),
        }
    };
    let (_, skipped) = length(bytes)?;
    let rest = &bytes[skipped..];
    let (count, skipped) = length(rest)?;
    let text = rest.get(skipped..skipped + count)?;
    Some(String::from_utf8_lossy(text).into_owned())
}

fn utf16(bytes: &[u8]) -> Option<String> {
    let first = short(bytes, 0)?;
    let (count, start): (usize, usize) = match first & 0x8000 {
        0 => (first, 2),
        _ => ((first & 0x7fff) << 16 | short(bytes, 2)?, 4),
    };
    let units = bytes.get(start..start.checked_add(count.checked_mul(2)?)?)?;
    let units = units
        .chunks(2)
        .map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    let text = char::decode_utf16(units).map(|sign| sign.unwrap_or(char::REPLACEMENT_CHARACTER));
    Some(text.collect())
}

fn element(chunk: &[u8], texts: &[String]) -> Option<Element> {
    let body = short(chunk, 2)?;
    let text = |at: usize| texts.get(place(chunk, at)?).cloned();
    let name = text(body.checked_add(4)?)?;
    let first = short(chunk, body + 8)?;
    let size = short(chunk, body + 10)?;
    let count = short(chunk, body + 12)?;
    if size < 20 {
        return None;
    }
    let mut attributes = Vec::new();
    for i in 0..count {
        let at = body.checked_add(first)?.checked_add(i.checked_mul(size)?)?;
        let name = text(at + 4)?;
        let data = long(chunk, at + 16)?;
        let value = match chunk.get(at + 15)? {
            0x03 => text(at + 16).or_else(|| text(at + 8))?,
            0x12 => (data != 0).to_string(),
            0x10 => i32::from_le_bytes(data.to_le_bytes()).to_string(),
            0x11 => format!("0x{data:x}"),
            0x01 | 0x07 => format!("@0x{data:08x}"),
            _ => data.to_string(),
        };
        attributes.push((name, value));
    }
    Some(Element {
        name,
        attributes,
        ..Element::default()
    })
}
