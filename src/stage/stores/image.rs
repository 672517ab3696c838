//! Container images that are saved in a file: archives of Docker, and layouts of the Open Container Initiative.
//!
//! 1. The archive is read once: the size and the SHA-256 of each file in it, and the content of small ones
//!    ([`members`]).
//! 2. The manifest of the image names its configuration and its layers ([`manifest`]). A file may have both forms of
//!    manifests; then both have to describe one image.
//! 3. The archive is read again, and each layer unpacked: its content has to have the hash that the configuration
//!    says ([`layer`]).
//!
//! What a registry would get is not the same file: layers are packed anew. But their contents and the configuration
//! are what decides how the image is named, so these are compared.

mod error;
mod layer;
mod manifest;
mod members;

use std::collections::BTreeSet;

pub use error::ImageError;
use error::Limits;
use manifest::Found;
pub use manifest::ManifestError;
pub use members::MemberError;
use members::Members;

/// A layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// The file in the archive.
    pub path: String,
    /// The hash of its content.
    pub digest: String,
    /// How many bytes its content has.
    pub size: u64,
    /// How many files and folders it has.
    pub files: usize,
}

/// An image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The hash of its configuration, which is its id.
    pub id: String,
    /// The hash of its manifest, if the file has one as registries have it.
    pub manifest: Option<String>,
    /// The names that the file gives it.
    pub names: Vec<String>,
    /// The operating system.
    pub os: String,
    /// The processor.
    pub architecture: String,
    /// Its layers, the lowest first.
    pub layers: Vec<Layer>,
    /// What is wrong with it.
    pub faults: Vec<String>,
}

/// More than the largest images of builds have.
const LIMITS: Limits = Limits {
    archive: 8 << 30,
    layers: 16 << 30,
};

/// Reads an image, and checks all of its layers.
///
/// # Errors
/// [`ImageError`].
pub fn read(bytes: &[u8]) -> Result<Image, ImageError> {
    read_within(bytes, LIMITS)
}

fn read_within(bytes: &[u8], limits: Limits) -> Result<Image, ImageError> {
    let members = Members::read(bytes, limits.archive)?;
    let Found {
        config,
        manifest,
        names,
        layers,
        mut faults,
    } = manifest::find(&members)?;
    let wanted: BTreeSet<&str> = layers.iter().map(|layer| layer.path.as_str()).collect();
    let unpacked = layer::unpack(bytes, &wanted, limits)?;
    let mut found = Vec::new();
    for (layer, expected) in layers.iter().zip(&config.diff_ids) {
        let Some(unpacked) = unpacked.get(&layer.path) else {
            continue;
        };
        if unpacked.digest != *expected {
            faults.push(format!(
                "the layer {} has the content {}, but the configuration says {expected}",
                layer.path, unpacked.digest
            ));
        }
        if let Some(packing) = layer.packing.filter(|packing| *packing != unpacked.packing) {
            faults.push(format!(
                "the layer {} is {}, but its media type says {}",
                layer.path,
                unpacked.packing.in_words(),
                packing.in_words()
            ));
        }
        let first = found.iter().all(|known: &Layer| known.path != layer.path);
        if first {
            let all = unpacked.faults.iter();
            faults.extend(all.map(|fault| format!("the layer {}: {fault}", layer.path)));
        }
        found.push(Layer {
            path: layer.path.clone(),
            digest: unpacked.digest.clone(),
            size: unpacked.size,
            files: unpacked.files,
        });
    }
    Ok(Image {
        id: config.id,
        manifest,
        names,
        os: config.os,
        architecture: config.architecture,
        layers: found,
        faults,
    })
}

#[cfg(test)]
mod tests;
