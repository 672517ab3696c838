//! The compression of contents: xz, which may convert jumps of x86 code first, and bzip2 in old files.
//!
//! Each content is compressed alone. Unpacking is limited: in memory, and in the size of the result, so
//! that a small content cannot fill the machine.

use std::io::{Read, Write};

use bzip2::bufread::{BzDecoder, MultiBzDecoder};
use bzip2::write::BzEncoder;
use lzma_rust2::{CheckType, FilterType, XzOptions, XzReader, XzWriter};

/// The most memory for unpacking, in KiB: what a dictionary of 64 MiB, the largest of a client, needs.
const MEMORY_KIB: u32 = 80 * 1024;

/// What unpacking needs beside the dictionary, in KiB.
const DECODER_KIB: u32 = 128;

/// How a content is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// By bzip2.
    Bzip2,
    /// By xz.
    Xz,
}

impl Compression {
    /// The compression of a content, by its first bytes.
    #[must_use]
    pub fn of(content: &[u8]) -> Self {
        if content.starts_with(b"\xfd7zXZ\0") {
            Self::Xz
        } else if content.starts_with(b"BZh") {
            Self::Bzip2
        } else {
            Self::None
        }
    }
}

/// How many compressed streams may follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streams {
    /// One, as in MAR files.
    One,
    /// Several, as `xz` and `bzip2` take them.
    Several,
}

/// Reports that a content cannot be unpacked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// The compressed data is damaged, or needs too much memory.
    #[error("{0}")]
    Damaged(String),
    /// Something follows the compressed data.
    #[error("{0} bytes follow the compressed data")]
    Trailing(usize),
    /// The result is too large.
    #[error("the content has more than {0} bytes")]
    TooLarge(u64),
}

impl From<std::io::Error> for PackError {
    fn from(error: std::io::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}

/// Unpacks a content, whatever its compression.
///
/// # Errors
///
/// When it is damaged, or the result has more bytes than the limit.
pub fn unpack(content: &[u8], limit: u64) -> Result<Vec<u8>, PackError> {
    let (unpacked, rest) = match Compression::of(content) {
        Compression::None => (limited(content, limit)?, 0),
        Compression::Xz => return unpack_xz(xz_reader(content, Streams::One), limit),
        Compression::Bzip2 => {
            let mut reader = BzDecoder::new(content);
            let unpacked = limited(&mut reader, limit)?;
            (unpacked, reader.into_inner().len())
        }
    };
    if rest > 0 {
        return Err(PackError::Trailing(rest));
    }
    Ok(unpacked)
}

/// Unpacks a content of xz while it is read, with limited memory.
#[must_use]
pub fn xz_reader(content: &[u8], streams: Streams) -> XzReader<&[u8]> {
    XzReader::new_mem_limit(content, streams == Streams::Several, MEMORY_KIB)
}

/// Unpacks a file while it is read, whatever its compression, as the commands do that are there for it.
#[must_use]
pub fn reader(content: &[u8]) -> Box<dyn Read + '_> {
    match Compression::of(content) {
        Compression::None => Box::new(content),
        Compression::Xz => Box::new(xz_reader(content, Streams::Several)),
        Compression::Bzip2 => Box::new(MultiBzDecoder::new(content)),
    }
}

/// Unpacks a block of xz in a file that says how large a dictionary may be.
///
/// # Errors
///
/// When it is damaged, has a larger dictionary, or the result has more bytes than the limit.
pub fn unpack_block(content: &[u8], dictionary: u32, limit: u64) -> Result<Vec<u8>, PackError> {
    let memory = (DECODER_KIB + dictionary.div_ceil(1024)).min(MEMORY_KIB);
    unpack_xz(XzReader::new_mem_limit(content, false, memory), limit)
}

fn unpack_xz(mut reader: XzReader<&[u8]>, limit: u64) -> Result<Vec<u8>, PackError> {
    let unpacked = limited(&mut reader, limit)?;
    match reader.into_inner().len() {
        0 => Ok(unpacked),
        rest => Err(PackError::Trailing(rest)),
    }
}

fn limited(reader: impl Read, limit: u64) -> Result<Vec<u8>, PackError> {
    let mut out = Vec::new();
    reader.take(limit.saturating_add(1)).read_to_end(&mut out)?;
    if u64::try_from(out.len()).is_ok_and(|length| length > limit) {
        return Err(PackError::TooLarge(limit));
    }
    Ok(out)
}

/// Compresses a content with xz.
///
/// The level is that of the command `xz`. The dictionary is no larger than the content, so that small
/// contents need little memory.
///
/// # Errors
///
/// When the library fails.
pub fn xz(content: &[u8], level: u32, x86: bool) -> Result<Vec<u8>, PackError> {
    let mut options = XzOptions::with_preset(level.min(9));
    options.set_check_sum_type(CheckType::Crc64);
    let whole = u32::try_from(content.len()).unwrap_or(u32::MAX);
    let whole = whole.clamp(4096, 1 << 30).next_power_of_two();
    options.lzma_options.dict_size = options.lzma_options.dict_size.min(whole);
    if x86 {
        options.prepend_pre_filter(FilterType::BcjX86, 0);
    }
    let mut writer = XzWriter::new(Vec::new(), options)?;
    writer.write_all(content)?;
    Ok(writer.finish()?)
}

/// Compresses a content with bzip2, as files for old clients are.
///
/// # Errors
///
/// When the library fails.
pub fn bzip2(content: &[u8]) -> Result<Vec<u8>, PackError> {
    let mut writer = BzEncoder::new(Vec::new(), bzip2::Compression::best());
    writer.write_all(content)?;
    Ok(writer.finish()?)
}
