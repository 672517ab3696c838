//! Why an image is refused, and how much of one is read.

use super::manifest::ManifestError;
use super::members::MemberError;
use crate::stage::tar_stream::TarError;

/// Why an image is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// The archive cannot be read.
    #[error(transparent)]
    Member(#[from] MemberError),
    /// It does not describe an image.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A layer cannot be read.
    #[error("the layer {path}: {why}")]
    Layer {
        /// The file.
        path: String,
        /// The reason.
        why: String,
    },
    /// All layers together have too much content.
    #[error("the layers unpack to more than {0} bytes")]
    TooLarge(u64),
}

/// How much of an image is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The most bytes of the unpacked archive.
    pub(super) archive: u64,
    /// The most bytes of all unpacked layers.
    pub(super) layers: u64,
}

impl From<TarError> for ImageError {
    fn from(error: TarError) -> Self {
        Self::Member(error.into())
    }
}
