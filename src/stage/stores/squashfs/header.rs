//! The header of an image, and the compression that it names.

use std::io::Read as _;

use flate2::read::ZlibDecoder;

use super::lzo;
use crate::stage::mar::pack::unpack_block;

/// The most bytes of metadata in a block.
pub(super) const META: u64 = 8192;

/// Why an image is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SquashError {
    /// It does not begin like one.
    #[error("it is not a SquashFS image")]
    NotSquash,
    /// It is cut short, or its tables are not.
    #[error("the image is damaged: {0}")]
    Damaged(&'static str),
    /// Its compression is not read.
    #[error("the image is compressed with {0}, which is not supported")]
    Compression(&'static str),
    /// It is too large.
    #[error("the image has too many or too large files")]
    TooLarge,
}

/// What the first 96 bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// How many bytes a block of contents has.
    pub(super) block: u64,
    compression: u16,
    /// The inode of the topmost folder.
    pub(super) root: u64,
    /// How many bytes the image has.
    pub(super) used: u64,
    /// Where inodes begin.
    pub(super) inodes: u64,
    /// Where folders begin, behind all inodes.
    pub(super) folders: u64,
    /// Where the places of blocks with fragments are.
    pub(super) fragments: u64,
    /// How many fragments there are.
    pub(super) fragment_count: u32,
}

/// The number of some bytes at a place, the lowest first.
pub(super) fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let digits = bytes.get(at..at.checked_add(length)?)?;
    Some(
        digits
            .iter()
            .rev()
            .fold(0, |sum, digit| sum << 8 | u64::from(*digit)),
    )
}

impl Header {
    /// Reads the header of an image.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, SquashError> {
        if !bytes.starts_with(b"hsqs") {
            return Err(SquashError::NotSquash);
        }
        let cut = SquashError::Damaged("its header is cut short");
        let field = |at, length| number(bytes, at, length).ok_or(cut.clone());
        let small = |at| field(at, 4).map(|value| u32::try_from(value).unwrap_or_default());
        let header = Self {
            block: field(12, 4)?,
            compression: u16::try_from(field(20, 2)?).unwrap_or_default(),
            root: field(32, 8)?,
            used: field(40, 8)?,
            inodes: field(64, 8)?,
            folders: field(72, 8)?,
            fragments: field(80, 8)?,
            fragment_count: small(16)?,
        };
        if field(28, 2)? != 4 || field(30, 2)? != 0 {
            return Err(SquashError::Damaged("its version is not 4.0"));
        }
        if header.used > bytes.len() as u64 {
            return Err(SquashError::Damaged("it is cut short"));
        }
        if !(4096..=1 << 20).contains(&header.block) {
            return Err(SquashError::Damaged("its blocks have an unknown size"));
        }
        // The kernel demands this order, too.
        if header.inodes >= header.folders || header.folders > header.used {
            return Err(SquashError::Damaged("its tables are not in their order"));
        }
        match header.compression {
            1 | 3 | 4 | 6 => Ok(header),
            2 => Err(SquashError::Compression("lzma")),
            5 => Err(SquashError::Compression("lz4")),
            _ => Err(SquashError::Compression("an unknown method")),
        }
    }

    /// Unpacks a block, which has at most this many bytes.
    pub(super) fn unpack(&self, packed: &[u8], limit: u64) -> Result<Vec<u8>, SquashError> {
        let damaged = SquashError::Damaged("a block cannot be unpacked");
        let mut out = Vec::new();
        match self.compression {
            4 => {
                // The kernel has room for no larger dictionary, either.
                let dictionary = u32::try_from(self.block.max(META)).unwrap_or_default();
                out = unpack_block(packed, dictionary, limit).map_err(|_| damaged.clone())?;
            }
            1 => {
                let mut decoder = ZlibDecoder::new(packed).take(limit + 1);
                decoder.read_to_end(&mut out).map_err(|_| damaged.clone())?;
            }
            3 => {
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                out = lzo::unpack(packed, limit).map_err(|lzo::Damaged| damaged.clone())?;
            }
            _ => {
                let decoder = ruzstd::decoding::StreamingDecoder::new(packed);
                let mut decoder = decoder.map_err(|_| damaged.clone())?.take(limit + 1);
                decoder.read_to_end(&mut out).map_err(|_| damaged.clone())?;
            }
        }
        match out.len() as u64 > limit {
            true => Err(damaged),
            false => Ok(out),
        }
    }
}
