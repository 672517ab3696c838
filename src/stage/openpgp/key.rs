//! OpenPGP keys.

use super::armor;
use super::error::PgpError;
use super::packet::{self, Fields, PUBLIC_KEY, PUBLIC_SUBKEY, Packet};
use crate::stage::keys::{Hash, PublicKey};

/// The algorithms that are RSA: for everything, and for signatures only.
const RSA: [u8; 2] = [1, 3];

/// A key that signatures can be checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    /// The fingerprint.
    pub fingerprint: [u8; 20],
    /// The key.
    pub key: PublicKey,
}

impl VerifyingKey {
    /// The last eight bytes of the fingerprint, by which signatures name the key.
    #[must_use]
    pub fn id(&self) -> [u8; 8] {
        self.fingerprint.last_chunk().copied().unwrap_or_default()
    }

    /// Reads the keys and subkeys of a public key block. Who vouches for them is not looked at: whoever
    /// passes the block trusts it. Keys that are not RSA keys are left out.
    ///
    /// # Errors
    ///
    /// When the text is damaged, or has no RSA key.
    pub fn read(text: &str) -> Result<Vec<Self>, PgpError> {
        let data = armor::read("PGP PUBLIC KEY BLOCK", text)?;
        let mut keys = Vec::new();
        for packet in packet::read(&data)? {
            if matches!(packet.tag, PUBLIC_KEY | PUBLIC_SUBKEY) {
                keys.extend(Self::of(packet)?);
            }
        }
        if keys.is_empty() {
            return Err(PgpError::Unsupported("a block without RSA keys".to_owned()));
        }
        Ok(keys)
    }

    fn of(packet: Packet<'_>) -> Result<Option<Self>, PgpError> {
        let mut fields = Fields(packet.body);
        let version = fields.byte()?;
        let _created = fields.take(4)?;
        if version != 4 || !RSA.contains(&fields.byte()?) {
            return Ok(None);
        }
        let (modulus, exponent) = (fields.integer()?, fields.integer()?);
        Ok(Some(Self {
            fingerprint: fingerprint(packet.body),
            key: PublicKey::new(modulus, exponent)?,
        }))
    }
}

/// The body of the packet of a public key.
#[must_use]
pub fn body(key: &PublicKey, created: u32) -> Vec<u8> {
    let [modulus, exponent] = [key.modulus(), key.exponent()].map(|n| packet::integer(&n));
    [
        &[4][..],
        &created.to_be_bytes(),
        &RSA[..1],
        &modulus,
        &exponent,
    ]
    .concat()
}

/// What is hashed in place of a key, in front of other things.
#[must_use]
pub fn hashed(body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap_or(u16::MAX);
    [&[0x99][..], &length.to_be_bytes(), body].concat()
}

/// The fingerprint of a key, given the body of its packet.
#[must_use]
pub fn fingerprint(body: &[u8]) -> [u8; 20] {
    let digest = Hash::Sha1.digest(&[&hashed(body)]);
    digest.first_chunk().copied().unwrap_or_default()
}
