//! The packet of a signature of version 4.

use super::error::PgpError;
use super::packet::Fields;
use crate::stage::keys::Hash;

/// A signature over the bytes of a document.
pub const BINARY: u8 = 0x00;
/// A signature that says whom a key belongs to.
pub const CERTIFICATION: u8 = 0x13;

/// The subpacket with the time of the signature.
pub const CREATED: u8 = 2;
/// The subpacket that says how long the signature holds.
pub const EXPIRES: u8 = 3;
/// The subpacket with the id of the key.
pub const ISSUER: u8 = 16;
/// The subpacket with the hashes that the owner of a key wants.
pub const PREFERRED_HASHES: u8 = 21;
/// The subpacket with what a key is for.
pub const KEY_FLAGS: u8 = 27;
/// The subpacket with the fingerprint of the key.
pub const ISSUER_FINGERPRINT: u8 = 33;

/// A subpacket with this bit must be understood.
const CRITICAL: u8 = 0x80;

/// The number of a hash function in OpenPGP; none for SHA-1, which is not accepted any more.
#[must_use]
pub fn hash_number(hash: Hash) -> Option<u8> {
    match hash {
        Hash::Sha1 => None,
        Hash::Sha256 => Some(8),
        Hash::Sha384 => Some(9),
        Hash::Sha512 => Some(10),
    }
}

/// What is hashed behind the front of a signature.
#[must_use]
pub fn suffix(front: &[u8]) -> Vec<u8> {
    let length = u32::try_from(front.len()).unwrap_or(u32::MAX);
    [&[4, 0xff][..], &length.to_be_bytes()].concat()
}

/// A signature over the bytes of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature<'a> {
    /// The part of the packet that is signed.
    pub front: &'a [u8],
    /// The hash function.
    pub hash: Hash,
    /// When it was made, in seconds since 1970.
    pub created: u32,
    /// For how many seconds it holds; 0 for ever.
    pub lifetime: u32,
    /// The last eight bytes of the fingerprint of the key, if the signature names the key.
    pub issuer: Option<[u8; 8]>,
    /// The signature itself.
    pub number: &'a [u8],
}

impl<'a> Signature<'a> {
    /// Reads the body of a packet.
    ///
    /// # Errors
    ///
    /// When it is damaged, or of a kind that is not used here.
    pub fn read(body: &'a [u8]) -> Result<Self, PgpError> {
        let mut fields = Fields(body);
        let unsupported = |what: &str, number: u8| {
            Err(PgpError::Unsupported(format!(
                "a signature of {what} {number}"
            )))
        };
        match fields.byte()? {
            4 => {}
            other => return unsupported("version", other),
        }
        match fields.byte()? {
            BINARY => {}
            other => return unsupported("type", other),
        }
        match fields.byte()? {
            1 | 3 => {}
            other => return unsupported("algorithm", other),
        }
        let number = fields.byte()?;
        let known = Hash::ALL
            .into_iter()
            .find(|hash| hash_number(*hash) == Some(number));
        let Some(hash) = known else {
            return unsupported("hash", number);
        };
        let length = fields.number(2)?;
        let mut signature = Self {
            front: body.get(..6 + length).unwrap_or_default(),
            hash,
            created: 0,
            lifetime: 0,
            issuer: None,
            number: &[],
        };
        signature.read_subpackets(fields.take(length)?, true)?;
        let length = fields.number(2)?;
        signature.read_subpackets(fields.take(length)?, false)?;
        fields.take(2)?;
        signature.number = fields.integer()?;
        if !fields.0.is_empty() {
            return Err(PgpError::Damaged("something follows the signature"));
        }
        Ok(signature)
    }

    fn read_subpackets(&mut self, bytes: &'a [u8], signed: bool) -> Result<(), PgpError> {
        let mut fields = Fields(bytes);
        while !fields.0.is_empty() {
            let length = fields.new_length()?;
            let mut fields = Fields(fields.take(length)?);
            let kind = fields.byte()?;
            let time = || {
                let digits = fields.0.try_into().map(u32::from_be_bytes);
                digits.map_err(|_| PgpError::Damaged("a time does not have four bytes"))
            };
            match kind & !CRITICAL {
                CREATED if signed => self.created = time()?,
                EXPIRES if signed => self.lifetime = time()?,
                ISSUER | ISSUER_FINGERPRINT => self.issuer = fields.0.last_chunk().copied(),
                _ if kind & CRITICAL != 0 && signed => {
                    let kind = kind & !CRITICAL;
                    let what = format!("the critical subpacket {kind} of a signature");
                    return Err(PgpError::Unsupported(what));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
