//! LZO1X, the compression of many snaps.
//!
//! A stream is a list of instructions. Each copies bytes of the result from a distance back, and then up to three
//! bytes of the stream; others copy more bytes of the stream. What an instruction with a small first byte means
//! depends on how many bytes of the stream the one before has copied. The last instruction is a copy from a
//! distance of 16,384 bytes, which is never written otherwise.
//!
//! The format is described in `Documentation/staging/lzo.rst` of Linux. Images have its first version only, without
//! runs of zeros.

/// A stream is damaged, or its result is too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Damaged;

/// The bytes of the stream that the instruction before has copied.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// None.
    None,
    /// One to three.
    Few,
    /// More.
    Many,
}

/// A copy from the result.
struct Copy {
    distance: usize,
    length: usize,
    /// How many bytes of the stream follow.
    literals: usize,
}

/// Unpacks a stream whose result has at most this many bytes.
pub(super) fn unpack(packed: &[u8], limit: usize) -> Result<Vec<u8>, Damaged> {
    let mut stream = Stream {
        rest: packed,
        out: Vec::new(),
        limit,
    };
    let mut before = Before::None;
    // A large first byte is the number of bytes that come first.
    if let Some(first) = packed.first().filter(|first| **first > 17) {
        stream.byte()?;
        before = stream.literals(usize::from(*first) - 17)?;
    }
    loop {
        let first = usize::from(stream.byte()?);
        if first < 16 && before == Before::None {
            let length = stream.length(first, 15)?.checked_add(3).ok_or(Damaged)?;
            stream.literals(length)?;
            before = Before::Many;
            continue;
        }
        let Some(copy) = stream.instruction(first, before)? else {
            return match stream.rest {
                [] => Ok(stream.out),
                _ => Err(Damaged),
            };
        };
        stream.copy(copy.distance, copy.length)?;
        before = stream.literals(copy.literals)?;
    }
}

struct Stream<'a> {
    rest: &'a [u8],
    out: Vec<u8>,
    limit: usize,
}

