//! MAR files: the archives of updates.
//!
//! All numbers are big-endian:
//!
//! ```text
//! "MAR1", u32 offset of the index
//! u64 size of the file                                  absent in the old format, whose
//! u32 count, signatures: u32 algorithm, u32 length, bytes     content begins at byte 8
//! u32 count, extra sections: u32 length with header, u32 type, bytes
//! contents
//! u32 length, index: u32 offset, u32 size, u32 mode, name, 0
//! ```
//!
//! 1. [`read`] follows this structure in bytes that come from anywhere.
//! 2. [`check`](check::check) finds what is wrong beyond the structure; contents must not overlap.
//! 3. [`sign`] signs and verifies: everything except the signatures themselves is signed.
//! 4. [`client`] decides as an installed program does, with the status that it reports.
//! 5. [`pack`], [`extract`] and [`manifest`] open the contents, and [`install`] changes a tree of files by
//!    them; [`write`] makes files.
//!
//! Everything works on bytes in memory, as the client does, which reads at most 500 MiB.

pub mod check;
pub mod client;
pub mod error;
pub mod extract;
pub mod install;
pub mod layout;
pub mod manifest;
pub mod pack;
pub mod patch;
pub mod product_version;
pub mod read;
pub mod sign;
pub mod write;

pub use error::MarError;
pub use layout::{Entry, ProductInfo};
pub use read::Mar;

#[cfg(test)]
mod tests;
