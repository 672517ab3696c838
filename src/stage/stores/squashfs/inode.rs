//! Inodes, and the names in folders.

use super::header::{Header, SquashError, number};
use super::metadata::{Budget, Meta, Place};

/// The longest name, which is also the kernel's.
const MAX_NAME: usize = 256;

/// How many bytes a name needs at least, so that a folder of very many short names is too large, too.
const NAME_OVERHEAD: usize = 64;

/// The longest target of a link: a page, as for the kernel.
const MAX_LINK: usize = 4096;

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
    pub(super) start: u64,
    pub(super) size: u64,
    pub(super) fragment: Option<(u32, u32)>,
    pub(super) blocks: Vec<u32>,
}

/// A file of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Its permissions.
    pub mode: u16,
}

/// Where a folder's entries are.
pub(super) struct Listing {
    place: Place,
    length: usize,
}

/// Reads an inode; returns its listing, too, if it is a folder.
pub(super) fn inode_of(
    meta: &mut Meta<'_>,
    budget: &mut Budget,
    header: &Header,
    inode: u64,
) -> Result<(Entry, Option<Listing>), SquashError> {
    let damaged = SquashError::Damaged("an inode is not in the image");
    let mut place = Place {
        block: header.inodes.checked_add(inode >> 16).ok_or(damaged)?,
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
                Some(_) => size / header.block,
                None => size.div_ceil(header.block),
            };
            let length = count.checked_mul(4).ok_or(SquashError::TooLarge)?;
            let length = usize::try_from(length).map_err(|_| SquashError::TooLarge)?;
            budget.take(length)?;
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
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            if length > MAX_LINK {
                return Err(SquashError::Damaged("a link is too long"));
            }
            budget.take(length)?;
            Kind::Link(String::from_utf8_lossy(&meta.take(at, length)?).into_owned())
        }
        4..=7 | 11..=14 => Kind::Special,
        _ => return Err(SquashError::Damaged("an inode has an unknown kind")),
    };
    let listing = listing.map(|(block, offset, size)| Listing {
        place: Place {
            block: header.folders.saturating_add(block),
            offset: usize::try_from(offset).unwrap_or_default(),
        },
        // Two names that are not stored, and an end, count too.
        length: usize::try_from(size.saturating_sub(3)).unwrap_or_default(),
    });
    Ok((Entry { kind, mode }, listing))
}

/// The names in a folder, and their inodes.
pub(super) fn listed(
    meta: &mut Meta<'_>,
    budget: &mut Budget,
    mut listing: Listing,
) -> Result<Vec<(String, u64)>, SquashError> {
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
            if length > MAX_NAME {
                return Err(SquashError::Damaged("a name is too long"));
            }
            budget.take(length + NAME_OVERHEAD)?;
            let name = meta.take(at, length)?;
            left = left.checked_sub(8 + length).ok_or(damaged.clone())?;
            let name = String::from_utf8_lossy(&name).into_owned();
            if name.contains('/') || name == "." || name == ".." || name.contains('\0') {
                return Err(SquashError::Damaged("a name leads out of its folder"));
            }
            found.push((name, block << 16 | offset));
        }
    }
    Ok(found)
}
