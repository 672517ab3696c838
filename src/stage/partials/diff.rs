//! Makes patches of partial updates (`MBDIFF10`, see [`patch`](crate::stage::mar::patch)).
//!
//! 1. Equal beginnings and ends are set aside: builds often differ in few places.
//! 2. What is left of the new content is looked up in the sorted suffixes of the old one. A place there is
//!    taken when it fits clearly better than going on from where the last one has led to.
//! 3. Around each such place, the contents are taken as alike as far as more than half of the bytes are
//!    equal. What lies between is new.
//!
//! As many small differences are zeros then, the patch compresses well, also for code in which addresses
//! have changed.

use super::suffix::{Suffixes, common};
use crate::stage::mar::patch::bzip2_crc;

/// By how many bytes a match has to be longer than what the last alignment has in common, to be taken.
const BETTER: usize = 8;

/// The longest content whose suffixes are sorted; longer ones are compared at their beginnings and ends alone.
const LONGEST: usize = 256 * 1024 * 1024;

/// Below this number of bytes between equal beginnings and ends, nothing is looked up.
const WORTHWHILE: usize = 64;

/// Below this number of bytes, they are looked up in their surroundings alone.
const SHORT: usize = 4096;

/// How many bytes the surroundings are, on both sides.
const AROUND: usize = 16 * 1024;

/// A part of the old content that a part of the new one is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Alike {
    old: usize,
    new: usize,
    length: usize,
}

/// The patch from one content to another; `None` if either is too long for the format.
#[must_use]
pub fn diff(old: &[u8], new: &[u8]) -> Option<Vec<u8>> {
    let limit = i32::MAX.unsigned_abs();
    let fits = |bytes: &[u8]| u32::try_from(bytes.len()).is_ok_and(|length| length <= limit);
    if !fits(old) || !fits(new) {
        return None;
    }
    write(old, new, &alike(old, new))
}

/// The parts that are alike, in the order of the new content, in which they do not overlap.
fn alike(old: &[u8], new: &[u8]) -> Vec<Alike> {
    let start = common(old, new);
    let most = old.len().min(new.len()) - start;
    let ends = old.iter().rev().zip(new.iter().rev()).take(most);
    let end = ends.take_while(|(one, other)| one == other).count();
    let first = Alike {
        old: 0,
        new: 0,
        length: start,
    };
    let last = Alike {
        old: old.len() - end,
        new: new.len() - end,
        length: end,
    };
    let middle = start..new.len() - end;
    let mut found = vec![first];
    // Sorting takes long, so a short part is looked up in its surroundings alone.
    let near = match middle.len() < SHORT {
        true => start.saturating_sub(AROUND)..old.len().min(last.old + AROUND),
        false => 0..old.len(),
    };
    let around = old.get(near.clone()).unwrap_or_default();
    if middle.len() >= WORTHWHILE
        && around.len() <= LONGEST
        && let Some(suffixes) = Suffixes::new(around)
    {
        let anchors = anchors(&suffixes, around, new, middle.start, middle.end);
        for mut anchor in anchors {
            anchor.old += near.start;
            join(old, new, &mut found, anchor);
        }
    }
    join(old, new, &mut found, last);
    found
}

/// Matches in a part of the new content, each better than going on from the one before.
fn anchors(suffixes: &Suffixes<'_>, old: &[u8], new: &[u8], from: usize, to: usize) -> Vec<Alike> {
    let mut anchors: Vec<Alike> = Vec::new();
    // The alignment of the last anchor: a place in the old content for one in the new.
    let (mut old_base, mut new_base) = (0, 0);
    let mut at = from;
    while at < to {
        let wanted = new.get(at..to).unwrap_or_default();
        let found = suffixes.longest(wanted);
        let aligned = old.get(old_base + (at - new_base)..).unwrap_or_default();
        let equal = |(one, other): &(&u8, &u8)| one == other;
        let on = aligned.iter().zip(wanted).take(found.length);
        let on = on.filter(equal).count();
        if found.length > on + BETTER {
            anchors.push(Alike {
                old: found.at,
                new: at,
                length: found.length,
            });
            (old_base, new_base) = (found.at, at);
            at += found.length;
        } else {
            // What the alignment has in common from here on needs no look-up.
            at += common(aligned, wanted).max(1);
        }
    }
    anchors
}

/// Adds a part, and lengthens it and the one before as far as they fit.
fn join(old: &[u8], new: &[u8], found: &mut Vec<Alike>, mut next: Alike) {
    let Some(last) = found.last_mut() else {
        found.push(next);
        return;
    };
    let (new_end, old_end) = (last.new + last.length, last.old + last.length);
    let gap = new.get(new_end..next.new).unwrap_or_default();
    let before = next.old.saturating_sub(gap.len());
    let after = old.get(old_end..).unwrap_or_default();
    let before = old.get(before..next.old).unwrap_or_default();
    let forwards = worth(gap.iter().zip(after));
    let backwards = worth(gap.iter().rev().zip(before.iter().rev()));
    let (forwards, backwards) = match (forwards + backwards).checked_sub(gap.len()) {
        Some(both) if both > 0 => {
            // Both reach over the same bytes; each gets those that fit it better.
            let from = forwards - both;
            let start = before.len() - backwards;
            let shared = gap.iter().skip(from).take(both);
            let one = after.iter().skip(from);
            let other = before.iter().skip(start);
            let given = divide(shared.zip(one.zip(other)));
            (from + given, gap.len() - from - given)
        }
        _ => (forwards, backwards),
    };
    last.length += forwards;
    next.old -= backwards;
    next.new -= backwards;
    next.length += backwards;
    found.push(next);
}

