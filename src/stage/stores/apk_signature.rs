//! The signatures of Android packages of the versions 2 and 3.
//!
//! They are in a block in front of the directory of the ZIP file, and cover the whole file: the content before
//! the block, the directory, and the end record in which the directory begins where the block does. Each of the
//! three is divided into chunks of a megabyte.

use crate::base::digest::hex;
use crate::stage::keys::{Hash, PublicKey, Seal};

const MAGIC: &[u8] = b"APK Sig Block 42";
const END: &[u8] = b"PK\x05\x06";
const CHUNK: usize = 1 << 20;

/// The ids of the blocks in the block.
const VERSION_2: u32 = 0x7109_871a;
const VERSION_3: u32 = 0xf053_68c0;
const VERSION_3_1: u32 = 0x1b93_ad61;

/// A signature that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Its version: `v2`, `v3` or `v3.1`.
    pub version: &'static str,
    /// The SHA-256 of the signer's certificate.
    pub certificate: String,
    /// Whether the signature over the digests was checked, too; those by other keys than RSA are not.
    pub is_checked: bool,
}

/// Why a package is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The file is damaged.
    #[error("the signing block is damaged: {0}")]
    Damaged(&'static str),
    /// The content is another one.
    #[error("{0}: the content of the package was changed after it was signed")]
    Content(&'static str),
    /// The signature is that of another key.
    #[error("{0}: the signature does not match the certificate")]
    Key(&'static str),
}

/// A reader of fields behind their lengths.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn number(&mut self) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(4)?;
        self.0 = rest;
        Some(u32::from_le_bytes(digits.try_into().ok()?))
    }

    fn field(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (field, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(field)
    }

    fn all(mut self) -> Option<Vec<&'a [u8]>> {
        let mut fields = Vec::new();
        while !self.0.is_empty() {
            fields.push(self.field()?);
        }
        Some(fields)
    }
}

/// The parts of a package that are signed.
struct Parts<'a> {
    content: &'a [u8],
    block: &'a [u8],
    directory: &'a [u8],
    end: Vec<u8>,
}

fn parts(bytes: &[u8]) -> Option<Parts<'_>> {
    let last = bytes.len().checked_sub(22)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    let end = (first..=last)
        .rev()
        .find(|at| bytes[*at..].starts_with(END))?;
    let directory = bytes.get(end + 16..end + 20)?;
    let directory = usize::try_from(u32::from_le_bytes(directory.try_into().ok()?)).ok()?;
    let magic = directory.checked_sub(16)?;
    if bytes.get(magic..directory)? != MAGIC {
        return None;
    }
    let size = bytes.get(magic.checked_sub(8)?..magic)?;
    let size = usize::try_from(u64::from_le_bytes(size.try_into().ok()?)).ok()?;
    let start = directory.checked_sub(size.checked_add(8)?)?;
    let mut record = bytes[end..].to_vec();
    record[16..20].copy_from_slice(&u32::try_from(start).ok()?.to_le_bytes());
    Some(Parts {
        content: &bytes[..start],
        block: bytes.get(start + 8..magic - 8)?,
        directory: bytes.get(directory..end)?,
        end: record,
    })
}

impl Parts<'_> {
    fn digest(&self, hash: Hash) -> Vec<u8> {
        let mut digests = Vec::new();
        let mut count = 0_u32;
        for chunk in [self.content, self.directory, &self.end]
            .iter()
            .flat_map(|part| part.chunks(CHUNK))
        {
            let length = u32::try_from(chunk.len()).unwrap_or_default().to_le_bytes();
            digests.extend(hash.digest(&[&[0xa5], &length, chunk]));
            count += 1;
        }
        hash.digest(&[&[0x5a], &count.to_le_bytes(), &digests])
    }
}

