//! Hashes, base64, and identifiers derived from hashes.
//!
//! Everything here depends on its arguments only, so two sandboxes that receive the same calls
//! issue the same tokens. The tokens protect nothing: anyone who can reach the loopback address can
//! use the sandbox.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac_sha256::HMAC;
use sha2::{Digest as _, Sha256};

use crate::base::name::TaskId;

/// Computes SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

/// Computes HMAC-SHA256 (RFC 2104).
pub(crate) fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    HMAC::mac(message, key).to_vec()
}

/// Encodes bytes as standard base64 with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Encodes bytes as URL-safe base64 without padding.
pub(crate) fn base64_url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes standard or URL-safe base64, with or without padding.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let plain: String = text
        .trim_end_matches('=')
        .chars()
        .map(|c| match c {
            '+' => '-',
            '/' => '_',
            other => other,
        })
        .collect();
    URL_SAFE_NO_PAD.decode(plain).ok()
}

/// Derives a valid slugid (a v4 UUID in base64 that does not start with `-`) from a string.
pub(crate) fn derived_slug(text: &str) -> String {
    TaskId::from_digest(&sha256(text.as_bytes())).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::hex;

    #[test]
    fn hmac_agrees_with_rfc_4231() {
        let mac = hmac(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(
            hex(&mac),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        let long = hmac(
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
        );
        assert_eq!(
            hex(&long),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn derived_slugs_are_task_ids() {
        for text in ["", "a", "decision/0"] {
            let slug = derived_slug(text);
            assert!(crate::sandbox::patterns::is_slug(&slug), "{slug}");
            assert!(!slug.starts_with('-'), "{slug}");
        }
    }

    #[test]
    fn base64_round_trips_in_both_alphabets() {
        assert_eq!(from_base64("-_8="), from_base64("+/8"));
        assert_eq!(
            from_base64("-_8").map(|bytes| base64(&bytes)),
            Some("+/8=".to_owned())
        );
    }
}
