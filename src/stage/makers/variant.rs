//! The encoding of values in OSTree's objects (GVariant), as far as they need it.
//!
//! A value of a fixed size is its bytes. Where values of other sizes are in one, the places where they end
//! follow at its end, in numbers that are as short as the whole allows.

/// An array of values that have no fixed size and need no alignment.
#[must_use]
pub fn array(items: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut ends = Vec::new();
    for item in items {
        out.extend_from_slice(item);
        ends.push(out.len());
    }
    with_ends(out, &ends)
}

/// A field of a tuple.
#[derive(Debug, Clone)]
pub enum Field {
    /// A value of a fixed size.
    Fixed(Vec<u8>),
    /// A value of a fixed size that begins at a multiple of eight.
    Aligned(Vec<u8>),
    /// A value of any size.
    Sized(Vec<u8>),
}

/// A tuple. The end of its last field is its own.
#[must_use]
pub fn tuple(fields: Vec<Field>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut ends = Vec::new();
    let last = fields.len().saturating_sub(1);
    for (at, field) in fields.into_iter().enumerate() {
        match field {
            Field::Fixed(bytes) => out.extend(bytes),
            Field::Aligned(bytes) => {
                super::bytes::pad(&mut out, 8);
                out.extend(bytes);
            }
            Field::Sized(bytes) => {
                out.extend(bytes);
                if at < last {
                    ends.push(out.len());
                }
            }
        }
    }
    ends.reverse();
    with_ends(out, &ends)
}

/// A text with the zero behind it.
#[must_use]
pub fn text(text: &str) -> Vec<u8> {
    [text.as_bytes(), &[0]].concat()
}

fn with_ends(mut out: Vec<u8>, ends: &[usize]) -> Vec<u8> {
    let sizes = [(1, 0xff), (2, 0xffff), (4, 0xffff_ffff_usize)];
    let size = sizes
        .iter()
        .find(|(size, most)| out.len() + ends.len() * size <= *most);
    let size = size.map_or(8, |(size, _)| *size);
    for end in ends {
        out.extend(super::bytes::le64(*end).iter().take(size));
    }
    out
}
