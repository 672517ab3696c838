//! What can be wrong with a MAR file.

use super::layout::{MAX_CHANNEL, MAX_FILE, MAX_SIGNATURE, MAX_SIGNATURES, MAX_VERSION};
use crate::base::text::plural;

/// A defect of a MAR file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MarError {
    /// The file has another format.
    #[error("not a MAR file: it does not begin with \"MAR1\"")]
    NotMar,
    /// The file is larger than a client reads.
    #[error("the file has {0} bytes; a client reads at most {MAX_FILE}")]
    TooLarge(u64),
    /// The file ends too early.
    #[error("the file ends within {what}, which begins at byte {offset}")]
    CutShort {
        /// What is cut.
        what: &'static str,
        /// Where that begins.
        offset: u64,
    },
    /// The index is not a sequence of entries.
    #[error("entry {0} of the index is not valid")]
    BadIndex(usize),
    /// The content would begin in the header, or behind the index.
    #[error("the content begins at byte {content} and the index at byte {index}")]
    BadContentOffset {
        /// Where the first entry begins.
        content: u64,
        /// Where the index begins.
        index: u64,
    },
    /// There are too many signatures.
    #[error("{0} signatures; at most {MAX_SIGNATURES} are allowed")]
    ManySignatures(u32),
    /// A signature is too long.
    #[error("signature {number} has {length} bytes; at most {MAX_SIGNATURE} are allowed")]
    LongSignature {
        /// Which one, from 1.
        number: usize,
        /// Its length.
        length: u32,
    },
    /// An extra section is shorter than its own header.
    #[error("extra section {0} is shorter than its header")]
    ShortSection(usize),
    /// An extra section has an unknown type.
    #[error("an extra section has the unknown type {0}")]
    UnknownSection(u32),
    /// The product information is missing or cannot be read.
    #[error("the product information {0}")]
    BadProductInfo(&'static str),
    /// The channel or version to write is not valid.
    #[error(
        "{0:?} is not a valid {1}; a channel has 1 to {MAX_CHANNEL} printable ASCII characters, a version at most {MAX_VERSION}"
    )]
    BadProductValue(String, &'static str),
    /// The header has another size than the file.
    #[error("the header says that the file has {}, but it has {actual}", plural(*stated, "byte"))]
    WrongSize {
        /// The size in the header.
        stated: u64,
        /// The size of the file.
        actual: u64,
    },
    /// The content of an entry is not between the header and the index.
    #[error("the content of {0:?} is outside of the content of the file")]
    OutOfRange(String),
    /// The contents of two entries have bytes in common.
    #[error("the contents of {0:?} and {1:?} overlap")]
    Overlap(String, String),
    /// Two entries have one name.
    #[error("{0:?} occurs twice")]
    Duplicate(String),
    /// A name would leave the folder that the file is unpacked in, or cannot be a file.
    #[error("{0:?} is not a safe relative path")]
    UnsafeName(String),
    /// An entry has a mode that no installed file has.
    #[error("{name:?} has the mode {mode:#o}; only permissions are allowed")]
    UnsafeMode {
        /// The name of the entry.
        name: String,
        /// Its mode.
        mode: u32,
    },
    /// A file without a block for signatures cannot be signed.
    #[error("the file has the old format, which has no signatures")]
    OldFormat,
    /// A content cannot be unpacked.
    #[error("cannot unpack {name:?}: {reason}")]
    Unpack {
        /// The name of the entry.
        name: String,
        /// Why not.
        reason: String,
    },
}
