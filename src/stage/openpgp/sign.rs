//! Makes detached signatures, and the public keys to check them with.

use super::armor;
use super::error::PgpError;
use super::key::{body, fingerprint, hashed};
use super::packet::{self, PUBLIC_KEY, SIGNATURE, USER_ID};
use super::signature::{
    BINARY, CERTIFICATION, CREATED, ISSUER, ISSUER_FINGERPRINT, KEY_FLAGS, PREFERRED_HASHES,
    hash_number, suffix,
};
use crate::stage::keys::{Hash, PrivateKey};

/// A key that signs.
#[derive(Debug, Clone, Copy)]
pub struct SigningKey<'a> {
    /// The key.
    pub key: &'a PrivateKey,
    /// The name of its owner.
    pub user: &'a str,
    /// When it was created, in seconds since 1970. The fingerprint depends on it.
    pub created: u32,
}

impl SigningKey<'_> {
    /// The fingerprint.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 20] {
        fingerprint(&body(self.key.public(), self.created))
    }

    /// Signs parts, as if they were one. The same parts and time give the same text.
    ///
    /// # Errors
    ///
    /// When the hash is SHA-1, or the key cannot sign.
    pub fn sign(&self, hash: Hash, created: u32, parts: &[&[u8]]) -> Result<String, PgpError> {
        let packet = self.packet(BINARY, hash, created, &[], parts)?;
        Ok(armor::write("PGP SIGNATURE", &packet))
    }

    /// The public key, as programs import it.
    ///
    /// # Errors
    ///
    /// When the key cannot sign.
    pub fn public_key(&self) -> Result<String, PgpError> {
        let body = body(self.key.public(), self.created);
        let user = self.user.as_bytes();
        let length = u32::try_from(user.len()).unwrap_or(u32::MAX).to_be_bytes();
        let certified = [&hashed(&body)[..], &[0xb4], &length, user].concat();
        // The key certifies and signs.
        let extra = [
            subpacket(KEY_FLAGS, &[0x03]),
            subpacket(PREFERRED_HASHES, &[10, 9, 8]),
        ];
        let hash = Hash::Sha512;
        let created = self.created;
        let signature = self.packet(CERTIFICATION, hash, created, &extra, &[&certified])?;
        let packets = [
            packet::write(PUBLIC_KEY, &body),
            packet::write(USER_ID, user),
            signature,
        ];
        Ok(armor::write("PGP PUBLIC KEY BLOCK", &packets.concat()))
    }

    fn packet(
        &self,
        kind: u8,
        hash: Hash,
        created: u32,
        extra: &[Vec<u8>],
        parts: &[&[u8]],
    ) -> Result<Vec<u8>, PgpError> {
        let number = hash_number(hash);
        let number = number.ok_or_else(|| PgpError::Unsupported(hash.name().to_owned()))?;
        let fingerprint = self.fingerprint();
        let named = [&[4], &fingerprint[..]].concat();
        let subpackets = [
            subpacket(CREATED, &created.to_be_bytes()),
            subpacket(ISSUER_FINGERPRINT, &named),
            extra.concat(),
        ];
        let subpackets = subpackets.concat();
        let length = u16::try_from(subpackets.len()).unwrap_or(u16::MAX);
        let front = [
            &[4, kind, 1, number][..],
            &length.to_be_bytes(),
            &subpackets,
        ]
        .concat();
        let last = suffix(&front);
        let all = [parts, &[&front, &last]].concat();
        let digest = hash.digest(&all);
        let signature = self.key.sign(hash, &all)?;
        let id = fingerprint.last_chunk::<8>().copied().unwrap_or_default();
        let issuer = subpacket(ISSUER, &id);
        let length = u16::try_from(issuer.len()).unwrap_or(u16::MAX);
        let checked = digest.first_chunk::<2>().copied().unwrap_or_default();
        let body = [
            &front[..],
            &length.to_be_bytes(),
            &issuer,
            &checked,
            &packet::integer(&signature),
        ];
        Ok(packet::write(SIGNATURE, &body.concat()))
    }
}

fn subpacket(kind: u8, body: &[u8]) -> Vec<u8> {
    [&packet::new_length(body.len() + 1)[..], &[kind], body].concat()
}
