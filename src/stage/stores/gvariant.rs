//! The encoding of values in OSTree's objects (GVariant), as far as they need it.
//!
//! Values of other sizes than a fixed one are followed by the places where they end, at the end of the value that
//! they are in, in numbers that are as short as the whole allows.

/// How many bytes an offset in a container of this size has.
pub(super) fn offset_size(length: usize) -> usize {
    match length {
        0..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8,
    }
}

/// A number, the lowest byte first.
pub(super) fn little(bytes: &[u8]) -> usize {
    let sum = bytes
        .iter()
        .rev()
        .fold(0_u64, |sum, digit| sum << 8 | u64::from(*digit));
    usize::try_from(sum).unwrap_or(usize::MAX)
}

/// A text that ends with a zero.
pub(super) fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes.strip_suffix(&[0])?).ok()
}

/// The fields of a tuple of `N` fields that all have a size of their own and no alignment.
pub(super) fn split<const N: usize>(bytes: &[u8]) -> Option<[&[u8]; N]> {
    let size = offset_size(bytes.len());
    let mut fields: [&[u8]; N] = [&[]; N];
    let mut start = 0;
    let table = bytes.len().checked_sub(size * (N - 1))?;
    for (i, field) in fields.iter_mut().enumerate() {
        let end = match i + 1 == N {
            true => table,
            // The offset of the first field is the last one.
            false => {
                let at = bytes.len() - size * (i + 1);
                little(bytes.get(at..at + size)?)
            }
        };
        *field = bytes.get(start..end).filter(|_| end <= table)?;
        start = end;
    }
    Some(fields)
}

/// The items of a list whose items have sizes of their own; an item that is not inside of it is `None`.
///
/// They are not collected: a list of empty items would take far more memory than its bytes.
pub(super) fn items(bytes: &[u8]) -> Option<impl Iterator<Item = Option<&[u8]>>> {
    let size = offset_size(bytes.len());
    let table = match bytes.len().checked_sub(size) {
        None => 0,
        Some(at) => little(bytes.get(at..)?),
    };
    let offsets = bytes.get(table..)?;
    if offsets.len() % size != 0 {
        return None;
    }
    let mut start = 0;
    Some(offsets.chunks(size).map(move |offset| {
        let end = little(offset);
        let item = bytes.get(start..end).filter(|_| end <= table);
        start = end;
        item
    }))
}
