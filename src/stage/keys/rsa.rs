//! RSA signatures with the padding of PKCS #1 v1.5, as MAR files, OpenPGP and JAR files use them.
//!
//! A signature is checked by recovering the block that was signed: so a signature by a known key over
//! other content can be told from one by an unknown key. AWS-LC, which TLS needs anyway, makes the
//! signatures; it makes none with SHA-1, so these are computed here. That computation takes a time
//! that depends on the key, which only matters if the key is secret.

use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512};
use num_bigint::BigUint;

use super::der::{self, NotDer, Reader};
use super::hash::Hash;
use super::pem::{self, NoBlock};

/// The most bits of a key.
pub const MAX_BITS: u64 = 8192;

/// Reports that a key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text is no key.
    #[error(transparent)]
    NoBlock(#[from] NoBlock),
    /// The key has another structure.
    #[error("the key is not an RSA key: {0}")]
    NotRsa(#[from] NotDer),
    /// The key is not one that a signature may be checked with.
    #[error(
        "an RSA key of {bits} bits with an exponent of {exponent} bits; expected 1024 to {MAX_BITS} bits and at most 32"
    )]
    Size {
        /// The bits of the modulus.
        bits: u64,
        /// The bits of the exponent.
        exponent: u64,
    },
    /// The library refuses the key, or cannot sign.
    #[error("cannot sign with the RSA key: {0}")]
    Unusable(String),
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    modulus: BigUint,
    exponent: BigUint,
    length: usize,
}

/// What a signature says to a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seal {
    /// This key signed this content.
    Matches,
    /// This key signed other content.
    OtherContent,
    /// This key made no such signature.
    NotThisKey,
}

/// The content of the object identifier of RSA keys.
pub const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

impl PublicKey {
    /// Reads a public key or a certificate, in text.
    ///
    /// # Errors
    ///
    /// When the text holds neither, or the key is not an RSA key of a usual size.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        match pem::read("CERTIFICATE", text) {
            Ok(der) => Self::from_certificate(&der),
            Err(_) => Self::from_der(&pem::read("PUBLIC KEY", text)?),
        }
    }

    /// Reads the public key of an X.509 certificate. Nothing else of the certificate is looked at.
    ///
    /// # Errors
    ///
    /// When the certificate is not valid, or the key is not an RSA key of a usual size.
    pub fn from_certificate(der: &[u8]) -> Result<Self, KeyError> {
        let mut fields = Reader::new(der)
            .enter(der::SEQUENCE)?
            .enter(der::SEQUENCE)?;
        if fields.tag() == Some(der::FIELD_0) {
            fields.take(der::FIELD_0)?;
        }
        fields.take(der::INTEGER)?;
        for _ in ["signature", "issuer", "validity", "subject"] {
            fields.take(der::SEQUENCE)?;
        }
        Self::from_info(fields)
    }

    /// Reads the structure `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    ///
    /// When it is not valid, or the key is not an RSA key of a usual size.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_info(Reader::new(der))
    }

    fn from_info(mut reader: Reader<'_>) -> Result<Self, KeyError> {
        let mut info = reader.enter(der::SEQUENCE)?;
        if info.enter(der::SEQUENCE)?.take(der::OBJECT)? != RSA_ENCRYPTION {
            return Err(NotDer.into());
        }
        let bits = info.take(der::BIT_STRING)?;
        let key = bits.strip_prefix(&[0]).ok_or(NotDer)?;
        let mut key = Reader::new(key).enter(der::SEQUENCE)?;
        Self::new(key.unsigned()?, key.unsigned()?)
    }

    /// A key of this modulus and exponent, in base 256.
    ///
    /// # Errors
    ///
    /// When the sizes are unusual.
    pub fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        let modulus = BigUint::from_bytes_be(modulus);
        let exponent = BigUint::from_bytes_be(exponent);
        let (bits, of_exponent) = (modulus.bits(), exponent.bits());
        if !(1024..=MAX_BITS).contains(&bits) || !(2..=32).contains(&of_exponent) {
            return Err(KeyError::Size {
                bits,
                exponent: of_exponent,
            });
        }
        let length = usize::try_from(bits.div_ceil(8)).unwrap_or_default();
        Ok(Self {
            modulus,
            exponent,
            length,
        })
    }

    /// The modulus, in base 256.
    #[must_use]
    pub fn modulus(&self) -> Vec<u8> {
        self.modulus.to_bytes_be()
    }

    /// The exponent, in base 256.
    #[must_use]
    pub fn exponent(&self) -> Vec<u8> {
        self.exponent.to_bytes_be()
    }

    /// How long a signature is.
    #[must_use]
    pub fn signature_length(&self) -> usize {
        self.length
    }

    /// Checks a signature over a digest.
    #[must_use]
    pub fn check(&self, hash: Hash, digest: &[u8], signature: &[u8]) -> Seal {
        let number = BigUint::from_bytes_be(signature);
        if signature.len() != self.length || number >= self.modulus {
            return Seal::NotThisKey;
        }
        let block = to_length(&number.modpow(&self.exponent, &self.modulus), self.length);
        if padded(hash, digest, self.length).is_some_and(|expected| expected == block) {
            return Seal::Matches;
        }
        let same_form = |hash: Hash| {
            let start = block.len().checked_sub(hash.length());
            let other = start.and_then(|start| block.get(start..));
            other.is_some_and(|other| padded(hash, other, self.length).as_ref() == Some(&block))
        };
        if Hash::ALL.into_iter().any(same_form) {
            Seal::OtherContent
        } else {
            Seal::NotThisKey
        }
    }

    /// The structure `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let algorithm = [
            der::value(der::OBJECT, RSA_ENCRYPTION),
            der::value(der::NULL, b""),
        ];
        let numbers = [
            der::unsigned(&self.modulus()),
            der::unsigned(&self.exponent()),
        ];
        let bits = [vec![0], der::values(der::SEQUENCE, &numbers)].concat();
        let fields = [
            der::values(der::SEQUENCE, &algorithm),
            der::value(der::BIT_STRING, &bits),
        ];
        der::values(der::SEQUENCE, &fields)
    }

    /// The key as text.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let lines = pem::lines(&self.to_der());
        format!("-----BEGIN PUBLIC KEY-----\n{lines}-----END PUBLIC KEY-----\n")
    }
}

