//! Patches of partial updates: `MBDIFF10`, which is bsdiff without its compression.
//!
//! ```text
//! "MBDIFF10", u32 length and u32 CRC of the source, u32 length of the result,
//! u32 length of the triples, of the differences, and of the new bytes
//! triples: u32 add, u32 copy, i32 seek
//! differences, new bytes
//! ```
//!
//! For each triple, `add` bytes of the source and of the differences are added, `copy` new bytes are
//! appended, and the position in the source moves by `seek`. The CRC is the one that bzip2 uses.

use crate::base::text::plural;

/// The largest file that a patch may make.
const MAX_RESULT: u32 = 1 << 30;

/// Why a patch was not applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// The patch is damaged.
    #[error("the patch is not valid: {0}")]
    Damaged(&'static str),
    /// The patch was made for a file of another size.
    #[error("the patch is for a file of {}, but this one has {actual}", plural(*expected, "byte"))]
    SourceSize {
        /// The size of the file that the patch is for.
        expected: u32,
        /// The size of this file.
        actual: usize,
    },
    /// The patch was made for a file with other content.
    #[error(
        "the patch is for another file: its checksum is {expected:08x}, that of this one {actual:08x}"
    )]
    SourceChecksum {
        /// The checksum of the file that the patch is for.
        expected: u32,
        /// The checksum of this file.
        actual: u32,
    },
}

/// Makes the new file from the old one and a patch.
///
/// # Errors
///
/// When the patch was made for another file, or is damaged.
pub fn apply(source: &[u8], patch: &[u8]) -> Result<Vec<u8>, PatchError> {
    let body = patch
        .strip_prefix(b"MBDIFF10")
        .ok_or(PatchError::Damaged("its first bytes"))?;
    let (header, body) = body
        .split_at_checked(24)
        .ok_or(PatchError::Damaged("its header"))?;
    let mut header = header.chunks_exact(4).map(number);
    let mut field = || header.next().unwrap_or_default();
    let (size, checksum, result) = (field(), field(), field());
    let (triples, differences, new) = (field(), field(), field());
    if usize::try_from(size).ok() != Some(source.len()) {
        let actual = source.len();
        return Err(PatchError::SourceSize {
            expected: size,
            actual,
        });
    }
    let actual = bzip2_crc(source);
    if checksum != actual {
        return Err(PatchError::SourceChecksum {
            expected: checksum,
            actual,
        });
    }
    if result > MAX_RESULT {
        return Err(PatchError::Damaged("its result is too large"));
    }
    let mut body = Input(body);
    let triples = body.take(triples)?;
    let mut differences = Input(body.take(differences)?);
    let mut new = Input(body.take(new)?);
    if !body.0.is_empty() || triples.len() % 12 != 0 {
        return Err(PatchError::Damaged("its length"));
    }
    let result = usize::try_from(result).unwrap_or(usize::MAX);
    let mut out = Vec::new();
    let mut at: i64 = 0;
    for triple in triples.chunks_exact(12) {
        let mut fields = triple.chunks_exact(4).map(number);
        let mut field = || fields.next().unwrap_or_default();
        let (add, copy, seek) = (field(), field(), field().cast_signed());
        let end = at + i64::from(add);
        let range = usize::try_from(at).ok().zip(usize::try_from(end).ok());
        let old = range.and_then(|(start, end)| source.get(start..end));
        let old = old.ok_or(PatchError::Damaged("it reads outside of the file"))?;
        let added = differences.take(add)?.iter().zip(old);
        out.extend(added.map(|(difference, old)| old.wrapping_add(*difference)));
        out.extend_from_slice(new.take(copy)?);
        if out.len() > result {
            return Err(PatchError::Damaged("its result is longer than it says"));
        }
        at = end + i64::from(seek);
    }
    if out.len() != result {
        return Err(PatchError::Damaged("its result is shorter than it says"));
    }
    Ok(out)
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: u32) -> Result<&'a [u8], PatchError> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let split = self.0.split_at_checked(length);
        let (taken, rest) = split.ok_or(PatchError::Damaged("it is cut short"))?;
        self.0 = rest;
        Ok(taken)
    }
}

