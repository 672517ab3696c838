//! The binary XML of Android packages.
//!
//! The file consists of chunks: a pool of texts, the numbers of attributes that the system knows, and the
//! beginnings and ends of elements, which refer to the pool. Numbers are written in decimal, flags as `true` and
//! `false`, and references to resources as `@` with a number.
//!
//! The system finds its attributes by their numbers, whatever they are called in the file. So they are called
//! `android:versionCode` here, by the number alone, and other attributes by their namespace and name.

use super::element::{Builder, Element};

/// The most bytes of a file, in this form or another one.
pub const MAX_MANIFEST: u64 = 16 << 20;

/// The attributes of the system that are looked at, and others that are common.
const ATTRIBUTES: &[(u32, &str)] = &[
    (0x0101_0001, "label"),
    (0x0101_0003, "name"),
    (0x0101_000f, "debuggable"),
    (0x0101_0010, "exported"),
    (0x0101_020c, "minSdkVersion"),
    (0x0101_021b, "versionCode"),
    (0x0101_021c, "versionName"),
    (0x0101_0270, "targetSdkVersion"),
];

/// No text.
const NONE: u32 = u32::MAX;

/// Why a file is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the binary XML is damaged: {0}")]
pub struct BinaryError(pub &'static str);

impl From<&'static str> for BinaryError {
    fn from(why: &'static str) -> Self {
        Self(why)
    }
}

/// The name of an attribute: of its number if the system has one for it, otherwise of its namespace and name.
#[must_use]
pub fn attribute_name(number: Option<u32>, space: &str, name: &str) -> String {
    let Some(number) = number else {
        return match space {
            "" => name.to_owned(),
            space => format!("{{{space}}}{name}"),
        };
    };
    let mut known = ATTRIBUTES.iter();
    match known.find(|(known, _)| *known == number) {
        Some((_, name)) => format!("android:{name}"),
        None => format!("android:0x{number:08x}"),
    }
}

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
    let mut pool: Option<Pool<'_>> = None;
    let mut numbers: Option<&[u8]> = None;
    let mut has_begun = false;
    let mut builder = Builder::default();
    while at < end {
        let length = place(bytes, at + 4).filter(|length| *length >= 8);
        let length = length.ok_or(BinaryError("a chunk has no length"))?;
        let chunk = bytes
            .get(at..at.saturating_add(length))
            .ok_or(cut.clone())?;
        at += length;
        match short(chunk, 0) {
            // The system takes the last ones in front of the elements, and others may take the first ones.
            Some(0x0001) if pool.is_none() && !has_begun => {
                pool = Some(
                    Pool::read(chunk).ok_or(BinaryError("the pool of its texts is cut short"))?,
                );
            }
            Some(0x0180) if numbers.is_none() && !has_begun => {
                let body = short(chunk, 2).and_then(|header| chunk.get(header..));
                numbers =
                    Some(body.ok_or(BinaryError("the numbers of its attributes are cut short"))?);
            }
            Some(0x0001 | 0x0180) => {
                return Err(BinaryError(
                    "it has texts or numbers of attributes twice, or behind an element",
                ));
            }
            Some(0x0102) => {
                has_begun = true;
                let texts = pool.as_ref().ok_or(BinaryError("it has no texts"))?;
                let numbers = numbers.unwrap_or_default();
                element(&mut builder, chunk, texts, numbers)?;
            }
            Some(0x0103) => builder.close()?,
            _ => {}
        }
    }
    Ok(builder.finish()?)
}

/// The texts of the pool, in UTF-8 or UTF-16. They may overlap, so a text is only read where it is used.
struct Pool<'a> {
    chunk: &'a [u8],
    header: usize,
    count: usize,
    is_utf8: bool,
    start: usize,
}

impl<'a> Pool<'a> {
    fn read(chunk: &'a [u8]) -> Option<Self> {
        Some(Self {
            chunk,
            header: short(chunk, 2)?,
            count: place(chunk, 8)?,
            is_utf8: long(chunk, 16)? & 1 << 8 != 0,
            start: place(chunk, 20)?,
        })
    }

    fn get(&self, number: u32) -> Option<String> {
        let number = usize::try_from(number).ok()?;
        let number = (number < self.count).then_some(number)?;
        let offset = self.header.checked_add(number.checked_mul(4)?)?;
        let at = self.start.checked_add(place(self.chunk, offset)?)?;
        let text = self.chunk.get(at..)?;
        if self.is_utf8 {
            utf8(text)
        } else {
            utf16(text)
        }
    }
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

/// Begins an element.
fn element(
    builder: &mut Builder,
    chunk: &[u8],
    texts: &Pool<'_>,
    numbers: &[u8],
) -> Result<(), BinaryError> {
    let damaged = BinaryError("an element is cut short, or refers to a text that does not exist");
    let header = || {
        let body = short(chunk, 2)?;
        let name = texts.get(long(chunk, body.checked_add(4)?)?)?;
        let first = body.checked_add(short(chunk, body + 8)?)?;
        Some((
            name,
            first,
            short(chunk, body + 10)?,
            short(chunk, body + 12)?,
        ))
    };
    let (name, first, size, count) = header().ok_or(damaged.clone())?;
    builder.open(name)?;
    if size < 20 {
        return Err(damaged);
    }
    for number in 0..count {
        let at = number
            .checked_mul(size)
            .and_then(|at| at.checked_add(first));
        let read = at.and_then(|at| attribute(chunk, at, texts, numbers));
        let (name, value) = read.ok_or(damaged.clone())?;
        builder.attribute(name, value)?;
    }
    Ok(())
}

/// The name and the value of an attribute.
fn attribute(
    chunk: &[u8],
    at: usize,
    texts: &Pool<'_>,
    numbers: &[u8],
) -> Option<(String, String)> {
    let name = long(chunk, at.checked_add(4)?)?;
    let space = match long(chunk, at)? {
        NONE => String::new(),
        space => texts.get(space)?,
    };
    let number = usize::try_from(name).ok()?.checked_mul(4);
    let number = number
        .and_then(|at| long(numbers, at))
        .filter(|number| *number != 0);
    let name = attribute_name(number, &space, &texts.get(name)?);
    let data = long(chunk, at + 16)?;
    let value = match chunk.get(at + 15)? {
        0x03 => texts
            .get(data)
            .or_else(|| texts.get(long(chunk, at + 8)?))?,
        0x12 => (data != 0).to_string(),
        0x10 => i32::from_le_bytes(data.to_le_bytes()).to_string(),
        0x11 => format!("0x{data:x}"),
        0x01 | 0x07 => format!("@0x{data:08x}"),
        _ => data.to_string(),
    };
    Some((name, value))
}

#[cfg(test)]
mod tests;
