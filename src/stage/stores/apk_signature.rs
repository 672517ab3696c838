//! The signatures of Android packages of the versions 2 and 3.
//!
//! They are in a block in front of the directory of the ZIP file, and cover the whole file: the content before
//! the block, the directory, and the end record in which the directory begins where the block does. Each of the
//! three is divided into chunks of a megabyte.

use std::cell::OnceCell;

use crate::stage::keys::rsa::MAX_BITS;
use crate::stage::keys::{Hash, KeyError, PublicKey, Seal};
use crate::stage::signing::zip::{Layout, Zip};

const MAGIC: &[u8] = b"APK Sig Block 42";
const CHUNK: usize = 1 << 20;

/// The most signers of a version, which is also Android's limit.
const MAX_SIGNERS: usize = 10;

/// The most signatures of a signer: there are fewer algorithms.
const MAX_ALGORITHMS: usize = 16;

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
    /// Whether the signature over the digests was checked, too; those by other keys than RSA are not, nor those by
    /// keys of more than [`MAX_BITS`] bits.
    pub is_checked: bool,
}

/// Why a package is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The file is damaged.
    #[error("the signing block is damaged: {0}")]
    Damaged(&'static str),
    /// There are too many signers.
    #[error("{0}: there are {1} signers, but Android takes at most {MAX_SIGNERS}")]
    Signers(&'static str, usize),
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

/// The parts of a package that are signed, and the digests of all of them together.
///
/// A digest is computed once, however many signers state it: a small block of signatures may not make a reader
/// hash a large package thousands of times.
struct Parts<'a> {
    content: &'a [u8],
    block: &'a [u8],
    directory: &'a [u8],
    end: Vec<u8>,
    sha256: OnceCell<Vec<u8>>,
    sha512: OnceCell<Vec<u8>>,
}

/// Where the last bytes of the signing block begin, if there is one: in front of the directory.
fn magic_of(layout: &Layout<'_>) -> Option<usize> {
    let at = layout.directory.checked_sub(MAGIC.len())?;
    let found = layout.bytes.get(at..layout.directory)?;
    (found == MAGIC).then_some(at)
}

/// Whether a package has a signing block, good or bad.
#[must_use]
pub fn has_block(zip: &Zip<'_>) -> bool {
    magic_of(&zip.layout()).is_some()
}

/// Finds the parts by the record at the end that the members were found by; `None` if there is no signing block.
fn parts<'a>(zip: &Zip<'a>) -> Result<Option<Parts<'a>>, SignatureError> {
    let layout = zip.layout();
    let bytes = layout.bytes;
    let Some(magic) = magic_of(&layout) else {
        return Ok(None);
    };
    let (start, block) = block_before(bytes, magic).ok_or(SignatureError::Damaged(
        "its two sizes differ, or lead out of the package",
    ))?;
    if layout.members > start {
        return Err(SignatureError::Damaged(
            "a file of the package is inside of it, where no signature covers it",
        ));
    }
    if layout.behind != layout.end {
        return Err(SignatureError::Damaged(
            "other bytes follow the directory of the package",
        ));
    }
    let damaged = SignatureError::Damaged("it begins too far behind");
    let mut end = bytes.get(layout.end..).unwrap_or_default().to_vec();
    let place = u32::try_from(start).map_err(|_| damaged.clone())?;
    end.get_mut(16..20)
        .ok_or(damaged)?
        .copy_from_slice(&place.to_le_bytes());
    Ok(Some(Parts {
        content: bytes.get(..start).unwrap_or_default(),
        block,
        directory: bytes.get(layout.directory..layout.end).unwrap_or_default(),
        end,
        sha256: OnceCell::new(),
        sha512: OnceCell::new(),
    }))
}

/// Where the signing block that ends with the magic at a place begins, and its content: its size is stated in
/// front of the content, and again behind it.
fn block_before(bytes: &[u8], magic: usize) -> Option<(usize, &[u8])> {
    let size = |at: usize| {
        let size = bytes.get(at..at.checked_add(8)?)?.try_into().ok()?;
        usize::try_from(u64::from_le_bytes(size)).ok()
    };
    let last = magic.checked_sub(8)?;
    let stated = size(last)?;
    let start = (magic + MAGIC.len()).checked_sub(stated.checked_add(8)?)?;
    let content = bytes.get(start.checked_add(8)?..last)?;
    (size(start)? == stated).then_some((start, content))
}

