//! Why OpenPGP data is not taken.

use crate::stage::keys::KeyError;

/// A defect of OpenPGP data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PgpError {
    /// The text has no such part.
    #[error("no text \"-----BEGIN {0}-----\"")]
    NoArmor(String),
    /// The data cannot be followed.
    #[error("the OpenPGP data is damaged: {0}")]
    Damaged(&'static str),
    /// The data is valid, but of a kind that is not used here.
    #[error("{0} is not supported: only RSA keys and signatures of version 4 with SHA-2 are")]
    Unsupported(String),
    /// The key is not usable.
    #[error(transparent)]
    Key(#[from] KeyError),
}
