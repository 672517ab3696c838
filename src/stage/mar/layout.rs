//! The parts of a MAR file, and their limits.

/// The first bytes of every MAR file.
pub const MAGIC: &[u8; 4] = b"MAR1";
/// The largest file that a client reads.
pub const MAX_FILE: u64 = 524_288_000;
/// The most signatures.
pub const MAX_SIGNATURES: u32 = 8;
/// The longest signature.
pub const MAX_SIGNATURE: u32 = 2048;
/// The longest name of a channel.
pub const MAX_CHANNEL: usize = 63;
/// The longest version.
pub const MAX_VERSION: usize = 31;
/// The type of the section with the channel and the version.
pub const PRODUCT_INFO: u32 = 1;
/// Where the content of a file without signatures and sections begins.
pub const OLD_CONTENT: u64 = 8;

/// A signature, as it is in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature<'a> {
    /// The number of the algorithm: 1 for SHA-1, 2 for SHA-384.
    pub algorithm: u32,
    /// The signature.
    pub bytes: &'a [u8],
}

/// An extra section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section<'a> {
    /// Its type.
    pub id: u32,
    /// Its content.
    pub bytes: &'a [u8],
}

/// The channel that a file is for, and the version that it installs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductInfo {
    /// The MAR channel id.
    pub channel: String,
    /// The version of the product.
    pub version: String,
}

/// An entry of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The path of the file. Bytes that are not UTF-8 are replaced, and the name is not safe then.
    pub name: String,
    /// Where its content begins.
    pub offset: u32,
    /// How long its content is.
    pub size: u32,
    /// Its mode.
    pub mode: u32,
}

impl Entry {
    /// Where the content ends.
    #[must_use]
    pub fn end(&self) -> u64 {
        u64::from(self.offset) + u64::from(self.size)
    }
}
