//! Ship It: the record of what is released.
//!
//! - [`name`]: the names of releases;
//! - [`phases`]: in which order a release goes through its phases, as what is in the archive shows;
//! - [`products`]: the products that Ship It knows, with their phases and sign-offs;
//! - [`record`]: the record of a release, and how it changes;
//! - [`next_version`]: the version that follows a release;
//! - [`channel`]: which versions a channel may have.

pub mod channel;
pub mod name;
pub mod next_version;
pub mod phases;
pub mod products;
pub mod record;

/// The space of releases, by name.
pub const RELEASES: &str = "ship-it-release";