/// Checks all signatures of a package; none, if it has no signing block.
///
/// # Errors
/// [`SignatureError`].
pub fn check(bytes: &[u8]) -> Result<Vec<Signature>, SignatureError> {
    let Some(parts) = parts(bytes) else {
        return Ok(Vec::new());
    };
    let damaged = SignatureError::Damaged("its parts");
    let mut found = Vec::new();
    let mut rest = parts.block;
    while !rest.is_empty() {
        let (size, after) = rest.split_at_checked(8).ok_or(damaged.clone())?;
        let size = size.try_into().map(u64::from_le_bytes).unwrap_or_default();
        let size = usize::try_from(size).map_err(|_| damaged.clone())?;
        let (pair, after) = after.split_at_checked(size).ok_or(damaged.clone())?;
        rest = after;
        let mut fields = Fields(pair);
        let version = match fields.number() {
            Some(VERSION_2) => "v2",
            Some(VERSION_3) => "v3",
            Some(VERSION_3_1) => "v3.1",
            _ => continue,
        };
        let signers = fields.field().and_then(|signers| Fields(signers).all());
        let signers = signers.ok_or(SignatureError::Damaged("its signers"))?;
        if signers.is_empty() {
            return Err(SignatureError::Damaged("it has no signer"));
        }
        for signer in signers {
            found.push(signer_of(version, signer, &parts)?);
        }
    }
    Ok(found)
}

/// The hash of an algorithm, and whether it is that of RSA with the padding of PKCS #1.
fn algorithm(id: u32) -> Option<(Hash, bool)> {
    match id {
        0x0101 | 0x0201 => Some((Hash::Sha256, false)),
        0x0102 | 0x0202 => Some((Hash::Sha512, false)),
        0x0103 => Some((Hash::Sha256, true)),
        0x0104 => Some((Hash::Sha512, true)),
        _ => None,
    }
}

fn signer_of(
    version: &'static str,
    signer: &[u8],
    parts: &Parts<'_>,
) -> Result<Signature, SignatureError> {
    let damaged = || SignatureError::Damaged("a signer");
    let mut fields = Fields(signer);
    let signed = fields.field().ok_or_else(damaged)?;
    if version != "v2" {
        // The oldest and newest system that it is for.
        fields
            .number()
            .and_then(|_| fields.number())
            .ok_or_else(damaged)?;
    }
    let signatures = fields
        .field()
        .and_then(|list| Fields(list).all())
        .ok_or_else(damaged)?;
    let key = fields.field().ok_or_else(damaged)?;
    let mut inner = Fields(signed);
    let digests = inner
        .field()
        .and_then(|list| Fields(list).all())
        .ok_or_else(damaged)?;
    let certificates = inner
        .field()
        .and_then(|list| Fields(list).all())
        .ok_or_else(damaged)?;
    let certificate = certificates.first().ok_or_else(damaged)?;
    let mut compared = 0;
    for digest in digests {
        let mut fields = Fields(digest);
        let id = fields.number().ok_or_else(damaged)?;
        let digest = fields.field().ok_or_else(damaged)?;
        if let Some((hash, _)) = algorithm(id) {
            compared += 1;
            if parts.digest(hash) != digest {
                return Err(SignatureError::Content(version));
            }
        }
    }
    if compared == 0 {
        return Err(SignatureError::Damaged("it has no digest of a known kind"));
    }
    let mut is_checked = false;
    for signature in signatures {
        let mut fields = Fields(signature);
        let id = fields.number().ok_or_else(damaged)?;
        let signature = fields.field().ok_or_else(damaged)?;
        let Some((hash, true)) = algorithm(id) else {
            continue;
        };
        let (key, certified) = (
            PublicKey::from_der(key),
            PublicKey::from_certificate(certificate),
        );
        let (Ok(key), Ok(certified)) = (key, certified) else {
            return Err(SignatureError::Damaged("its key"));
        };
        let seal = key.check(hash, &hash.digest(&[signed]), signature);
        if key != certified || seal != Seal::Matches {
            return Err(SignatureError::Key(version));
        }
        is_checked = true;
    }
    Ok(Signature {
        version,
        certificate: hex(&Hash::Sha256.digest(&[certificate])),
        is_checked,
    })
}
