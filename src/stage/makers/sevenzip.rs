//! 7z archives, which installers for Windows carry behind their program.
//!
//! All contents are compressed together. The header behind them, and the one in front that says where that is,
//! have checksums.

use super::archive::Member;
use super::bytes::{crc32, le32, le64};
use super::zipped::deflated;

/// What the parts of a header begin with.
mod id {
    pub const END: u8 = 0;
    pub const HEADER: u8 = 1;
    pub const STREAMS: u8 = 4;
    pub const FILES: u8 = 5;
    pub const PACKED: u8 = 6;
    pub const METHODS: u8 = 7;
    pub const CONTENTS: u8 = 8;
    pub const SIZES: u8 = 9;
    pub const CHECKSUMS: u8 = 10;
    pub const FOLDERS: u8 = 11;
    pub const UNPACKED_SIZES: u8 = 12;
    pub const COUNTS: u8 = 13;
    pub const NAMES: u8 = 17;
    pub const ATTRIBUTES: u8 = 21;
}

/// An archive of these files, none of which is empty.
#[must_use]
pub fn archive(members: &[Member]) -> Vec<u8> {
    let contents: Vec<&[u8]> = members
        .iter()
        .map(|(_, _, content)| content.as_slice())
        .collect();
    let whole = contents.concat();
    let packed = deflated(&whole);
    let header = header(members, packed.len(), whole.len());
    let start = [
        &le64(packed.len())[..],
        &le64(header.len()),
        &crc32(&header).to_le_bytes(),
    ];
    let start = start.concat();
    let mut out = b"7z\xbc\xaf\x27\x1c\0\x04".to_vec();
    out.extend(crc32(&start).to_le_bytes());
    out.extend(start);
    out.extend(packed);
    out.extend(header);
    out
}

fn header(members: &[Member], packed: usize, size: usize) -> Vec<u8> {
    let mut out = vec![id::HEADER, id::STREAMS, id::PACKED];
    out.extend([number(0), number(1), vec![id::SIZES], number(packed)].concat());
    out.push(id::END);
    // One folder with one method, which is deflate.
    out.extend([
        id::METHODS,
        id::FOLDERS,
        1,
        0,
        1,
        3,
        4,
        1,
        8,
        id::UNPACKED_SIZES,
    ]);
    out.extend(number(size));
    out.push(id::END);
    out.extend([id::CONTENTS, id::COUNTS]);
    out.extend(number(members.len()));
    out.push(id::SIZES);
    // The last size is what is left.
    let all_but_last = members.iter().take(members.len().saturating_sub(1));
    out.extend(all_but_last.flat_map(|(_, _, content)| number(content.len())));
    out.extend([id::CHECKSUMS, 1]);
    out.extend(
        members
            .iter()
            .flat_map(|(_, _, content)| crc32(content).to_le_bytes()),
    );
    out.extend([id::END, id::END, id::FILES]);
    out.extend(number(members.len()));
    let mut names = vec![0];
    for (path, ..) in members {
        let units = path.encode_utf16().chain([0]);
        names.extend(units.flat_map(u16::to_le_bytes));
    }
    out.extend(part(id::NAMES, &names));
    let mut attributes = vec![1, 0];
    for (_, mode, _) in members {
        // The permissions of Unix are in the upper half, and bit 15 says so.
        let mode = usize::try_from(0o100_000 | mode).unwrap_or_default();
        attributes.extend(le32((mode << 16) | 0x8020));
    }
    out.extend(part(id::ATTRIBUTES, &attributes));
    out.extend([id::END, id::END]);
    out
}

/// A part with its length.
fn part(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id][..], &number(content.len()), content].concat()
}

/// A number: the first byte says by its upper bits how many follow, and has the highest bits of the number.
fn number(value: usize) -> Vec<u8> {
    let bytes = le64(value);
    let following = (0..8)
        .find(|count| value >> (7 * (count + 1)) == 0)
        .unwrap_or(8);
    let mask = !(0xff_u8.checked_shr(following).unwrap_or_default());
    let following = usize::try_from(following).unwrap_or_default();
    let highest = bytes.get(following).copied().unwrap_or_default();
    let first = std::iter::once(mask | highest);
    first.chain(bytes.into_iter().take(following)).collect()
}