impl Parts<'_> {
    fn digest(&self, hash: Digest) -> &[u8] {
        match hash {
            Digest::Sha256 => self.sha256.get_or_init(|| self.computed(Hash::Sha256)),
            Digest::Sha512 => self.sha512.get_or_init(|| self.computed(Hash::Sha512)),
        }
    }

    fn computed(&self, hash: Hash) -> Vec<u8> {
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
pub fn check(zip: &Zip<'_>) -> Result<Vec<Signature>, SignatureError> {
    let Some(parts) = parts(zip)? else {
        return Ok(Vec::new());
    };
    let damaged = SignatureError::Damaged("its parts are not as long as they say");
    let mut found: Vec<Signature> = Vec::new();
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
        if found.iter().any(|known| known.version == version) {
            return Err(SignatureError::Damaged(
                "it has signers of one version twice",
            ));
        }
        let signers = fields.field().and_then(|signers| Fields(signers).all());
        let signers = signers.ok_or(SignatureError::Damaged(
            "its signers are not as long as they say",
        ))?;
        if signers.is_empty() {
            return Err(SignatureError::Damaged("it has no signer"));
        }
        if signers.len() > MAX_SIGNERS {
            return Err(SignatureError::Signers(version, signers.len()));
        }
        for signer in signers {
            found.push(signer_of(version, signer, &parts)?);
        }
    }
    Ok(found)
}

/// A hash of the whole package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Digest {
    Sha256,
    Sha512,
}

impl Digest {
    fn hash(self) -> Hash {
        match self {
            Self::Sha256 => Hash::Sha256,
            Self::Sha512 => Hash::Sha512,
        }
    }
}

/// The hash of an algorithm, and whether it is that of RSA with the padding of PKCS #1.
fn algorithm(id: u32) -> Option<(Digest, bool)> {
    match id {
        0x0101 | 0x0201 | 0x0301 => Some((Digest::Sha256, false)),
        0x0102 | 0x0202 => Some((Digest::Sha512, false)),
        0x0103 => Some((Digest::Sha256, true)),
        0x0104 => Some((Digest::Sha512, true)),
        _ => None,
    }
}

/// Reads values that are each behind the number of an algorithm.
fn by_algorithm<'a>(list: Option<&'a [u8]>) -> Option<Vec<(u32, &'a [u8])>> {
    let read = |item: &'a [u8]| {
        let mut fields = Fields(item);
        Some((fields.number()?, fields.field()?))
    };
    Fields(list?).all()?.into_iter().map(read).collect()
}

fn signer_of(
    version: &'static str,
    signer: &[u8],
    parts: &Parts<'_>,
) -> Result<Signature, SignatureError> {
    let damaged = || SignatureError::Damaged("a signer is not as long as it says");
    let mut fields = Fields(signer);
    let signed = fields.field().ok_or_else(damaged)?;
    let mut inner = Fields(signed);
    // The oldest and newest system that it is for.
    let systems = |fields: &mut Fields<'_>| match version {
        "v2" => Some((0, 0)),
        _ => Some((fields.number()?, fields.number()?)),
    };
    let stated = systems(&mut fields).ok_or_else(damaged)?;
    let signatures = by_algorithm(fields.field()).ok_or_else(damaged)?;
    let key = fields.field().ok_or_else(damaged)?;
    let digests = by_algorithm(inner.field()).ok_or_else(damaged)?;
    let certificates = inner.field().and_then(|list| Fields(list).all());
    let certificates = certificates.ok_or_else(damaged)?;
    let certificate = certificates.first().ok_or_else(damaged)?;
    if systems(&mut inner) != Some(stated) {
        return Err(SignatureError::Damaged(
            "a signer is for other systems than it has signed",
        ));
    }
    if signatures.len() > MAX_ALGORITHMS {
        return Err(SignatureError::Damaged("a signer has too many signatures"));
    }
    let ids = |list: &[(u32, &[u8])]| list.iter().map(|(id, _)| *id).collect::<Vec<_>>();
    if ids(&signatures) != ids(&digests) {
        return Err(SignatureError::Damaged(
            "a signer has digests and signatures of different algorithms",
        ));
    }
    let mut compared = 0;
    for (id, digest) in digests {
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
    for (id, signature) in signatures {
        let Some((hash, true)) = algorithm(id) else {
            continue;
        };
        let hash = hash.hash();
        let (key, certified) = (
            PublicKey::from_der(key),
            PublicKey::from_certificate(certificate),
        );
        let (key, certified) = match (key, certified) {
            (Ok(key), Ok(certified)) => (key, certified),
            // Android takes keys of any size, but a check with a very large one takes long.
            (Err(KeyError::Size { bits, .. }), _) if bits > MAX_BITS => continue,
            _ => return Err(SignatureError::Damaged("a key cannot be read")),
        };
        let seal = key.check(hash, &hash.digest(&[signed]), signature);
        if key != certified || seal != Seal::Matches {
            return Err(SignatureError::Key(version));
        }
        is_checked = true;
    }
    Ok(Signature {
        version,
        certificate: Hash::Sha256.hex(certificate),
        is_checked,
    })
}

#[cfg(test)]
mod tests;
