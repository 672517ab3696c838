//! How large documents may be.

/// The size in bytes up to which a file is read.
///
/// The largest files that people write have some hundred kilobytes.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// The depth up to which lists and mappings may be nested, aliases expanded.
pub const MAX_DEPTH: usize = 100;

/// The number of nodes that a document may have, aliases and merges expanded.
///
/// A few lines of aliases to lists of aliases would otherwise fill the memory.
pub const MAX_NODES: usize = 1_000_000;

/// The bytes of scalars that a document may have, aliases expanded.
pub const MAX_SCALAR_BYTES: usize = 64 * 1024 * 1024;

/// The number of mistakes after which the rest is not reported.
pub const MAX_MISTAKES: usize = 50;
