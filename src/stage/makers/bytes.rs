//! Pieces that files are put together from: numbers, padding, and bytes that look like code.

/// A number of two bytes, the lowest first. What is too large for it becomes its greatest value, which
/// no file that is made here reaches.
#[must_use]
pub fn le16(value: usize) -> [u8; 2] {
    u16::try_from(value).unwrap_or(u16::MAX).to_le_bytes()
}

/// A number of four bytes, the lowest first.
#[must_use]
pub fn le32(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes()
}

/// A number of eight bytes, the lowest first.
#[must_use]
pub fn le64(value: usize) -> [u8; 8] {
    u64::try_from(value).unwrap_or(u64::MAX).to_le_bytes()
}

/// A number of two bytes, the highest first.
#[must_use]
pub fn be16(value: usize) -> [u8; 2] {
    u16::try_from(value).unwrap_or(u16::MAX).to_be_bytes()
}

/// A number of four bytes, the highest first.
#[must_use]
pub fn be32(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes()
}

/// A number of eight bytes, the highest first.
#[must_use]
pub fn be64(value: usize) -> [u8; 8] {
    u64::try_from(value).unwrap_or(u64::MAX).to_be_bytes()
}

/// A length of 32 bits.
#[must_use]
pub fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

/// Appends zeros up to a multiple of a length.
pub fn pad(out: &mut Vec<u8>, multiple: usize) {
    out.resize(out.len().next_multiple_of(multiple), 0);
}

/// Writes bytes over those at a place; the part behind the end is dropped.
pub fn put(out: &mut [u8], at: usize, bytes: &[u8]) {
    for (place, byte) in out.iter_mut().skip(at).zip(bytes) {
        *place = *byte;
    }
}

/// The FNV-1a hash of a text.
#[must_use]
pub fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// Bytes that cannot be compressed. The same text always gives the same bytes.
#[must_use]
pub fn noise(text: &str, length: usize) -> Vec<u8> {
    let mut state = hash(text) | 1;
    let mut out = Vec::with_capacity(length + 8);
    while out.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out.extend(state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes());
    }
    out.truncate(length);
    out
}

/// The CRC-32 of ZIP files.
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}
