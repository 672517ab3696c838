//! HFS+ volumes: the file systems of disk images for macOS.
//!
//! Blocks have 4096 bytes. The first holds the volume's header; the map of used blocks, the empty list of
//! further extents, the catalog and the contents follow, each in one piece. The last block has a copy of
//! the header.

use super::archive::Member;
use super::bytes::{be16, be32, be64, pad, put};

/// The size of blocks, and of the nodes of trees.
const BLOCK: usize = 4096;
/// From 1904 to 1970, in seconds.
const EPOCH: usize = 2_082_844_800;
/// The ids of the folder above the root, of the root, and the first one that is free.
const ABOVE: usize = 1;
const ROOT: usize = 2;
const FIRST: usize = 16;

/// A record of the catalog: its key, as it is sorted and as it is written, and its content.
struct Record {
    order: (usize, Vec<u16>),
    key: Vec<u8>,
    content: Vec<u8>,
}

/// What is in a volume.
struct Catalog {
    records: Vec<Record>,
    contents: Vec<u8>,
    files: usize,
    next: usize,
    time: usize,
}

/// A volume of this name with these files, all of this time in seconds since 1970.
#[must_use]
pub fn volume(name: &str, members: &[Member], time: u32) -> Vec<u8> {
    // The catalog names places, so how many blocks come before the contents is found first.
    let size = |first| Catalog::new(members, name, time, first);
    let nodes = tree_of(size(0).records).len() / BLOCK;
    let map = 1;
    let (extents_at, catalog_at) = (1 + map, 2 + map);
    let first = catalog_at + nodes;
    let mut catalog = size(first);
    let records = std::mem::take(&mut catalog.records);
    let folders = records.len() / 2 - catalog.files - 1;
    let tree = tree_of(records);
    let total = first + catalog.contents.len() / BLOCK + 1;

    let mut header = b"H+".to_vec();
    header.extend(be16(4));
    header.extend(be32(0x100));
    header.extend(b"10.0");
    header.extend(be32(0));
    for value in [catalog.time, catalog.time, 0, catalog.time] {
        header.extend(be32(value));
    }
    for value in [
        catalog.files,
        folders,
        BLOCK,
        total,
        0,
        total - 1,
        BLOCK,
        BLOCK,
        catalog.next,
        1,
    ] {
        header.extend(be32(value));
    }
    header.extend(be64(1));
    header.extend([0; 32]);
    for (at, size) in [
        (1, map * BLOCK),
        (extents_at, BLOCK),
        (catalog_at, tree.len()),
    ] {
        header.extend(fork(at, size));
    }
    header.extend([0; 160]);

    let mut out = vec![0; 1024];
    out.extend_from_slice(&header);
    pad(&mut out, BLOCK);
    // A bit for each block, the highest first. All are used.
    let mut used = vec![0xff; total / 8];
    used.push(!(0xff_u8 >> (total % 8)));
    used.truncate(map * BLOCK);
    out.extend(used);
    pad(&mut out, BLOCK);
    out.extend(tree_of(Vec::new()));
    out.extend(tree);
    out.extend(catalog.contents);
    let end = out.len() + BLOCK;
    out.resize(end, 0);
    put(&mut out, end - 1024, &header);
    out
}

/// Where a content is: its size and one extent.
fn fork(at: usize, size: usize) -> Vec<u8> {
    let blocks = size.div_ceil(BLOCK);
    let mut out = be64(size).to_vec();
    out.extend(be32(BLOCK));
    out.extend(be32(blocks));
    out.extend(be32(if blocks == 0 { 0 } else { at }));
    out.extend(be32(blocks));
    out.resize(80, 0);
    out
}

impl Catalog {
    /// The records of every file and folder. The contents begin at a block.
    fn new(members: &[Member], name: &str, time: u32, first: usize) -> Self {
        let mut catalog = Self {
            records: Vec::new(),
            contents: Vec::new(),
            files: 0,
            next: FIRST,
            time: usize::try_from(time).unwrap_or_default() + EPOCH,
        };
        let members: Vec<(&str, &Member)> = members
            .iter()
            .map(|member| (member.0.as_str(), member))
            .collect();
        catalog.folder((ABOVE, name), ROOT, &members, first);
        catalog
    }

    /// A folder and everything in it. Members come in order of their paths.
    fn folder(&mut self, key: (usize, &str), id: usize, members: &[(&str, &Member)], first: usize) {
        let top = |path: &str| path.split('/').next().unwrap_or_default().to_owned();
        let mut count = 0;
        for group in members.chunk_by(|(one, _), (other, _)| top(one) == top(other)) {
            let Some((path, member)) = group.first() else {
                continue;
            };
            let own = self.next;
            self.next += 1;
            count += 1;
            match path.split_once('/') {
                Some((name, _)) => {
                    let below = group.iter().filter_map(|(path, member)| {
                        path.split_once('/').map(|(_, rest)| (rest, *member))
                    });
                    let below: Vec<(&str, &Member)> = below.collect();
                    self.folder((id, name), own, &below, first);
                }
                None => self.file((id, path), own, member, first),
            }
        }
        let mut content = [be16(1), be16(0)].concat();
        content.extend(be32(count));
        content.extend(be32(id));
        content.extend(self.common(0o040_755));
        self.add(key, content);
        self.thread(3, key, id);
    }

