//! The algorithms of checksums.

use sha2::{Digest, Sha256, Sha512};

/// An algorithm that lists of checksums use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// SHA-512.
    Sha512,
    /// SHA-256.
    Sha256,
}

impl Algorithm {
    /// Every algorithm, in the order in which `.checksums` files list them.
    pub const ALL: [Self; 2] = [Self::Sha512, Self::Sha256];

    /// The name in `.checksums` files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha512 => "sha512",
            Self::Sha256 => "sha256",
        }
    }

    /// The algorithm of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// How many hex digits a hash has.
    #[must_use]
    pub fn digits(self) -> usize {
        match self {
            Self::Sha512 => 128,
            Self::Sha256 => 64,
        }
    }

    /// The hash of some bytes, which follow each other.
    #[must_use]
    pub fn hash(self, parts: &[&[u8]]) -> Vec<u8> {
        fn of<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
            let mut digest = D::new();
            for part in parts {
                digest.update(part);
            }
            digest.finalize().to_vec()
        }
        match self {
            Self::Sha512 => of::<Sha512>(parts),
            Self::Sha256 => of::<Sha256>(parts),
        }
    }
}
