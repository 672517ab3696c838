//! Keys for staging, which sign as the keys of production do and are worth nothing.
//!
//! Each belongs to the *name* of a certificate. They are fixed and in this repository, so everybody
//! can sign with them, and nothing may ever trust them. What a staged task signs is verified with the
//! key of the same name. [`hash`], [`der`], [`pem`], [`rsa`]
//! and [`certificate`] do the work, for any key.
//!
//! A key was made by this command, and can be replaced by a new one at any time:
//!
//! ```text
//! openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:4096 -out worthless-NAME.pem
//! ```
//!
//! Their size is that of the keys of production, so signatures have the same length.

pub mod certificate;
pub mod der;
pub mod hash;
pub mod pem;
pub mod rsa;

use std::sync::LazyLock;

pub use hash::Hash;
pub use rsa::{KeyError, PrivateKey, PublicKey, Seal};

/// A certificate of staging: a name and its worthless key.
#[derive(Debug)]
pub struct Certificate {
    /// The name, such as `nightly`.
    pub name: &'static str,
    key: LazyLock<Result<PrivateKey, KeyError>>,
}

/// Reports that staging has no certificate of a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "no staging certificate is named {0:?}; there are dep, nightly, release, production and fennec-production"
)]
pub struct NoCertificate(pub String);

/// Every certificate. `wrong` and `old` sign what a test wants to be refused: `wrong` is trusted
/// nowhere, `old` has the size that keys had when SHA-1 was in use.
static CERTIFICATES: [Certificate; 7] = [
    Certificate::new("dep", || {
        PrivateKey::from_pem(include_str!("worthless-dep.pem"))
    }),
    Certificate::new("nightly", || {
        PrivateKey::from_pem(include_str!("worthless-nightly.pem"))
    }),
    Certificate::new("release", || {
        PrivateKey::from_pem(include_str!("worthless-release.pem"))
    }),
    Certificate::new("production", || {
        PrivateKey::from_pem(include_str!("worthless-production.pem"))
    }),
    Certificate::new("fennec-production", || {
        PrivateKey::from_pem(include_str!("worthless-fennec-production.pem"))
    }),
    Certificate::new("wrong", || {
        PrivateKey::from_pem(include_str!("worthless-wrong.pem"))
    }),
    Certificate::new("old", || {
        PrivateKey::from_pem(include_str!("worthless-old.pem"))
    }),
];

impl Certificate {
    const fn new(name: &'static str, read: fn() -> Result<PrivateKey, KeyError>) -> Self {
        let key = LazyLock::new(read);
        Self { name, key }
    }

    /// The certificate of a name.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn named(name: &str) -> Result<&'static Self, NoCertificate> {
        let found = CERTIFICATES
            .iter()
            .find(|certificate| certificate.name == name);
        found.ok_or_else(|| NoCertificate(name.to_owned()))
    }

    /// Every certificate.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &CERTIFICATES
    }

    /// The key.
    ///
    /// # Errors
    ///
    /// When the file with the key was damaged.
    pub fn key(&self) -> Result<&PrivateKey, KeyError> {
        self.key.as_ref().map_err(Clone::clone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> &'static PrivateKey {
        Certificate::named(name).unwrap().key().unwrap()
    }

    #[test]
    fn each_certificate_verifies_what_it_signed_and_nothing_else() {
        for hash in Hash::ALL {
            let digest = hash.digest(&[b"content"]);
            let signature = key("dep").sign(hash, &[b"con", b"tent"]).unwrap();
            assert_eq!(
                key("dep").public().check(hash, &digest, &signature),
                Seal::Matches
            );
            assert_eq!(
                key("wrong").public().check(hash, &digest, &signature),
                Seal::NotThisKey
            );
            let other = hash.digest(&[b"other"]);
            assert_eq!(
                key("dep").public().check(hash, &other, &signature),
                Seal::OtherContent
            );
        }
    }

    #[test]
    fn a_signature_holds_for_one_hash_only() {
        let signature = key("dep").sign(Hash::Sha256, &[b"content"]).unwrap();
        let digest = Hash::Sha512.digest(&[b"content"]);
        assert_eq!(
            key("dep").public().check(Hash::Sha512, &digest, &signature),
            Seal::OtherContent
        );
    }

    #[test]
    fn keys_have_the_size_of_production() {
        for certificate in Certificate::all() {
            let length = certificate.key().unwrap().public().signature_length();
            let expected = if certificate.name == "old" { 256 } else { 512 };
            assert_eq!(length, expected, "{}", certificate.name);
        }
        assert_eq!(
            Certificate::named("other").err(),
            Some(NoCertificate("other".to_owned()))
        );
    }

    #[test]
    fn public_keys_are_written_as_they_are_read() {
        let public = key("release").public();
        assert_eq!(&PublicKey::from_pem(&public.to_pem()).unwrap(), public);
    }
}