    fn file(&mut self, key: (usize, &str), id: usize, (_, mode, content): &Member, first: usize) {
        let at = first + self.contents.len() / BLOCK;
        self.contents.extend_from_slice(content);
        pad(&mut self.contents, BLOCK);
        self.files += 1;
        // The second flag: there is a thread.
        let mut record = [be16(2), be16(2)].concat();
        record.extend(be32(0));
        record.extend(be32(id));
        let mode = usize::try_from(0o100_000 | mode).unwrap_or_default();
        record.extend(self.common(mode));
        record.extend(fork(at, content.len()));
        record.extend(fork(0, 0));
        self.add(key, record);
        self.thread(4, key, id);
    }

    /// Times, owner and mode, and what the Finder wants to know.
    fn common(&self, mode: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for _ in 0..4 {
            out.extend(be32(self.time));
        }
        out.extend([0; 4 + 8 + 2]);
        out.extend(be16(mode));
        out.extend([0; 4 + 32 + 8]);
        out
    }

    /// The record from an id to the name.
    fn thread(&mut self, kind: usize, (parent, name): (usize, &str), id: usize) {
        let mut content = [be16(kind), be16(0)].concat();
        content.extend(be32(parent));
        content.extend(text(name));
        self.add((id, ""), content);
    }

    fn add(&mut self, (parent, name): (usize, &str), content: Vec<u8>) {
        let inner = [&be32(parent)[..], &text(name)].concat();
        let folded = name.to_lowercase().encode_utf16().collect();
        self.records.push(Record {
            order: (parent, folded),
            key: [&be16(inner.len())[..], &inner].concat(),
            content,
        });
    }
}

/// A name behind its length.
fn text(name: &str) -> Vec<u8> {
    let units: Vec<u16> = name.encode_utf16().take(255).collect();
    let units_length = be16(units.len());
    let units = units.iter().flat_map(|unit| unit.to_be_bytes());
    units_length.into_iter().chain(units).collect()
}

/// A tree with these records: the header, then the leaves, then each level of indexes up to the root.
fn tree_of(mut records: Vec<Record>) -> Vec<u8> {
    records.sort_by(|one, other| one.order.cmp(&other.order));
    let count = records.len();
    let mut level: Vec<(Vec<u8>, Vec<u8>)> = records
        .into_iter()
        .map(|record| (record.key, record.content))
        .collect();
    let mut nodes: Vec<Vec<u8>> = Vec::new();
    let (mut height, mut leaves) = (0, 0);
    while level.len() > usize::from(height > 0) {
        let start = nodes.len() + 1;
        height += 1;
        let mut above = Vec::new();
        let mut groups: Vec<Vec<(Vec<u8>, Vec<u8>)>> = Vec::new();
        let mut room = 0;
        for (key, content) in level {
            let size = key.len() + content.len() + 2;
            if size > room {
                groups.push(Vec::new());
                room = BLOCK - 14 - 2;
            }
            room -= size;
            if let Some(group) = groups.last_mut() {
                group.push((key, content));
            }
        }
        let last = groups.len() - 1;
        for (at, group) in groups.into_iter().enumerate() {
            let number = start + at;
            if let Some((key, _)) = group.first() {
                above.push((key.clone(), be32(number).to_vec()));
            }
            let next = if at == last { 0 } else { number + 1 };
            let previous = if at == 0 { 0 } else { number - 1 };
            let kind = if height == 1 { 0xff } else { 0 };
            let records = group
                .into_iter()
                .map(|(key, content)| [key, content].concat());
            nodes.push(node(
                [next, previous],
                kind,
                height,
                &records.collect::<Vec<Vec<u8>>>(),
            ));
        }
        if height == 1 {
            leaves = nodes.len();
        }
        level = above;
    }
    let total = nodes.len() + 1;
    let mut header = be16(usize::from(height)).to_vec();
    let first_leaf = usize::from(leaves > 0);
    for value in [nodes.len(), count, first_leaf, leaves] {
        header.extend(be32(value));
    }
    header.extend(be16(BLOCK));
    header.extend(be16(516));
    header.extend(be32(total));
    header.extend(be32(0));
    header.extend([0; 2]);
    header.extend(be32(BLOCK));
    // Names are compared without their case. Keys have long lengths, also those of indexes.
    header.extend([0, 0xcf]);
    header.extend(be32(6));
    header.resize(106, 0);
    let mut used = vec![0xff_u8; total / 8];
    used.push(!(0xff_u8 >> (total % 8)));
    used.resize(BLOCK - 14 - 106 - 128 - 8, 0);
    let first = node([0, 0], 1, 0, &[header, vec![0; 128], used]);
    std::iter::once(first).chain(nodes).flatten().collect()
}

/// A node: its neighbours, its records, and from its end on the places of these.
fn node([next, previous]: [usize; 2], kind: u8, height: u8, records: &[Vec<u8>]) -> Vec<u8> {
    let mut out = [be32(next), be32(previous)].concat();
    out.extend([kind, height]);
    out.extend(be16(records.len()));
    out.extend([0; 2]);
    let mut places = vec![out.len()];
    for record in records {
        out.extend_from_slice(record);
        places.push(out.len());
    }
    out.resize(BLOCK, 0);
    for (number, place) in places.iter().enumerate() {
        put(&mut out, BLOCK - 2 - 2 * number, &be16(*place));
    }
    out
}
