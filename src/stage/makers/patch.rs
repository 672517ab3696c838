//! Makes patches of partial updates (`MBDIFF10`, see [`mar::patch`](super::super::mar::patch)).
//!
//! Only what two contents have in common at their beginnings and at their ends is taken from the old one;
//! the bytes between are new. For builds that differ in the middle this is as good as a search for moved
//! parts, and it takes no time.

use super::super::mar::patch::bzip2_crc;
use super::bytes::length;

/// The patch from one content to another; `None` if they have nothing in common.
#[must_use]
pub fn patch(old: &[u8], new: &[u8]) -> Option<Vec<u8>> {
    let common = |(one, other): &(&u8, &u8)| one == other;
    let start = old.iter().zip(new).take_while(common).count();
    let (old_rest, new_rest) = (old.get(start..)?, new.get(start..)?);
    let ends = old_rest.iter().rev().zip(new_rest.iter().rev());
    let end = ends.take_while(common).count();
    if start + end == 0 {
        return None;
    }
    let middle = new_rest.get(..new_rest.len() - end)?;
    let skipped = u32::try_from(old_rest.len() - end).ok()?;
    let [start, end] = [start, end].map(|length| u32::try_from(length).unwrap_or(u32::MAX));
    let triples = [[start, length(middle), skipped], [end, 0, 0]];
    let triples: Vec<u8> = triples
        .iter()
        .flatten()
        .flat_map(|n| n.to_be_bytes())
        .collect();
    let same = vec![0; usize::try_from(start + end).ok()?];
    let header = [
        length(old),
        bzip2_crc(old),
        length(new),
        length(&triples),
        length(&same),
        length(middle),
    ];
    let header: Vec<u8> = header.iter().flat_map(|n| n.to_be_bytes()).collect();
    Some([b"MBDIFF10", &header[..], &triples, &same, middle].concat())
}
