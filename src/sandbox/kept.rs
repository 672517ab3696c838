//! What the services keep in memory beside the queue and the index.

use std::collections::BTreeMap;

use serde_json::Value;

use super::time::Moment;

/// An object.
pub(crate) struct Object {
    pub(crate) project: String,
    /// The upload that it comes from.
    pub(crate) upload_id: String,
    pub(crate) finished: bool,
    pub(crate) expires: String,
    /// The hashes that its uploader has declared, by algorithm.
    pub(crate) hashes: BTreeMap<String, String>,
}

/// What is known of a role beside its scopes.
#[derive(Debug, Clone)]
pub(crate) struct RoleAbout {
    pub(crate) description: String,
    pub(crate) created: Moment,
    pub(crate) modified: Moment,
}

/// A secret.
pub(crate) struct Secret {
    pub(crate) value: Value,
    pub(crate) expires: Moment,
}
