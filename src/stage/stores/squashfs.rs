//! SquashFS images: their files, with modes and contents.
//!
//! Metadata is in blocks of 8 KiB that are compressed each for itself. An inode or folder is a place in such
//! blocks. Images that are compressed by gzip, xz or zstd are read; others have names that cannot be read either.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use flate2::read::ZlibDecoder;

use crate::stage::mar::pack::unpack;

/// The most bytes of metadata in a block.
const META: u64 = 8192;
/// The most files in an image.
const MAX_FILES: usize = 200_000;
/// The deepest folder.
const MAX_DEPTH: usize = 64;
/// The most bytes of a file that is read.
const MAX_FILE: u64 = 64 << 20;

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

/// What a path is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A file.
    File(Content),
    /// A link to this path.
    Link(String),
    /// A device or another special file.
    Special,
}

/// Where the content of a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    start: u64,
    size: u64,
    fragment: Option<(u32, u32)>,
    blocks: Vec<u32>,
}

/// A file of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Its permissions.
    pub mode: u16,
}

/// An image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image<'a> {
    bytes: &'a [u8],
    header: Header,
    /// The files by path, without the root.
    pub entries: BTreeMap<String, Entry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Header {
    block: u64,
    compression: u16,
    root: u64,
    used: u64,
    inodes: u64,
    folders: u64,
    fragments: u64,
    fragment_count: u32,
}

fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let digits = bytes.get(at..at.checked_add(length)?)?;
    Some(
        digits
            .iter()
            .rev()
            .fold(0, |sum, digit| sum << 8 | u64::from(*digit)),
    )
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self, SquashError> {
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
            return Err(SquashError::Damaged("the size of its blocks"));
        }
        match header.compression {
            1 | 4 | 6 => Ok(header),
            2 => Err(SquashError::Compression("lzma")),
            3 => Err(SquashError::Compression("lzo")),
            5 => Err(SquashError::Compression("lz4")),
            _ => Err(SquashError::Compression("an unknown method")),
        }
    }

    fn unpack(&self, packed: &[u8], limit: u64) -> Result<Vec<u8>, SquashError> {
        let damaged = SquashError::Damaged("a block cannot be unpacked");
        let mut out = Vec::new();
        match self.compression {
            4 => out = unpack(packed, limit).map_err(|_| damaged.clone())?,
            1 => {
                let mut decoder = ZlibDecoder::new(packed).take(limit + 1);
                decoder.read_to_end(&mut out).map_err(|_| damaged.clone())?;
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

/// Reads metadata, block after block.
struct Meta<'a> {
    bytes: &'a [u8],
    header: Header,
    /// Unpacked blocks, and where the next ones begin.
    known: BTreeMap<u64, (Vec<u8>, u64)>,
}

/// A place in metadata.
#[derive(Clone, Copy)]
struct Place {
    block: u64,
    offset: usize,
}

impl Meta<'_> {
    fn block(&mut self, at: u64) -> Result<&(Vec<u8>, u64), SquashError> {
        if !self.known.contains_key(&at) {
            let damaged = SquashError::Damaged("a block of metadata is missing");
            let start = usize::try_from(at).map_err(|_| damaged.clone())?;
            let head = number(self.bytes, start, 2).ok_or(damaged.clone())?;
            let length = usize::try_from(head & 0x7fff).unwrap_or_default();
            let packed = self
                .bytes
                .get(start + 2..start + 2 + length)
                .ok_or(damaged)?;
            let content = match head & 0x8000 {
                0 => self.header.unpack(packed, META)?,
                _ => packed.to_vec(),
            };
            let next = at + 2 + length as u64;
            self.known.insert(at, (content, next));
        }
        self.known
            .get(&at)
            .ok_or(SquashError::Damaged("a block of metadata is missing"))
    }

    /// Reads bytes at a place, and moves it behind them.
    fn take(&mut self, place: &mut Place, length: usize) -> Result<Vec<u8>, SquashError> {
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

    fn number(&mut self, place: &mut Place, length: usize) -> Result<u64, SquashError> {
        let bytes = self.take(place, length)?;
        Ok(number(&bytes, 0, length).unwrap_or_default())
    }
}

/// Where a folder's entries are.
struct Listing {
    place: Place,
    length: usize,
}

impl<'a> Image<'a> {
    /// Reads an image: the names of all its files.
    ///
    /// # Errors
    /// [`SquashError`].
    pub fn read(bytes: &'a [u8]) -> Result<Self, SquashError> {
        let header = Header::read(bytes)?;
        let mut meta = Meta {
            bytes,
            header,
            known: BTreeMap::new(),
        };
        let mut entries = BTreeMap::new();
        let mut seen = BTreeSet::new();
        let mut left = vec![(String::new(), header.root, 0)];
        while let Some((path, inode, depth)) = left.pop() {
            let (entry, listing) = inode_of(&mut meta, inode)?;
            if let Some(listing) = listing {
                // A folder that contains itself never ends.
                if !seen.insert(inode) || depth > MAX_DEPTH {
                    return Err(SquashError::Damaged(
                        "a folder occurs twice, or is too deep",
                    ));
                }
                for (name, inode) in listed(&mut meta, listing)? {
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
        let mut meta = Meta {
            bytes: self.bytes,
            header: self.header,
            known: BTreeMap::new(),
        };
        let mut place = Place {
            block,
            offset: usize::try_from(place % META).unwrap_or_default(),
        };
        let start = meta.number(&mut place, 8)?;
        let size = u32::try_from(meta.number(&mut place, 4)?).unwrap_or_default();
        self.block(start, size)
    }
}

/// Reads an inode; returns its listing, too, if it is a folder.
fn inode_of(meta: &mut Meta<'_>, inode: u64) -> Result<(Entry, Option<Listing>), SquashError> {
    let damaged = SquashError::Damaged("an inode is not in the image");
    let mut place = Place {
        block: meta.header.inodes.checked_add(inode >> 16).ok_or(damaged)?,
        offset: usize::try_from(inode & 0xffff).unwrap_or_default(),
    };
    let at = &mut place;
    let kind = meta.number(at, 2)?;
    let mode = u16::try_from(meta.number(at, 2)?).unwrap_or_default();
    meta.take(at, 12)?;
    let mut listing = None;
    let kind = match kind {
        1 => {
            let block = meta.number(at, 4)?;
            meta.number(at, 4)?;
            let size = meta.number(at, 2)?;
            let offset = meta.number(at, 2)?;
            listing = Some((block, offset, size));
            Kind::Folder
        }
        8 => {
            meta.number(at, 4)?;
            let size = meta.number(at, 4)?;
            let block = meta.number(at, 4)?;
            meta.number(at, 6)?;
            let offset = meta.number(at, 2)?;
            listing = Some((block, offset, size));
            Kind::Folder
        }
        2 | 9 => {
            let long = kind == 9;
            let start = meta.number(at, if long { 8 } else { 4 })?;
            let mut size = 0;
            if long {
                size = meta.number(at, 8)?;
                meta.take(at, 12)?;
            }
            let fragment = u32::try_from(meta.number(at, 4)?).unwrap_or_default();
            let offset = u32::try_from(meta.number(at, 4)?).unwrap_or_default();
            match long {
                true => drop(meta.take(at, 4)?),
                false => size = meta.number(at, 4)?,
            }
            let fragment = (fragment != u32::MAX).then_some((fragment, offset));
            let count = match fragment {
                Some(_) => size / meta.header.block,
                None => size.div_ceil(meta.header.block),
            };
            if count > meta.header.used {
                return Err(SquashError::TooLarge);
            }
            let length = usize::try_from(count * 4).map_err(|_| SquashError::TooLarge)?;
            let sizes = meta.take(at, length)?;
            let sizes = sizes
                .chunks(4)
                .map(|size| number(size, 0, 4).unwrap_or_default());
            Kind::File(Content {
                start,
                size,
                fragment,
                blocks: sizes
                    .map(|size| u32::try_from(size).unwrap_or_default())
                    .collect(),
            })
        }
        3 | 10 => {
            meta.number(at, 4)?;
            let length = meta.number(at, 4)?;
            let length = usize::try_from(length.min(65_536)).unwrap_or_default();
            Kind::Link(String::from_utf8_lossy(&meta.take(at, length)?).into_owned())
        }
        4..=7 | 11..=14 => Kind::Special,
        _ => return Err(SquashError::Damaged("an inode has an unknown kind")),
    };
    let listing = match listing {
        None => None,
        Some((block, offset, size)) => Some(Listing {
            place: Place {
                block: meta.header.folders.saturating_add(block),
                offset: usize::try_from(offset).unwrap_or_default(),
            },
            // Two names that are not stored, and an end, count too.
            length: usize::try_from(size.saturating_sub(3)).unwrap_or_default(),
        }),
    };
    Ok((Entry { kind, mode }, listing))
}

/// The names in a folder, and their inodes.
fn listed(meta: &mut Meta<'_>, mut listing: Listing) -> Result<Vec<(String, u64)>, SquashError> {
    let mut found = Vec::new();
    let mut left = listing.length;
    let at = &mut listing.place;
    let damaged = SquashError::Damaged("a folder is longer than it says");
    while left > 0 {
        let count = meta.number(at, 4)?;
        let block = meta.number(at, 4)?;
        meta.number(at, 4)?;
        left = left.checked_sub(12).ok_or(damaged.clone())?;
        if count >= 256 {
            return Err(SquashError::Damaged(
                "a folder has a group that is too large",
            ));
        }
        for _ in 0..=count {
            let offset = meta.number(at, 2)?;
            meta.take(at, 4)?;
            let length = usize::try_from(meta.number(at, 2)? + 1).unwrap_or_default();
            let name = meta.take(at, length)?;
            left = left.checked_sub(8 + length).ok_or(damaged.clone())?;
            let name = String::from_utf8_lossy(&name).into_owned();
            if name.contains('/') || name == "." || name == ".." || name.contains('\0') {
                return Err(SquashError::Damaged("a name leads out of its folder"));
            }
            found.push((name, block << 16 | offset));
            if found.len() > MAX_FILES {
                return Err(SquashError::TooLarge);
            }
        }
    }
    Ok(found)
}
