//! Digests, written in hex.

use sha2::{Digest, Sha256};

/// Returns the SHA-256 of some bytes in 64 hex digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// A digest of several parts; how they are divided counts.
#[derive(Debug, Clone, Default)]
pub struct Digests(Sha256);

impl Digests {
    /// Adds a part.
    pub fn add(&mut self, part: &[u8]) {
        self.0.update((part.len() as u64).to_be_bytes());
        self.0.update(part);
    }

    /// The digest of all parts.
    #[must_use]
    pub fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

/// Writes bytes as lower-case hex digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digits = |byte: u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16));
    bytes
        .iter()
        .flat_map(|byte| digits(*byte))
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_written_in_hex() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(b""), empty);
    }

    #[test]
    fn parts_are_not_joined() {
        let of = |parts: &[&str]| {
            let mut digests = Digests::default();
            parts.iter().for_each(|part| digests.add(part.as_bytes()));
            digests.finish()
        };
        assert_eq!(of(&["a", "b"]), of(&["a", "b"]));
        assert_ne!(of(&["a", "b"]), of(&["ab"]));
        assert_ne!(of(&["ab", ""]), of(&["a", "b"]));
    }
}
