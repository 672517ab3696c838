//! Ship It: the record of what is released.
//!
//! - [`name`]: the names of releases;
//! - [`phases`]: in which order a release goes through its phases, as what is in the archive shows;
//! - [`channel`]: which versions a channel may have.

pub mod channel;
pub mod name;
pub mod phases;

/// The space of releases, by name.
pub const RELEASES: &str = "ship-it-release";
