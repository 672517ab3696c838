//! Distinguished encoding rules: as much of them as keys, certificates and signatures need.
//!
//! Only lengths below 4 GiB and tags of one byte are read. What follows a value is left to the caller.

/// Reports that bytes are not the encoding that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the encoding is not valid DER")]
pub struct NotDer;

/// The tag of an integer.
pub const INTEGER: u8 = 0x02;
/// The tag of a string of bits.
pub const BIT_STRING: u8 = 0x03;
/// The tag of a string of bytes.
pub const OCTET_STRING: u8 = 0x04;
/// The tag of the empty value.
pub const NULL: u8 = 0x05;
/// The tag of an object identifier.
pub const OBJECT: u8 = 0x06;
/// The tag of a string in UTF-8.
pub const UTF8_STRING: u8 = 0x0c;
/// The tag of a time without century.
pub const UTC_TIME: u8 = 0x17;
/// The tag of a sequence.
pub const SEQUENCE: u8 = 0x30;
/// The tag of a set.
pub const SET: u8 = 0x31;
/// The tag of the first field that has a number instead of a type.
pub const FIELD_0: u8 = 0xa0;

/// Reads one value after another.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader of values that follow each other.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The tag of the next value.
    #[must_use]
    pub fn tag(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The content of the next value, which must have this tag.
    ///
    /// # Errors
    ///
    /// When the next value has another tag, or is longer than what is left.
    pub fn take(&mut self, tag: u8) -> Result<&'a [u8], NotDer> {
        let (found, rest) = self.rest.split_first().ok_or(NotDer)?;
        let (first, mut rest) = rest.split_first().ok_or(NotDer)?;
        let length = if first & 0x80 == 0 {
            usize::from(*first)
        } else {
            let count = usize::from(first & 0x7f);
            let digits = rest.get(..count).filter(|_| (1..=4).contains(&count));
            rest = rest.get(count..).ok_or(NotDer)?;
            let digits = digits.ok_or(NotDer)?;
            digits
                .iter()
                .fold(0, |sum, digit| (sum << 8) | usize::from(*digit))
        };
        let content = rest.get(..length).filter(|_| *found == tag);
        self.rest = rest.get(length..).ok_or(NotDer)?;
        content.ok_or(NotDer)
    }

    /// The values in the next value.
    ///
    /// # Errors
    ///
    /// As [`Reader::take`].
    pub fn enter(&mut self, tag: u8) -> Result<Self, NotDer> {
        self.take(tag).map(Self::new)
    }

    /// The next integer, without leading zeros.
    ///
    /// # Errors
    ///
    /// As [`Reader::take`], and when the integer is negative.
    pub fn unsigned(&mut self) -> Result<&'a [u8], NotDer> {
        let digits = self.take(INTEGER)?;
        if digits.first().is_none_or(|first| first & 0x80 != 0) {
            return Err(NotDer);
        }
        let zeros = digits.iter().take_while(|digit| **digit == 0).count();
        Ok(digits.get(zeros..).unwrap_or_default())
    }
}

/// Encodes a value.
#[must_use]
pub fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let digits = content.len().to_be_bytes();
    let zeros = digits.iter().take_while(|digit| **digit == 0).count();
    let digits = digits.get(zeros..).unwrap_or_default();
    match digits {
        [] => out.push(0),
        [short] if *short < 0x80 => out.push(*short),
        _ => {
            out.push(0x80 | u8::try_from(digits.len()).unwrap_or(8));
            out.extend_from_slice(digits);
        }
    }
    out.extend_from_slice(content);
    out
}

/// Encodes values that follow each other as one.
#[must_use]
pub fn values(tag: u8, content: &[Vec<u8>]) -> Vec<u8> {
    value(tag, &content.concat())
}

/// Encodes an integer that is not negative, given by its digits in base 256.
#[must_use]
pub fn unsigned(digits: &[u8]) -> Vec<u8> {
    let zeros = digits.iter().take_while(|digit| **digit == 0).count();
    let digits = digits.get(zeros..).unwrap_or_default();
    let sign = digits.first().is_none_or(|first| first & 0x80 != 0);
    let zero: &[u8] = if sign { &[0] } else { &[] };
    value(INTEGER, &[zero, digits].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_as_short_as_possible() {
        assert_eq!(value(NULL, b""), [5, 0]);
        assert_eq!(value(OCTET_STRING, &[7; 127])[..2], [4, 127]);
        assert_eq!(value(OCTET_STRING, &[7; 128])[..3], [4, 0x81, 128]);
        assert_eq!(value(OCTET_STRING, &[7; 256])[..4], [4, 0x82, 1, 0]);
    }

    #[test]
    fn integers_are_never_read_as_negative() {
        assert_eq!(unsigned(&[0, 0, 0x80]), [2, 2, 0, 0x80]);
        assert_eq!(unsigned(&[0]), [2, 1, 0]);
        assert_eq!(Reader::new(&[2, 2, 0, 0x80]).unsigned(), Ok(&[0x80][..]));
        assert_eq!(Reader::new(&[2, 1, 0x80]).unsigned(), Err(NotDer));
    }

    #[test]
    fn values_that_are_cut_short_or_of_another_type_are_refused() {
        for bytes in [
            &[][..],
            &[4],
            &[4, 2, 1],
            &[4, 0x80],
            &[4, 0x85, 0, 0, 0, 0, 1, 9],
            &[5, 0],
        ] {
            assert_eq!(
                Reader::new(bytes).take(OCTET_STRING),
                Err(NotDer),
                "{bytes:?}"
            );
        }
    }
}
