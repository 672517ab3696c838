//! Signs MAR files and checks their signatures.

use super::error::MarError;
use super::layout::Signature;
use super::read::Mar;
use super::write::{Slot, with_signatures};
use crate::base::text::plural;
use crate::stage::keys::{Hash, KeyError, PrivateKey, PublicKey, Seal};

/// An algorithm for signatures. Both are RSA with the padding of PKCS #1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// With SHA-1: clients from before 2017 accept it, current ones do not.
    Sha1,
    /// With SHA-384.
    Sha384,
}

impl Algorithm {
    /// The algorithm of a number in a file.
    #[must_use]
    pub fn numbered(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Sha1),
            2 => Some(Self::Sha384),
            _ => None,
        }
    }

    /// The number in a file.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::Sha1 => 1,
            Self::Sha384 => 2,
        }
    }

    /// The hash function.
    #[must_use]
    pub fn hash(self) -> Hash {
        match self {
            Self::Sha1 => Hash::Sha1,
            Self::Sha384 => Hash::Sha384,
        }
    }
}

/// What a signature is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The key with this number signed this file.
    Valid(usize),
    /// The signature has the right form, but no known key made it.
    UnknownKey,
    /// The key with this number signed a file with other content.
    OtherContent(usize),
    /// The algorithm is not known.
    UnknownAlgorithm(u32),
}

/// Reports that a file was not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSigned {
    /// The file cannot have signatures.
    #[error(transparent)]
    Mar(#[from] MarError),
    /// The key cannot sign.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The digest that a signature of this algorithm signs.
///
/// # Errors
///
/// When the file has the old format.
pub fn digest(mar: &Mar<'_>, algorithm: Algorithm) -> Result<Vec<u8>, MarError> {
    Ok(algorithm.hash().digest(&mar.signed_parts()?))
}

/// Signs a file, in place of the signatures that it has.
///
/// # Errors
///
/// When the file has the old format, or a key cannot sign.
pub fn sign(mar: &Mar<'_>, keys: &[(Algorithm, &PrivateKey)]) -> Result<Vec<u8>, NotSigned> {
    let empty = |(algorithm, key): &(Algorithm, &PrivateKey)| Slot {
        algorithm: algorithm.number(),
        bytes: vec![0; key.public().signature_length()],
    };
    let mut slots: Vec<Slot> = keys.iter().map(empty).collect();
    let unsigned = with_signatures(mar, &slots)?;
    let unsigned = Mar::read(&unsigned)?;
    let parts = unsigned.signed_parts()?;
    for (slot, (algorithm, key)) in slots.iter_mut().zip(keys) {
        slot.bytes = key.sign(algorithm.hash(), &parts)?;
    }
    Ok(with_signatures(&unsigned, &slots)?)
}

/// What each signature is worth, given keys.
///
/// # Errors
///
/// When the file has the old format.
pub fn verify(mar: &Mar<'_>, keys: &[&PublicKey]) -> Result<Vec<Verdict>, MarError> {
    let verdict = |signature: &Signature<'_>| {
        let Some(algorithm) = Algorithm::numbered(signature.algorithm) else {
            return Ok(Verdict::UnknownAlgorithm(signature.algorithm));
        };
        let digest = digest(mar, algorithm)?;
        let seals = keys.iter().enumerate();
        let seals = seals.map(|(number, key)| {
            (
                number,
                key.check(algorithm.hash(), &digest, signature.bytes),
            )
        });
        let of = |wanted: Seal| {
            let mut seals = seals.clone();
            seals
                .find(|(_, seal)| *seal == wanted)
                .map(|(number, _)| number)
        };
        let valid = of(Seal::Matches).map(Verdict::Valid);
        let other = || of(Seal::OtherContent).map(Verdict::OtherContent);
        Ok(valid.or_else(other).unwrap_or(Verdict::UnknownKey))
    };
    mar.signatures.iter().map(verdict).collect()
}

/// Why a file's signatures are not those of certain keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// The file cannot have signatures.
    #[error(transparent)]
    Mar(#[from] MarError),
    /// There are more or fewer signatures than keys.
    #[error("the file has {}, but is to be checked with {}", plural(*signatures, "signature"), plural(*keys, "key"))]
    Count {
        /// The number of signatures.
        signatures: usize,
        /// The number of keys.
        keys: usize,
    },
    /// A signature is not one of the key at its place.
    #[error("signature {number} is not a SHA-384 signature of this file by the key at its place")]
    Signature {
        /// Which one, from 1.
        number: usize,
        /// What it is worth.
        verdict: Verdict,
    },
}

/// Checks that the first key made the first signature, the second key the second, and so on, all with
/// SHA-384. The program that releases are checked with does the same.
///
/// # Errors
///
/// With the first signature that is another one, or when there are not as many as keys.
pub fn verify_in_order(mar: &Mar<'_>, keys: &[&PublicKey]) -> Result<(), NotVerified> {
    let (signatures, count) = (mar.signatures.len(), keys.len());
    if signatures != count || signatures == 0 {
        return Err(NotVerified::Count {
            signatures,
            keys: count,
        });
    }
    for (at, (key, signature)) in keys.iter().zip(&mar.signatures).enumerate() {
        let verdicts = verify(mar, &[key])?;
        let verdict = verdicts.get(at).copied().unwrap_or(Verdict::UnknownKey);
        let current = signature.algorithm == Algorithm::Sha384.number();
        if verdict != Verdict::Valid(0) || !current {
            let number = at + 1;
            return Err(NotVerified::Signature { number, verdict });
        }
    }
    Ok(())
}