fn number(digits: &[u8]) -> u32 {
    digits
        .iter()
        .fold(0, |sum, digit| (sum << 8) | u32::from(*digit))
}

/// The CRC-32 that bzip2 uses: the highest bit first.
#[must_use]
pub fn bzip2_crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        let at = usize::from((crc >> 24).to_be_bytes()[3] ^ byte);
        (crc << 8) ^ TABLE[at]
    })
}

static TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    let mut start: u32 = 0;
    while at < 256 {
        let mut crc = start << 24;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000_0000 == 0 {
                crc << 1
            } else {
                (crc << 1) ^ 0x04c1_1db7
            };
            bit += 1;
        }
        table[at] = crc;
        at += 1;
        start += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_bzip2() {
        // The check value of CRC-32/BZIP2 in catalogues of CRCs.
        assert_eq!(bzip2_crc(b"123456789"), 0xfc89_1918);
    }

    fn patch(source: &[u8], result: u32, triples: &[[u32; 3]], parts: [&[u8]; 2]) -> Vec<u8> {
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap();
        let triples: Vec<u8> = triples
            .iter()
            .flatten()
            .flat_map(|n| n.to_be_bytes())
            .collect();
        let header = [
            length(source),
            bzip2_crc(source),
            result,
            length(&triples),
            length(parts[0]),
            length(parts[1]),
        ];
        let header: Vec<u8> = header.iter().flat_map(|n| n.to_be_bytes()).collect();
        [b"MBDIFF10", &header[..], &triples, parts[0], parts[1]].concat()
    }

    #[test]
    fn triples_add_copy_and_seek() {
        let back = (-3_i32).cast_unsigned();
        let made = patch(
            b"abc",
            8,
            &[[3, 2, back], [3, 0, 0]],
            [&[0, 0, 1, 1, 0, 0], b"--"],
        );
        assert_eq!(apply(b"abc", &made).unwrap(), b"abd--bbc");
    }

    #[test]
    fn a_patch_for_another_file_is_refused() {
        let made = patch(b"abc", 3, &[[3, 0, 0]], [&[0; 3], b""]);
        assert!(matches!(
            apply(b"abcd", &made),
            Err(PatchError::SourceSize { .. })
        ));
        assert!(matches!(
            apply(b"abd", &made),
            Err(PatchError::SourceChecksum { .. })
        ));
    }

    #[test]
    fn damaged_patches_are_refused() {
        let outside = patch(b"abc", 4, &[[4, 0, 0]], [&[0; 4], b""]);
        let negative = (-1_i32).cast_unsigned();
        let before = patch(
            b"abc",
            2,
            &[[1, 0, negative - 1], [1, 0, 0]],
            [&[0; 2], b""],
        );
        let short = patch(b"abc", 3, &[[3, 1, 0]], [&[0; 3], b""]);
        let longer = patch(b"abc", 2, &[[3, 0, 0]], [&[0; 3], b""]);
        let shorter = patch(b"abc", 4, &[[3, 0, 0]], [&[0; 3], b""]);
        let huge = patch(b"abc", u32::MAX, &[[3, 0, 0]], [&[0; 3], b""]);
        let whole = patch(b"abc", 3, &[[3, 0, 0]], [&[0; 3], b""]);
        let trailing = [&whole[..], b"x"].concat();
        for bad in [
            &outside, &before, &short, &longer, &shorter, &huge, &trailing,
        ] {
            assert!(
                matches!(apply(b"abc", bad), Err(PatchError::Damaged(_))),
                "{bad:?}"
            );
        }
        for length in 0..whole.len() {
            assert!(apply(b"abc", &whole[..length]).is_err(), "{length}");
        }
    }
}
