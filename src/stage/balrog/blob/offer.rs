//! What the lines of a blob depend on.

use super::super::query::Query;
use super::super::world::World;

/// Whether a request is served an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serve {
    /// It is not.
    No,
    /// Only if the version that it is pinned to is not known.
    Unpinned,
    /// It is.
    Yes,
}

/// A request together with what its answer depends on.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// Everything that is known.
    pub world: &'a World,
    /// The request; its product is that of the blob's release.
    pub query: &'a Query,
    /// `minor` or `major`.
    pub update_type: &'a str,
}
