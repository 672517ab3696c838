//! SquashFS images: their files, with modes and contents.
//!
//! Metadata is in blocks of 8 KiB that are compressed each for itself. An inode or folder is a place in such
//! blocks. Images that are compressed by gzip, LZO, xz or zstd are read; others have names that cannot be read either.
//!
//! An image may state any size, and blocks of metadata may be compressed to almost nothing, or be read several
//! times. So what is unpacked of them is limited in all, and so is what is kept of names, links and lists of
//! blocks.

mod header;
mod inode;
mod lzo;
mod metadata;

use std::collections::{BTreeMap, BTreeSet};

pub use header::SquashError;
use header::{Header, META, number};
pub use inode::{Content, Entry, Kind};
use inode::{inode_of, listed};
use metadata::{Budget, Meta, Place};

/// The most files in an image.
const MAX_FILES: usize = 200_000;
/// The deepest folder.
const MAX_DEPTH: usize = 64;
/// The most bytes of a file that is read.
const MAX_FILE: u64 = 64 << 20;

/// An image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image<'a> {
    bytes: &'a [u8],
    header: Header,
    /// The files by path, without the root.
    pub entries: BTreeMap<String, Entry>,
}

impl<'a> Image<'a> {
    /// Reads an image: the names of all its files.
    ///
    /// # Errors
    /// [`SquashError`].
    pub fn read(bytes: &'a [u8]) -> Result<Self, SquashError> {
        let header = Header::read(bytes)?;
        let mut inodes = Meta::new(bytes, header, header.inodes..header.folders);
        let mut folders = Meta::new(bytes, header, header.folders..header.used);
        let mut budget = Budget::new();
        let mut entries = BTreeMap::new();
        let mut seen = BTreeSet::new();
        let mut left = vec![(String::new(), header.root, 0)];
        while let Some((path, inode, depth)) = left.pop() {
            let (entry, listing) = inode_of(&mut inodes, &mut budget, &header, inode)?;
            if let Some(listing) = listing {
                // A folder that contains itself never ends.
                if !seen.insert(inode) || depth > MAX_DEPTH {
                    return Err(SquashError::Damaged(
                        "a folder occurs twice, or is too deep",
                    ));
                }
                for (name, inode) in listed(&mut folders, &mut budget, listing)? {
                    budget.take(path.len())?;
                    let path = match path.is_empty() {
                        true => name,
                        false => format!("{path}/{name}"),
                    };
                    left.push((path, inode, depth + 1));
                }
            }
            if !path.is_empty() && entries.insert(path, entry).is_some() {
                return Err(SquashError::Damaged("a path occurs twice"));
            }
            if entries.len() + left.len() > MAX_FILES {
                return Err(SquashError::TooLarge);
            }
        }
        Ok(Self {
            bytes,
            header,
            entries,
        })
    }

    /// The content of a file; `None` if there is no such file.
    ///
    /// # Errors
    /// [`SquashError`].
    pub fn content(&self, path: &str) -> Result<Option<Vec<u8>>, SquashError> {
        let Some(Entry {
            kind: Kind::File(content),
            ..
        }) = self.entries.get(path)
        else {
            return Ok(None);
        };
        if content.size > MAX_FILE {
            return Err(SquashError::TooLarge);
        }
        let mut out = Vec::new();
        let mut at = content.start;
        for size in &content.blocks {
            let wanted = self.header.block.min(content.size - out.len() as u64);
            let length = u64::from(size & 0xff_ffff);
            match length {
                0 => out.resize(out.len() + usize::try_from(wanted).unwrap_or_default(), 0),
                _ => out.extend(self.block(at, *size)?),
            }
            at += length;
            if out.len() as u64 > content.size {
                return Err(SquashError::Damaged("a file is larger than it says"));
            }
        }
        if let Some((fragment, offset)) = content.fragment {
            let whole = self.fragment(fragment)?;
            let start = usize::try_from(offset).unwrap_or(usize::MAX);
            let length = content.size.saturating_sub(out.len() as u64);
            let end = usize::try_from(length)
                .ok()
                .and_then(|length| start.checked_add(length));
            let part = end.and_then(|end| whole.get(start..end));
            out.extend_from_slice(part.ok_or(SquashError::Damaged("a part of a file is missing"))?);
        }
        match out.len() as u64 == content.size {
            true => Ok(Some(out)),
            false => Err(SquashError::Damaged("a file is smaller than it says")),
        }
    }

    fn block(&self, at: u64, size: u32) -> Result<Vec<u8>, SquashError> {
        let damaged = SquashError::Damaged("a block is missing");
        let start = usize::try_from(at).map_err(|_| damaged.clone())?;
        let length = usize::try_from(size & 0xff_ffff).unwrap_or_default();
        if length as u64 > self.header.block {
            return Err(SquashError::Damaged("a block is larger than it may be"));
        }
        let end = start.checked_add(length).ok_or(damaged.clone())?;
        let packed = self.bytes.get(start..end).ok_or(damaged)?;
        match size & 1 << 24 {
            0 => self.header.unpack(packed, self.header.block),
            _ => Ok(packed.to_vec()),
        }
    }

    fn fragment(&self, index: u32) -> Result<Vec<u8>, SquashError> {
        let damaged = SquashError::Damaged("a fragment is missing");
        if index >= self.header.fragment_count {
            return Err(damaged);
        }
        let place = u64::from(index) * 16;
        let pointer = self.header.fragments.checked_add(place / META * 8);
        let pointer = pointer.and_then(|at| usize::try_from(at).ok());
        let block = pointer
            .and_then(|at| number(self.bytes, at, 8))
            .ok_or(damaged)?;
        let mut meta = Meta::new(self.bytes, self.header, 0..self.header.used);
        let mut place = Place {
            block,
            offset: usize::try_from(place % META).unwrap_or_default(),
        };
        let start = meta.number(&mut place, 8)?;
        let size = u32::try_from(meta.number(&mut place, 4)?).unwrap_or_default();
        self.block(start, size)
    }
}

#[cfg(test)]
mod tests;
