//! Writes MAR files. The same input gives the same bytes.

use super::error::MarError;
use super::layout::{
    MAGIC, MAX_CHANNEL, MAX_FILE, MAX_SIGNATURE, MAX_SIGNATURES, MAX_VERSION, PRODUCT_INFO,
    ProductInfo,
};
use super::read::Mar;
use crate::stage::safe_path::is_safe;

/// A file to put into a MAR file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// Its path.
    pub name: String,
    /// Its permissions.
    pub mode: u32,
    /// Its content as it is to be stored: compressed, if it is to be.
    pub content: Vec<u8>,
}

/// A place for a signature, with zeros or with the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The number of the algorithm.
    pub algorithm: u32,
    /// The signature.
    pub bytes: Vec<u8>,
}

/// Writes a file.
///
/// # Errors
///
/// When a reader would refuse the result: a text too long, an unsafe name, a file too large.
pub fn write(
    product: &ProductInfo,
    entries: &[NewEntry],
    slots: &[Slot],
) -> Result<Vec<u8>, MarError> {
    let valid = |text: &str, longest: usize| {
        (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    for (text, what, longest) in [
        (&product.channel, "MAR channel id", MAX_CHANNEL),
        (&product.version, "product version", MAX_VERSION),
    ] {
        if !valid(text, longest) {
            return Err(MarError::BadProductValue(text.clone(), what));
        }
    }
    let texts = [product.channel.as_bytes(), product.version.as_bytes()];
    let texts = [texts[0], &[0], texts[1], &[0]].concat();
    let mut blocks = number(1);
    blocks.extend(number(texts.len() + 8));
    blocks.extend(PRODUCT_INFO.to_be_bytes());
    blocks.extend(texts);
    let mut content = Vec::new();
    let mut index = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        if !is_safe(&entry.name) {
            return Err(MarError::UnsafeName(entry.name.clone()));
        }
        if entries
            .iter()
            .take(at)
            .any(|other| other.name == entry.name)
        {
            return Err(MarError::Duplicate(entry.name.clone()));
        }
        index.push(Indexed {
            offset: content.len(),
            size: entry.content.len(),
            mode: entry.mode & 0o777,
            name: entry.name.as_bytes(),
        });
        content.extend_from_slice(&entry.content);
    }
    assemble(slots, &blocks, &content, &index)
}

/// The same file with other signatures.
///
/// # Errors
///
/// When the file has the old format, or there are too many signatures.
pub fn with_signatures(mar: &Mar<'_>, slots: &[Slot]) -> Result<Vec<u8>, MarError> {
    if mar.stated_size.is_none() {
        return Err(MarError::OldFormat);
    }
    let blocks = mar.part(mar.after_signatures, mar.content_offset);
    let content = mar.part(mar.content_offset, mar.index_offset);
    let mut index = Vec::new();
    for entry in &mar.entries {
        let name = entry.name.clone();
        let offset = u64::from(entry.offset).checked_sub(mar.content_offset);
        let offset = offset.and_then(|offset| usize::try_from(offset).ok());
        index.push(Indexed {
            offset: offset.ok_or(MarError::OutOfRange(name))?,
            size: usize::try_from(entry.size).unwrap_or(usize::MAX),
            mode: entry.mode,
            name: entry.name.as_bytes(),
        });
    }
    assemble(slots, blocks, content, &index)
}

/// An entry of the index, with its place in the content.
struct Indexed<'a> {
    offset: usize,
    size: usize,
    mode: u32,
    name: &'a [u8],
}

fn assemble(
    slots: &[Slot],
    blocks: &[u8],
    content: &[u8],
    index: &[Indexed<'_>],
) -> Result<Vec<u8>, MarError> {
    let count = u32::try_from(slots.len()).unwrap_or(u32::MAX);
    if count > MAX_SIGNATURES {
        return Err(MarError::ManySignatures(count));
    }
    let mut signatures = count.to_be_bytes().to_vec();
    for (at, slot) in slots.iter().enumerate() {
        let length = u32::try_from(slot.bytes.len()).unwrap_or(u32::MAX);
        if length > MAX_SIGNATURE {
            return Err(MarError::LongSignature {
                number: at + 1,
                length,
            });
        }
        signatures.extend(slot.algorithm.to_be_bytes());
        signatures.extend(length.to_be_bytes());
        signatures.extend_from_slice(&slot.bytes);
    }
    let start = 16 + signatures.len() + blocks.len();
    let mut entries = Vec::new();
    for entry in index {
        entries.extend(number(start.saturating_add(entry.offset)));
        entries.extend(number(entry.size));
        entries.extend(entry.mode.to_be_bytes());
        entries.extend_from_slice(entry.name);
        entries.push(0);
    }
    let size = start + content.len() + 4 + entries.len();
    let size = u64::try_from(size).unwrap_or(u64::MAX);
    if size > MAX_FILE {
        return Err(MarError::TooLarge(size));
    }
    let mut out = MAGIC.to_vec();
    out.extend(number(start + content.len()));
    out.extend(size.to_be_bytes());
    out.extend(signatures);
    out.extend_from_slice(blocks);
    out.extend_from_slice(content);
    out.extend(number(entries.len()));
    out.extend(entries);
    Ok(out)
}

/// A number of four bytes. No file that is written holds a larger one, since its size is limited.
fn number(value: usize) -> Vec<u8> {
    u32::try_from(value)
        .unwrap_or(u32::MAX)
        .to_be_bytes()
        .to_vec()
}
