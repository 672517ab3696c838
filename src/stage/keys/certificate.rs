//! X.509 certificates of staging's keys, and the signed data of CMS, in which JAR files carry both.
//!
//! A certificate signs itself, and says that it is worthless. Its times are fixed, so a key always has
//! the same certificate.

use super::der::{
    self, BIT_STRING, FIELD_0, INTEGER, NULL, NotDer, OBJECT, OCTET_STRING, Reader, SEQUENCE, SET,
    UTC_TIME, UTF8_STRING, value, values,
};
use super::hash::Hash;
use super::rsa::{KeyError, PrivateKey, PublicKey, RSA_ENCRYPTION, Seal};

const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const SHA256_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];

/// The serial number of every certificate.
const SERIAL: &[u8] = &[1];

fn algorithm(identifier: &[u8]) -> Vec<u8> {
    values(SEQUENCE, &[value(OBJECT, identifier), value(NULL, b"")])
}

fn subject(name: &str) -> Vec<u8> {
    let name = format!("Worthless staging certificate: {name}");
    let pair = [
        value(OBJECT, COMMON_NAME),
        value(UTF8_STRING, name.as_bytes()),
    ];
    value(SEQUENCE, &value(SET, &values(SEQUENCE, &pair)))
}

/// The certificate of a key.
///
/// # Errors
///
/// When the key cannot sign.
pub fn self_signed(name: &str, key: &PrivateKey) -> Result<Vec<u8>, KeyError> {
    let times = [
        value(UTC_TIME, b"200101000000Z"),
        value(UTC_TIME, b"491231235959Z"),
    ];
    let fields = [
        value(FIELD_0, &der::unsigned(&[2])),
        der::unsigned(SERIAL),
        algorithm(SHA256_WITH_RSA),
        subject(name),
        values(SEQUENCE, &times),
        subject(name),
        key.public().to_der(),
    ];
    let fields = values(SEQUENCE, &fields);
    let signature = key.sign(Hash::Sha256, &[&fields])?;
    let signature = [vec![0], signature].concat();
    let parts = [
        fields,
        algorithm(SHA256_WITH_RSA),
        value(BIT_STRING, &signature),
    ];
    Ok(values(SEQUENCE, &parts))
}

/// Signed data over a content that it does not hold.
///
/// # Errors
///
/// When the key cannot sign.
pub fn signed_data(name: &str, key: &PrivateKey, content: &[u8]) -> Result<Vec<u8>, KeyError> {
    let digest = || algorithm(Hash::Sha256.identifier());
    let signer = [
        der::unsigned(&[1]),
        values(SEQUENCE, &[subject(name), der::unsigned(SERIAL)]),
        digest(),
        algorithm(RSA_ENCRYPTION),
        value(OCTET_STRING, &key.sign(Hash::Sha256, &[content])?),
    ];
    let data = [
        der::unsigned(&[1]),
        value(SET, &digest()),
        value(SEQUENCE, &value(OBJECT, DATA)),
        value(FIELD_0, &self_signed(name, key)?),
        value(SET, &values(SEQUENCE, &signer)),
    ];
    let data = value(FIELD_0, &values(SEQUENCE, &data));
    Ok(values(SEQUENCE, &[value(OBJECT, SIGNED_DATA), data]))
}

/// Checks signed data over a content, which it does not hold, with a key. Only its first signer is
/// looked at.
///
/// # Errors
///
/// When the data is not valid, or uses an unknown hash.
pub fn check(data: &[u8], content: &[u8], key: &PublicKey) -> Result<Seal, NotDer> {
    let mut info = Reader::new(data).enter(SEQUENCE)?;
    if info.take(OBJECT)? != SIGNED_DATA {
        return Err(NotDer);
    }
    let mut data = info.enter(FIELD_0)?.enter(SEQUENCE)?;
    data.take(INTEGER)?;
    data.take(SET)?;
    data.take(SEQUENCE)?;
    // Certificates and revocations.
    while let Some(tag @ (FIELD_0 | 0xa1)) = data.tag() {
        data.take(tag)?;
    }
    let mut signer = data.enter(SET)?.enter(SEQUENCE)?;
    signer.take(INTEGER)?;
    signer.take(SEQUENCE)?;
    let identifier = signer.enter(SEQUENCE)?.take(OBJECT)?;
    let hash = Hash::ALL
        .into_iter()
        .find(|hash| hash.identifier() == identifier);
    let hash = hash.ok_or(NotDer)?;
    let mut signed = content.to_vec();
    let mut fits = true;
    if signer.tag() == Some(FIELD_0) {
        let attributes = signer.take(FIELD_0)?;
        fits = message_digest(attributes)? == Some(hash.digest(&[content]));
        signed = value(SET, attributes);
    }
    signer.take(SEQUENCE)?;
    let signature = signer.take(OCTET_STRING)?;
    Ok(match key.check(hash, &hash.digest(&[&signed]), signature) {
        Seal::Matches if !fits => Seal::OtherContent,
        seal => seal,
    })
}

/// The digest of the content among the attributes.
fn message_digest(attributes: &[u8]) -> Result<Option<Vec<u8>>, NotDer> {
    let mut attributes = Reader::new(attributes);
    while attributes.tag().is_some() {
        let mut attribute = attributes.enter(SEQUENCE)?;
        if attribute.take(OBJECT)? == MESSAGE_DIGEST {
            return attribute
                .enter(SET)?
                .take(OCTET_STRING)
                .map(|digest| Some(digest.to_vec()));
        }
    }
    Ok(None)
}
