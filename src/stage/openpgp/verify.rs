//! Checks detached signatures.

use super::armor;
use super::error::PgpError;
use super::key::VerifyingKey;
use super::packet::{self, SIGNATURE};
use super::signature::{Signature, suffix};
use crate::base::digest::hex;
use crate::stage::keys::Seal;

/// What a signature is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A known key signed this document.
    Valid {
        /// The fingerprint of the key, in hex.
        fingerprint: String,
        /// When, in seconds since 1970.
        created: u32,
        /// Until when the signature holds, if not for ever.
        expires: Option<u64>,
    },
    /// The signature names a key that is not known, or none that fits.
    UnknownKey {
        /// The id of the key, in hex, if the signature names one.
        id: Option<String>,
    },
    /// A known key signed another document.
    OtherContent {
        /// The fingerprint of the key, in hex.
        fingerprint: String,
    },
}

/// Checks every signature in a text over parts, as if they were one.
///
/// # Errors
///
/// When the text has no signature, or one that cannot be checked.
pub fn verify(
    text: &str,
    parts: &[&[u8]],
    keys: &[VerifyingKey],
) -> Result<Vec<Outcome>, PgpError> {
    let data = armor::read("PGP SIGNATURE", text)?;
    let mut outcomes = Vec::new();
    for packet in packet::read(&data)? {
        if packet.tag != SIGNATURE {
            return Err(PgpError::Damaged("not only signatures are in it"));
        }
        outcomes.push(outcome(&Signature::read(packet.body)?, parts, keys));
    }
    if outcomes.is_empty() {
        return Err(PgpError::Damaged("no signature is in it"));
    }
    Ok(outcomes)
}

fn outcome(signature: &Signature<'_>, parts: &[&[u8]], keys: &[VerifyingKey]) -> Outcome {
    let last = suffix(signature.front);
    let all = [parts, &[signature.front, &last]].concat();
    let digest = signature.hash.digest(&all);
    let named = |key: &&VerifyingKey| signature.issuer.is_none_or(|id| id == key.id());
    let mut other = None;
    for key in keys.iter().filter(named) {
        let fingerprint = hex(&key.fingerprint);
        // The number is written without leading zeros.
        let missing = key
            .key
            .signature_length()
            .saturating_sub(signature.number.len());
        let number = [&vec![0; missing], signature.number].concat();
        match key.key.check(signature.hash, &digest, &number) {
            Seal::Matches => {
                let created = signature.created;
                let lifetime = Some(signature.lifetime).filter(|lifetime| *lifetime > 0);
                let expires = lifetime.map(|lifetime| u64::from(created) + u64::from(lifetime));
                return Outcome::Valid {
                    fingerprint,
                    created,
                    expires,
                };
            }
            Seal::OtherContent => other = Some(Outcome::OtherContent { fingerprint }),
            Seal::NotThisKey => {}
        }
    }
    other.unwrap_or(Outcome::UnknownKey {
        id: signature.issuer.map(|id| hex(&id)),
    })
}
