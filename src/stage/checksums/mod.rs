//! Checksums of a release: from the small files that each task writes to the lists that are signed.
//!
//! 1. Each task that puts files into the archive writes a `.checksums` file about them ([`file`]).
//! 2. All of a release's files are read, compared with each other, and reduced to the names that people
//!    download ([`collect`](mod@collect), [`included`]).
//! 3. `SHA256SUMS` and `SHA512SUMS` list them, and `SHA256SUMMARY` and `SHA512SUMMARY` contain the head of
//!    a hash tree over each list, with a proof for each file ([`lists`], [`merkle`]).

pub mod algorithm;
pub mod collect;
pub mod file;
pub mod included;
pub mod lists;
pub mod merkle;
