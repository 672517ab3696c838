//! `public/manifest.json` of system add-ons: what the update server has to know of those that a task has put into
//! the archive.

use crate::base::value::{Value, json};
use crate::stage::stores::addon::Addon;

/// An add-on in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedAddon {
    /// What it says of itself.
    pub addon: Addon,
    /// Its address.
    pub url: String,
    /// Its hash, of the algorithm in the release properties.
    pub hash: String,
    /// Its size in bytes.
    pub size: u64,
}

/// The manifest of a release of add-ons, which is named after its build id.
#[must_use]
pub fn manifest(hash_type: &str, build_id: &str, addons: &[PlacedAddon]) -> Value {
    let addons = addons.iter().map(|placed| {
        json!({
            "name": placed.addon.id,
            "version": placed.addon.version,
            "url": placed.url,
            "hash": placed.hash,
            "size": placed.size,
        })
    });
    let addons: Value = addons.collect();
    json!({"hashType": hash_type, "releaseName": build_id, "addons": addons})
}
