//! SquashFS images: read-only file systems, such as snaps.
//!
//! The file has a header, the contents in blocks, the inodes, the folders, and the table of owners, of
//! which there is one. Blocks of contents are compressed by xz; what describes them is not. Nothing is
//! collected in fragments.

use std::collections::BTreeMap;
use std::io::Write as _;

use lzma_rust2::{CheckType, XzOptions, XzWriter};

use super::archive::Member;
use super::bytes::{le16, le32, le64, pad, put};

/// The size of blocks of contents.
const BLOCK: usize = 1 << 17;
/// The size of blocks of everything else.
const META: usize = 8192;
const NOTHING: [u8; 8] = [0xff; 8];

/// An inode: its number, its place in the table, and its kind.
#[derive(Debug, Clone, Copy)]
struct Node {
    number: usize,
    place: usize,
    kind: usize,
}

/// An image with these files, and the time of all of them; `None` if a content cannot be compressed.
#[must_use]
pub fn image(members: &[Member], time: u32) -> Option<Vec<u8>> {
    // Every path with its content; folders have none, and the path of the root is empty.
    let mut paths: BTreeMap<&str, Option<&Member>> = BTreeMap::from([("", None)]);
    for member in members {
        let (path, ..) = member;
        for (at, _) in path.match_indices('/') {
            paths.insert(path.get(..at)?, None);
        }
        paths.insert(path, Some(member));
    }
    let numbers: BTreeMap<&str, usize> = paths.keys().copied().zip(1..).collect();
    let mut out = vec![0; 96];
    let mut inodes = Vec::new();
    let mut folders = Vec::new();
    let mut listed: BTreeMap<&str, Vec<(&str, Node)>> = BTreeMap::new();
    let mut root = 0;
    // Backwards, so that what is in a folder comes before it.
    for (path, member) in paths.iter().rev() {
        let number = numbers.get(path).copied()?;
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let place = inodes.len();
        let kind = match member {
            Some((_, mode, content)) => {
                let start = out.len();
                let sizes = blocks(&mut out, content)?;
                inodes.extend(head(2, *mode, time, number));
                for value in [start, usize::MAX, 0, content.len()] {
                    inodes.extend(le32(value));
                }
                inodes.extend(sizes);
                2
            }
            None => {
                let mut inside = listed.remove(path).unwrap_or_default();
                inside.reverse();
                let start = folders.len();
                folders.extend(listing(&inside));
                let size = folders.len() - start + 3;
                let links = 2 + inside.iter().filter(|(_, node)| node.kind == 1).count();
                let above = match path.is_empty() {
                    true => paths.len() + 1,
                    false => numbers.get(parent).copied()?,
                };
                root = place;
                inodes.extend(head(1, 0o755, time, number));
                inodes.extend(le32(start / META * (META + 2)));
                inodes.extend(le32(links));
                inodes.extend(le16(size));
                inodes.extend(le16(start % META));
                inodes.extend(le32(above));
                1
            }
        };
        if !path.is_empty() {
            let node = Node {
                number,
                place,
                kind,
            };
            listed.entry(parent).or_default().push((name, node));
        }
    }
    let inode_table = out.len();
    out.extend(metadata(&inodes));
    let folder_table = out.len();
    out.extend(metadata(&folders));
    let owners = out.len();
    out.extend(metadata(&le32(0)));
    let owner_table = out.len();
    out.extend(le64(owners));
    let used = out.len();
    let root = ((root / META * (META + 2)) << 16) | (root % META);
    let mut header = b"hsqs".to_vec();
    header.extend(le32(paths.len()));
    header.extend(time.to_le_bytes());
    header.extend(le32(BLOCK));
    header.extend(le32(0));
    // Compressed by xz; blocks of 2^17; no fragments and no attributes; one owner; version 4.0.
    for value in [4, 17, 0x0210, 1, 4, 0] {
        header.extend(le16(value));
    }
    for value in [root, used, owner_table] {
        header.extend(le64(value));
    }
    header.extend(NOTHING);
    for value in [inode_table, folder_table, owners] {
        header.extend(le64(value));
    }
    header.extend(NOTHING);
    put(&mut out, 0, &header);
    pad(&mut out, 4096);
    Some(out)
}

/// What all inodes begin with.
fn head(kind: usize, mode: u32, time: u32, number: usize) -> Vec<u8> {
    let mut out = le16(kind).to_vec();
    out.extend(le16(usize::try_from(mode & 0o7777).unwrap_or_default()));
    out.extend([0; 4]);
    out.extend(time.to_le_bytes());
    out.extend(le32(number));
    out
}

/// Appends a content in blocks, and returns their sizes. A block that does not become smaller is kept as it
/// is, and its size has a mark.
fn blocks(out: &mut Vec<u8>, content: &[u8]) -> Option<Vec<u8>> {
    let mut sizes = Vec::new();
    for block in content.chunks(BLOCK) {
        let packed = xz(block)?;
        if packed.len() < block.len() {
            sizes.extend(le32(packed.len()));
            out.extend(packed);
        } else {
            sizes.extend(le32(block.len() | 1 << 24));
            out.extend_from_slice(block);
        }
    }
    Some(sizes)
}

/// The kernel knows this check only, and no dictionary larger than a block.
fn xz(block: &[u8]) -> Option<Vec<u8>> {
    let mut options = XzOptions::with_preset(1);
    options.set_check_sum_type(CheckType::Crc32);
    options.lzma_options.dict_size = u32::try_from(BLOCK).ok()?;
    let mut writer = XzWriter::new(Vec::new(), options).ok()?;
    writer.write_all(block).ok()?;
    writer.finish().ok()
}

/// The entries of a folder, in groups whose inodes are in one block.
fn listing(inside: &[(&str, Node)]) -> Vec<u8> {
    let mut out = Vec::new();
    let same =
        |(_, one): &(&str, Node), (_, other): &(&str, Node)| one.place / META == other.place / META;
    for group in inside.chunk_by(same).flat_map(|group| group.chunks(256)) {
        let Some((_, first)) = group.first() else {
            continue;
        };
        out.extend(le32(group.len() - 1));
        out.extend(le32(first.place / META * (META + 2)));
        out.extend(le32(first.number));
        for (name, node) in group {
            out.extend(le16(node.place % META));
            out.extend(le16(node.number - first.number));
            out.extend(le16(node.kind));
            out.extend(le16(name.len() - 1));
            out.extend(name.bytes());
        }
    }
    out
}

/// Bytes in blocks, each behind its length and the mark that it is not compressed.
fn metadata(bytes: &[u8]) -> Vec<u8> {
    let block = |block: &[u8]| [&le16(block.len() | 0x8000)[..], block].concat();
    bytes.chunks(META).flat_map(block).collect()
}