/// How many pairs count as alike: up to where most of them are equal by the widest margin.
fn worth<'b>(pairs: impl Iterator<Item = (&'b u8, &'b u8)>) -> usize {
    let (mut balance, mut best, mut taken) = (0_i64, 0, 0);
    for (at, (one, other)) in pairs.enumerate() {
        balance += if one == other { 1 } else { -1 };
        if balance > best {
            (best, taken) = (balance, at + 1);
        }
    }
    taken
}

/// How many of the bytes belong to the first of two that each may be alike.
fn divide<'b>(bytes: impl Iterator<Item = (&'b u8, (&'b u8, &'b u8))>) -> usize {
    let (mut balance, mut best, mut given) = (0_i64, 0, 0);
    for (at, (byte, (one, other))) in bytes.enumerate() {
        balance += i64::from(byte == one) - i64::from(byte == other);
        if balance > best {
            (best, given) = (balance, at + 1);
        }
    }
    given
}

/// Writes the patch.
fn write(old: &[u8], new: &[u8], parts: &[Alike]) -> Option<Vec<u8>> {
    let number = |value: usize| u32::try_from(value).ok();
    let (mut triples, mut differences, mut fresh) = (Vec::new(), Vec::new(), Vec::new());
    for (at, part) in parts.iter().enumerate() {
        let (old_end, new_end) = (part.old + part.length, part.new + part.length);
        let next = parts.get(at + 1);
        let copied = new.get(new_end..next.map_or(new.len(), |next| next.new))?;
        let seek = match next {
            Some(next) => i64::try_from(next.old).ok()? - i64::try_from(old_end).ok()?,
            None => 0,
        };
        triples.extend(number(part.length)?.to_be_bytes());
        triples.extend(number(copied.len())?.to_be_bytes());
        triples.extend(i32::try_from(seek).ok()?.to_be_bytes());
        let pairs = new
            .get(part.new..new_end)?
            .iter()
            .zip(old.get(part.old..old_end)?);
        differences.extend(pairs.map(|(new, old)| new.wrapping_sub(*old)));
        fresh.extend_from_slice(copied);
    }
    let header = [
        number(old.len())?,
        bzip2_crc(old),
        number(new.len())?,
        number(triples.len())?,
        number(differences.len())?,
        number(fresh.len())?,
    ];
    let header = header.map(u32::to_be_bytes).concat();
    Some([&b"MBDIFF10"[..], &header, &triples, &differences, &fresh].concat())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stage::mar::patch::apply;

    /// Edits of a content: copied parts, changed bytes, new bytes.
    fn edited() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
        let old = proptest::collection::vec(0_u8..6, 0..400);
        let edits = proptest::collection::vec((0_usize..400, 0_usize..120, 0_u8..8), 0..8);
        (old, edits).prop_map(|(old, edits)| {
            let mut new = Vec::new();
            for (from, length, changed) in edits {
                let part = old.iter().skip(from).take(length);
                new.extend(part.enumerate().map(|(at, byte)| match at % 17 {
                    0 => byte.wrapping_add(changed),
                    _ => *byte,
                }));
                new.extend(vec![changed; usize::from(changed)]);
            }
            (old, new)
        })
    }

    proptest! {
        #[test]
        fn the_patch_makes_the_new_content((old, new) in edited()) {
            let patch = diff(&old, &new).unwrap();
            prop_assert_eq!(apply(&old, &patch), Ok(new));
        }

        #[test]
        fn any_contents_have_a_patch(
            old in proptest::collection::vec(any::<u8>(), 0..300),
            new in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let patch = diff(&old, &new).unwrap();
            prop_assert_eq!(apply(&old, &patch), Ok(new));
        }
    }

    /// Bytes that look random.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let bytes = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        });
        bytes.take(length).collect()
    }

    #[test]
    fn moved_parts_are_found() {
        let old = noise(20_000);
        let new = [&old[12_000..], b"something new", &old[..12_000]].concat();
        let patch = diff(&old, &new).unwrap();
        assert_eq!(apply(&old, &patch).as_ref(), Ok(&new));
        let mut numbers = patch[8..32].chunks_exact(4);
        let fresh = numbers.nth(5).unwrap();
        assert_eq!(fresh, 13_u32.to_be_bytes());
    }

    #[test]
    fn short_parts_are_found_nearby() {
        let old = noise(100_000);
        let new = [&old[..50_000], &old[52_000..53_000], &old[51_000..]].concat();
        let patch = diff(&old, &new).unwrap();
        assert_eq!(apply(&old, &patch).as_ref(), Ok(&new));
        assert_eq!(patch[28..32], [0; 4], "nothing is new");
    }

    #[test]
    fn changed_addresses_are_differences() {
        let old = noise(20_000);
        let mut new = old.clone();
        for at in (100..20_000).step_by(23) {
            new[at] = new[at].wrapping_add(4);
        }
        let patch = diff(&old, &new).unwrap();
        assert_eq!(apply(&old, &patch).as_ref(), Ok(&new));
        assert_eq!(patch[28..32], [0; 4], "nothing is new");
    }
}
