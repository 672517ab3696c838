//! Compound files: the file systems in which Windows keeps installer packages.
//!
//! Sectors have 512 bytes, and streams of less than 4096 are kept together in sectors of 64. The file has
//! the header, the allocation table, the directory, the table of small sectors, these sectors, and
//! then each large stream.

use super::bytes::{le16, le32, pad};

const SECTOR: usize = 512;
const SMALL: usize = 64;
const LIMIT: usize = 4096;
const FREE: u32 = u32::MAX;
const END: u32 = u32::MAX - 1;
const TABLE: u32 = u32::MAX - 2;

/// A stream in the root of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// Its name, in units of UTF-16.
    pub name: Vec<u16>,
    /// Its content.
    pub content: Vec<u8>,
}

/// A file with these streams. The class says what the root is.
#[must_use]
pub fn compound(class: [u8; 16], mut streams: Vec<Stream>) -> Vec<u8> {
    streams.sort_by_key(|stream| order(&stream.name));
    let small = |stream: &&Stream| stream.content.len() < LIMIT;
    let mut small_bytes = Vec::new();
    let mut small_table = Vec::new();
    let mut starts = Vec::new();
    for stream in &streams {
        let from = small_table.len();
        if small(&stream) && !stream.content.is_empty() {
            small_bytes.extend_from_slice(&stream.content);
            pad(&mut small_bytes, SMALL);
            chain(&mut small_table, small_bytes.len() / SMALL - from);
        }
        starts.push(from);
    }
    let small_size = small_bytes.len();
    pad(&mut small_bytes, SECTOR);
    let mut small_index: Vec<u8> = small_table.iter().flat_map(|n| n.to_le_bytes()).collect();
    small_index.resize(small_index.len().next_multiple_of(SECTOR), 0xff);
    let directory = (streams.len() + 1).div_ceil(4);
    let large = streams.iter().filter(|stream| !small(stream));
    let sectors: usize = large
        .map(|stream| stream.content.len().div_ceil(SECTOR))
        .sum();
    let others = directory + (small_index.len() + small_bytes.len()) / SECTOR + sectors;
    // Each sector of the table is for 128 sectors, also those of the table.
    let tables = others.div_ceil(127);

    let mut table = vec![TABLE; tables];
    chain(&mut table, directory);
    let small_index_at = table.len();
    chain(&mut table, small_index.len() / SECTOR);
    let small_at = table.len();
    chain(&mut table, small_bytes.len() / SECTOR);
    let mut contents = Vec::new();
    for (stream, start) in streams.iter().zip(&mut starts) {
        if !small(&stream) {
            *start = table.len();
            contents.extend_from_slice(&stream.content);
            pad(&mut contents, SECTOR);
            chain(&mut table, stream.content.len().div_ceil(SECTOR));
        }
    }
    table.resize(tables * 128, FREE);

    let mut out = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    out.extend([0; 16]);
    for value in [0x3e, 3, 0xfffe, 9, 6, 0, 0, 0] {
        out.extend(le16(value));
    }
    for value in [0, tables, tables, 0, LIMIT] {
        out.extend(le32(value));
    }
    out.extend(start(small_index_at, &small_index));
    out.extend(le32(small_index.len() / SECTOR));
    out.extend(END.to_le_bytes());
    out.extend(le32(0));
    for number in 0..109 {
        out.extend(if number < tables {
            le32(number)
        } else {
            FREE.to_le_bytes()
        });
    }
    out.extend(table.iter().flat_map(|n| n.to_le_bytes()));
    out.extend(entries(
        class,
        &streams,
        &starts,
        &start(small_at, &small_bytes),
        small_size,
    ));
    out.extend(small_index);
    out.extend(small_bytes);
    out.extend(contents);
    out
}

/// Where something starts, if there is any of it.
fn start(at: usize, bytes: &[u8]) -> [u8; 4] {
    match bytes.is_empty() {
        true => END.to_le_bytes(),
        false => le32(at),
    }
}

/// Appends a chain of sectors to a table.
fn chain(table: &mut Vec<u32>, sectors: usize) {
    for left in (0..sectors).rev() {
        let next = u32::try_from(table.len() + 1).unwrap_or(END);
        table.push(if left == 0 { END } else { next });
    }
}

/// Names are in order by length, then by their letters without their case.
fn order(name: &[u16]) -> (usize, Vec<u16>) {
    let upper = |unit: &u16| match unit {
        0x61..=0x7a => unit - 0x20,
        other => *other,
    };
    (name.len(), name.iter().map(upper).collect())
}

/// The directory: the root, and the streams as a balanced tree below it.
fn entries(
    class: [u8; 16],
    streams: &[Stream],
    starts: &[usize],
    small_at: &[u8; 4],
    small_size: usize,
) -> Vec<u8> {
    let mut sides = vec![(FREE, FREE); streams.len()];
    let root = balance(&mut sides, 0, streams.len());
    let name: Vec<u16> = "Root Entry".encode_utf16().collect();
    let mut out = entry(&name, 5, (FREE, FREE), root, class, small_at, small_size);
    for ((stream, start_at), sides) in streams.iter().zip(starts).zip(sides) {
        let start = start(*start_at, &stream.content);
        let size = stream.content.len();
        out.extend(entry(&stream.name, 2, sides, FREE, [0; 16], &start, size));
    }
    while !out.len().is_multiple_of(SECTOR) {
        out.extend([0; 68]);
        out.extend([0xff; 12]);
        out.extend([0; 48]);
    }
    out
}

/// Sets the children of the middle of a range, and returns its number in the directory.
fn balance(sides: &mut [(u32, u32)], from: usize, to: usize) -> u32 {
    if from >= to {
        return FREE;
    }
    let middle = from.midpoint(to);
    let children = (balance(sides, from, middle), balance(sides, middle + 1, to));
    if let Some(place) = sides.get_mut(middle) {
        *place = children;
    }
    u32::try_from(middle + 1).unwrap_or(FREE)
}

fn entry(
    name: &[u16],
    kind: u8,
    (left, right): (u32, u32),
    child: u32,
    class: [u8; 16],
    start: &[u8; 4],
    size: usize,
) -> Vec<u8> {
    let mut out: Vec<u8> = name
        .iter()
        .take(31)
        .flat_map(|unit| unit.to_le_bytes())
        .collect();
    let length = out.len() + 2;
    out.resize(64, 0);
    out.extend(le16(length));
    // Black, as every node of the tree is.
    out.extend([kind, 1]);
    for number in [left, right, child] {
        out.extend(number.to_le_bytes());
    }
    out.extend(class);
    out.extend([0; 20]);
    out.extend(start);
    out.extend(le32(size));
    out.extend([0; 4]);
    out
}
