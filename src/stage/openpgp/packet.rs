//! The packets that OpenPGP data consists of: a tag, a length, a body.

use super::error::PgpError;

/// The tag of a signature.
pub const SIGNATURE: u8 = 2;
/// The tag of a public key.
pub const PUBLIC_KEY: u8 = 6;
/// The tag of the name of a key's owner.
pub const USER_ID: u8 = 13;
/// The tag of a public key that belongs to another.
pub const PUBLIC_SUBKEY: u8 = 14;

/// A packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Its tag.
    pub tag: u8,
    /// Its content.
    pub body: &'a [u8],
}

/// Reads every packet.
///
/// # Errors
///
/// When the data is cut short, or a length is not stated.
pub fn read(data: &[u8]) -> Result<Vec<Packet<'_>>, PgpError> {
    let mut fields = Fields(data);
    let mut packets = Vec::new();
    while !fields.0.is_empty() {
        let first = fields.byte()?;
        let (tag, length) = match first >> 6 {
            0b11 => (first & 0x3f, fields.new_length()?),
            0b10 => {
                let size = match first & 3 {
                    0 => 1,
                    1 => 2,
                    2 => 4,
                    _ => return Err(PgpError::Damaged("a packet has no length")),
                };
                ((first >> 2) & 0xf, fields.number(size)?)
            }
            _ => return Err(PgpError::Damaged("a packet has no tag")),
        };
        let body = fields.take(length)?;
        packets.push(Packet { tag, body });
    }
    Ok(packets)
}

/// Writes a packet.
#[must_use]
pub fn write(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![0xc0 | tag];
    out.extend(new_length(body.len()));
    out.extend_from_slice(body);
    out
}

/// A length in the current form.
#[must_use]
pub fn new_length(length: usize) -> Vec<u8> {
    match u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes() {
        [0, 0, 0, short] if short < 192 => vec![short],
        long => [&[255], &long[..]].concat(),
    }
}

/// A number of any size, as keys and signatures contain: its bits, its digits.
#[must_use]
pub fn integer(digits: &[u8]) -> Vec<u8> {
    let zeros = digits.iter().take_while(|digit| **digit == 0).count();
    let digits = digits.get(zeros..).unwrap_or_default();
    let unused = digits.first().map_or(0, |first| first.leading_zeros());
    let bits = u32::try_from(digits.len() * 8).unwrap_or_default() - unused;
    let [.., high, low] = bits.to_be_bytes();
    [&[high, low], digits].concat()
}

/// Reads one field after another.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    /// Some bytes.
    ///
    /// # Errors
    ///
    /// When there are not as many.
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], PgpError> {
        let split = self.0.split_at_checked(length);
        let (taken, rest) = split.ok_or(PgpError::Damaged("it is cut short"))?;
        self.0 = rest;
        Ok(taken)
    }

    /// A byte.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn byte(&mut self) -> Result<u8, PgpError> {
        Ok(self.take(1)?.first().copied().unwrap_or_default())
    }

    /// A number of up to four bytes.
    ///
    /// # Errors
    ///
    /// When there are not as many bytes.
    pub fn number(&mut self, size: usize) -> Result<usize, PgpError> {
        let digits = self.take(size)?;
        Ok(digits
            .iter()
            .fold(0, |sum, digit| (sum << 8) | usize::from(*digit)))
    }

    /// A number of any size: its digits.
    ///
    /// # Errors
    ///
    /// When it is cut short.
    pub fn integer(&mut self) -> Result<&'a [u8], PgpError> {
        let bits = self.number(2)?;
        self.take(bits.div_ceil(8))
    }

    /// A length in the current form.
    ///
    /// # Errors
    ///
    /// When it is cut short, or only a part of a longer one.
    pub fn new_length(&mut self) -> Result<usize, PgpError> {
        match self.byte()? {
            short @ 0..192 => Ok(short.into()),
            first @ 192..224 => {
                let second = self.byte()?;
                Ok((usize::from(first - 192) << 8) + usize::from(second) + 192)
            }
            255 => self.number(4),
            _ => Err(PgpError::Damaged("a packet comes in parts")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_all_forms_are_read() {
        // RFC 9580, section 4.2.1.4, and the older forms of section 4.2.2.
        for (bytes, expected) in [
            (&[0x64][..], Ok(100)),
            (&[0xc5, 0xfb], Ok(1723)),
            (&[0xff, 0x00, 0x01, 0x86, 0xa0], Ok(100_000)),
            (&[0xe1], Err(PgpError::Damaged("a packet comes in parts"))),
            (&[0xc5], Err(PgpError::Damaged("it is cut short"))),
        ] {
            assert_eq!(Fields(bytes).new_length(), expected, "{bytes:?}");
        }
        let packet = Packet {
            tag: 2,
            body: &[7, 8],
        };
        for bytes in [
            &[0x88, 2, 7, 8][..],
            &[0x89, 0, 2, 7, 8],
            &[0x8a, 0, 0, 0, 2, 7, 8],
            &[0xc2, 2, 7, 8],
        ] {
            assert_eq!(read(bytes).unwrap(), [packet], "{bytes:?}");
        }
        for bytes in [&[0x8b, 7][..], &[0x02, 0], &[0x88, 3, 7, 8]] {
            assert!(read(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for length in [0, 191, 192, 300, 70_000] {
            let body = vec![5; length];
            assert_eq!(
                read(&write(6, &body)).unwrap(),
                [Packet {
                    tag: 6,
                    body: &body
                }]
            );
        }
    }

    #[test]
    fn integers_have_their_number_of_bits() {
        // The examples of RFC 9580, section 3.2.
        assert_eq!(integer(&[1]), [0, 1, 1]);
        assert_eq!(integer(&[0, 1, 0xff]), [0, 9, 1, 0xff]);
        assert_eq!(Fields(&[0, 9, 1, 0xff, 3]).integer().unwrap(), [1, 0xff]);
    }
}
