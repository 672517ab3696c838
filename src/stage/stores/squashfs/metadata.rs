//! Metadata: bytes in compressed blocks, which are read one after another.

use std::collections::BTreeMap;
use std::ops::Range;

use super::header::{Header, META, SquashError, number};

/// The most blocks of metadata that are unpacked: 64 MiB, several times what [`super::MAX_FILES`] files need.
const MAX_BLOCKS: usize = 8192;

/// How many bytes of names, links and lists of blocks may still be kept.
pub(super) struct Budget(usize);

impl Budget {
    /// What an image gets.
    pub(super) fn new() -> Self {
        Self(64 << 20)
    }

    /// Takes bytes.
    pub(super) fn take(&mut self, length: usize) -> Result<(), SquashError> {
        self.0 = self.0.checked_sub(length).ok_or(SquashError::TooLarge)?;
        Ok(())
    }
}

/// Reads metadata, block after block.
pub(super) struct Meta<'a> {
    bytes: &'a [u8],
    header: Header,
    /// Where blocks may be.
    range: Range<u64>,
    /// Unpacked blocks, and where the next ones begin.
    known: BTreeMap<u64, (Vec<u8>, u64)>,
}

/// A place in metadata.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) block: u64,
    pub(super) offset: usize,
}

impl<'a> Meta<'a> {
    /// Reads the blocks of a part of the image.
    pub(super) fn new(bytes: &'a [u8], header: Header, range: Range<u64>) -> Self {
        Self {
            bytes,
            header,
            range,
            known: BTreeMap::new(),
        }
    }

    fn block(&mut self, at: u64) -> Result<&(Vec<u8>, u64), SquashError> {
        let damaged = SquashError::Damaged("a block of metadata is missing");
        if !self.known.contains_key(&at) {
            if self.known.len() == MAX_BLOCKS {
                return Err(SquashError::TooLarge);
            }
            let start = usize::try_from(at).map_err(|_| damaged.clone())?;
            let head = number(self.bytes, start, 2).ok_or(damaged.clone())?;
            let length = usize::try_from(head & 0x7fff).unwrap_or_default();
            let next = at + 2 + length as u64;
            if at < self.range.start || next > self.range.end || length as u64 > META {
                return Err(damaged);
            }
            let packed = self.bytes.get(start + 2..start + 2 + length);
            let packed = packed.ok_or(damaged.clone())?;
            let content = match head & 0x8000 {
                0 => self.header.unpack(packed, META)?,
                _ => packed.to_vec(),
            };
            self.known.insert(at, (content, next));
        }
        self.known.get(&at).ok_or(damaged)
    }

    /// Reads bytes at a place, and moves it behind them.
    pub(super) fn take(
        &mut self,
        place: &mut Place,
        length: usize,
    ) -> Result<Vec<u8>, SquashError> {
        let mut out = Vec::with_capacity(length.min(65_536));
        while out.len() < length {
            let (content, next) = self.block(place.block)?;
            let rest = content.get(place.offset..).unwrap_or_default();
            if rest.is_empty() {
                if content.is_empty() {
                    return Err(SquashError::Damaged("a block of metadata is empty"));
                }
                *place = Place {
                    block: *next,
                    offset: place.offset.saturating_sub(content.len()),
                };
                continue;
            }
            let part = rest.len().min(length - out.len());
            out.extend_from_slice(&rest[..part]);
            place.offset += part;
        }
        Ok(out)
    }

    /// Reads a number at a place, and moves it behind that.
    pub(super) fn number(&mut self, place: &mut Place, length: usize) -> Result<u64, SquashError> {
        let bytes = self.take(place, length)?;
        Ok(number(&bytes, 0, length).unwrap_or_default())
    }
}