impl Stream<'_> {
    fn byte(&mut self) -> Result<u8, Damaged> {
        let (first, rest) = self.rest.split_first().ok_or(Damaged)?;
        self.rest = rest;
        Ok(*first)
    }

    /// A number of two bytes, the lower one first.
    fn pair(&mut self) -> Result<usize, Damaged> {
        let low = usize::from(self.byte()?);
        Ok(low | usize::from(self.byte()?) << 8)
    }

    /// The length in an instruction. If it is zero, the length is the highest that fits, and what follows: 255 for
    /// each byte that is zero, and the byte after these.
    fn length(&mut self, field: usize, highest: usize) -> Result<usize, Damaged> {
        if field > 0 {
            return Ok(field);
        }
        let mut length = highest;
        loop {
            match self.byte()? {
                0 => length = length.checked_add(255).ok_or(Damaged)?,
                last => return length.checked_add(usize::from(last)).ok_or(Damaged),
            }
        }
    }

    /// Reads what an instruction copies; `None` at the end.
    fn instruction(&mut self, first: usize, before: Before) -> Result<Option<Copy>, Damaged> {
        let copy = |distance, length, literals| Copy {
            distance,
            length,
            literals,
        };
        let found = match first {
            0..16 => {
                let distance = usize::from(self.byte()?) << 2 | first >> 2;
                match before {
                    Before::Many => copy(distance + 2049, 3, first & 3),
                    Before::None | Before::Few => copy(distance + 1, 2, first & 3),
                }
            }
            16..32 => {
                let length = self.length(first & 7, 7)?;
                let pair = self.pair()?;
                let distance = 16_384 + ((first & 8) << 11) + (pair >> 2);
                if distance == 16_384 {
                    return match (length, pair) {
                        (1, 0) => Ok(None),
                        _ => Err(Damaged),
                    };
                }
                copy(distance, length.saturating_add(2), pair & 3)
            }
            32..64 => {
                let length = self.length(first & 31, 31)?;
                let pair = self.pair()?;
                copy((pair >> 2) + 1, length.saturating_add(2), pair & 3)
            }
            64..128 => {
                let high = usize::from(self.byte()?) << 3;
                copy((high | first >> 2 & 7) + 1, 3 + (first >> 5 & 1), first & 3)
            }
            _ => {
                let high = usize::from(self.byte()?) << 3;
                copy((high | first >> 2 & 7) + 1, 5 + (first >> 5 & 3), first & 3)
            }
        };
        Ok(Some(found))
    }

    /// Checks that there is room for more bytes.
    fn make_room(&self, length: usize) -> Result<(), Damaged> {
        match self.limit - self.out.len() < length {
            true => Err(Damaged),
            false => Ok(()),
        }
    }

    /// Copies bytes of the stream.
    fn literals(&mut self, length: usize) -> Result<Before, Damaged> {
        self.make_room(length)?;
        let (literals, rest) = self.rest.split_at_checked(length).ok_or(Damaged)?;
        self.out.extend_from_slice(literals);
        self.rest = rest;
        Ok(match length {
            0 => Before::None,
            1..=3 => Before::Few,
            _ => Before::Many,
        })
    }

    /// Copies bytes of the result, which the copied ones may be among.
    fn copy(&mut self, distance: usize, length: usize) -> Result<(), Damaged> {
        self.make_room(length)?;
        let start = self.out.len().checked_sub(distance).ok_or(Damaged)?;
        let mut left = length;
        while left > 0 {
            let count = left.min(self.out.len() - start);
            self.out.extend_from_within(start..start + count);
            left -= count;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: [u8; 3] = [0x11, 0, 0];

    fn text(stream: &[&[u8]], limit: usize) -> Result<String, Damaged> {
        let out = unpack(&stream.concat(), limit)?;
        Ok(String::from_utf8(out).unwrap())
    }

    /// Each instruction, written by hand from its description.
    #[test]
    fn each_instruction_is_read() {
        for (stream, wanted) in [
            (&[&[17 + 5][..], b"abcde", &END][..], "abcde"),
            // Fifteen, five and three bytes of the stream.
            (&[&[0, 5], &[b'x'; 23], &END], &"x".repeat(23)),
            (&[&[1], b"abcd", &END], "abcd"),
            // Two bytes from a distance of two, after few bytes of the stream, and after none.
            (&[&[17 + 2], b"ab", &[0b0100, 0], &END], "abab"),
            (&[&[17 + 2], b"ab", &[0b0101, 0], b"c", &END], "ababc"),
            // Three bytes from a distance of four, and four, and then a byte of the stream.
            (&[&[17 + 4], b"abcd", &[0b0100_1100, 0], &END], "abcdabc"),
            (
                &[&[17 + 4], b"abcd", &[0b0110_1101, 0], b"e", &END],
                "abcdabcde",
            ),
            // Eight bytes from a distance of four, over what is being copied.
            (
                &[&[17 + 4], b"abcd", &[0b1110_1100, 0], &END],
                "abcdabcdabcd",
            ),
            // Two and 31 and 7 bytes from a distance of one.
            (
                &[&[17 + 4], b"abcd", &[32, 7, 0, 0], &END],
                &("abc".to_owned() + &"d".repeat(41)),
            ),
            (
                &[&[17 + 4], b"abcd", &[34, 0b1110, 0], b"ef", &END],
                "abcdabcdef",
            ),
        ] {
            assert_eq!(text(stream, wanted.len()).as_deref(), Ok(wanted));
            assert_eq!(text(stream, wanted.len() - 1), Err(Damaged), "{wanted}");
            let stream = stream.concat();
            for length in 0..stream.len() {
                assert_eq!(
                    unpack(&stream[..length], 100),
                    Err(Damaged),
                    "{wanted} {length}"
                );
            }
        }
    }

    #[test]
    fn far_copies_are_read() {
        // 18 and 250 zero bytes, which stand for 255 each, and 12: 63,780 bytes of one kind, and `b`.
        let many = 18 + 250 * 255 + 12;
        let start = [
            vec![0],
            vec![0; 250],
            vec![12],
            vec![b'a'; many - 1],
            vec![b'b'],
        ]
        .concat();
        // Three bytes from a distance of 2049, which is followed by two bytes of the stream.
        let near = [&start[..], &[0b0010, 0], b"cd", &END].concat();
        let out = unpack(&near, 1 << 17).unwrap();
        assert_eq!(out.len(), many + 5);
        assert_eq!(out[many..], *b"aaacd");
        // Three bytes from a distance of 16,385, and from one of 49,150.
        for pair in [[4, 0], [0xf8, 0xff]] {
            for first in [0b0001_0001, 0b0001_1001] {
                let far = [&start[..], &[first], &pair, &END].concat();
                assert_eq!(unpack(&far, 1 << 17).unwrap()[many..], *b"aaa");
            }
        }
    }

    #[test]
    fn copies_from_before_the_start_are_refused() {
        for stream in [
            &[&[17 + 2][..], b"ab", &[0b1000, 0], &END][..],
            &[&[17 + 4], b"abcd", &[0b0, 0], &END],
            &[&[17 + 4], b"abcd", &[32 + 1, 0b1_0000, 0], &END],
            &[&[0x12, 4, 0], &END],
        ] {
            assert_eq!(text(stream, 1 << 16), Err(Damaged));
        }
    }

    #[test]
    fn what_follows_the_end_is_refused() {
        assert_eq!(unpack(&END, 0), Ok(Vec::new()));
        assert_eq!(text(&[&END, b"x"], 10), Err(Damaged));
        assert_eq!(text(&[&[0x12, 0, 0]], 10), Err(Damaged));
        assert_eq!(unpack(&[], 10), Err(Damaged));
    }
}