/// A private key.
#[derive(Debug)]
pub struct PrivateKey {
    pair: KeyPair,
    exponent: BigUint,
    public: PublicKey,
}

impl PrivateKey {
    /// Reads a private key in the text form of PKCS #8.
    ///
    /// # Errors
    ///
    /// When the text is not such a key, or the key is not valid.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let der = pem::read("PRIVATE KEY", text)?;
        let mut info = Reader::new(&der).enter(der::SEQUENCE)?;
        info.take(der::INTEGER)?;
        if info.enter(der::SEQUENCE)?.take(der::OBJECT)? != RSA_ENCRYPTION {
            return Err(NotDer.into());
        }
        let mut key = Reader::new(info.take(der::OCTET_STRING)?).enter(der::SEQUENCE)?;
        key.take(der::INTEGER)?;
        let public = PublicKey::new(key.unsigned()?, key.unsigned()?)?;
        let exponent = BigUint::from_bytes_be(key.unsigned()?);
        let pair = KeyPair::from_pkcs8(&der);
        let pair = pair.map_err(|refused| KeyError::Unusable(refused.to_string()))?;
        Ok(Self {
            pair,
            exponent,
            public,
        })
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs parts, as if they were one.
    ///
    /// # Errors
    ///
    /// When the key is too small for the hash, or the library refuses to sign.
    pub fn sign(&self, hash: Hash, parts: &[&[u8]]) -> Result<Vec<u8>, KeyError> {
        let digest = hash.of(parts);
        let padding = match hash {
            Hash::Sha1 => return self.sign_here(hash, digest.as_ref()),
            Hash::Sha256 => &RSA_PKCS1_SHA256,
            Hash::Sha384 => &RSA_PKCS1_SHA384,
            Hash::Sha512 => &RSA_PKCS1_SHA512,
        };
        let mut signature = vec![0; self.public.length];
        let signed = self.pair.sign_digest(padding, &digest, &mut signature);
        signed.map_err(|failed| KeyError::Unusable(failed.to_string()))?;
        Ok(signature)
    }

    fn sign_here(&self, hash: Hash, digest: &[u8]) -> Result<Vec<u8>, KeyError> {
        let length = self.public.length;
        let block = padded(hash, digest, length);
        let block = block.ok_or_else(|| KeyError::Unusable("the key is too small".to_owned()))?;
        let number = BigUint::from_bytes_be(&block);
        let signature = number.modpow(&self.exponent, &self.public.modulus);
        Ok(to_length(&signature, length))
    }
}

/// The block that is signed: padding, and the digest with the name of its hash. `None` when the key is
/// too small for it.
fn padded(hash: Hash, digest: &[u8], length: usize) -> Option<Vec<u8>> {
    let algorithm = [
        der::value(der::OBJECT, hash.identifier()),
        der::value(der::NULL, b""),
    ];
    let info = [
        der::values(der::SEQUENCE, &algorithm),
        der::value(der::OCTET_STRING, digest),
    ];
    let info = der::values(der::SEQUENCE, &info);
    let filler = length
        .checked_sub(info.len() + 3)
        .filter(|filler| *filler >= 8)?;
    Some([&[0, 1][..], &vec![0xff; filler], &[0], &info].concat())
}

/// A number in base 256, with leading zeros.
fn to_length(number: &BigUint, length: usize) -> Vec<u8> {
    let digits = number.to_bytes_be();
    let mut out = vec![0; length.saturating_sub(digits.len())];
    out.extend_from_slice(&digits);
    out
}
