//! The files of the cache: a head in JSON and compressed blobs, with a digest of everything.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use crate::base::digest::sha256;
use crate::base::value::Value;

/// The first line of each file.
const FORMAT: &[u8] = b"snowman 1\n";

/// The length of a digest, and of the length of the head.
const DIGEST: usize = 64;
const LENGTH: usize = 8;

/// Writes a file; `None` if the head cannot be written.
pub(super) fn encode(head: &Value, blobs: &[Vec<u8>]) -> Option<Vec<u8>> {
    let lengths: Vec<_> = blobs.iter().map(Vec::len).collect();
    let head = serde_json::to_vec(&(head, lengths)).ok()?;
    let mut rest = (head.len() as u64).to_be_bytes().to_vec();
    rest.extend(head);
    let mut compressed = GzEncoder::new(rest, Compression::fast());
    for blob in blobs {
        compressed.write_all(blob).ok()?;
    }
    let rest = compressed.finish().ok()?;
    Some([FORMAT, sha256(&rest).as_bytes(), &rest].concat())
}

/// Reads a file; `None` if it is not complete, or of another version.
pub(super) fn decode(file: &[u8]) -> Option<(Value, Vec<Vec<u8>>)> {
    let (digest, rest) = file.strip_prefix(FORMAT)?.split_at_checked(DIGEST)?;
    if sha256(rest).as_bytes() != digest {
        return None;
    }
    let (length, rest) = rest.split_at_checked(LENGTH)?;
    let length = u64::from_be_bytes(length.try_into().ok()?);
    let (head, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    let (head, lengths): (Value, Vec<usize>) = serde_json::from_slice(head).ok()?;
    let mut blobs = GzDecoder::new(rest);
    let blob = |length: usize| {
        let mut blob = Vec::with_capacity(length);
        blobs
            .by_ref()
            .take(length as u64)
            .read_to_end(&mut blob)
            .ok()?;
        (blob.len() == length).then_some(blob)
    };
    let blobs: Option<Vec<_>> = lengths.into_iter().map(blob).collect();
    Some((head, blobs?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    #[test]
    fn damaged_files_are_ignored() {
        let head = json!({"key": "é"});
        let blobs = [b"one".to_vec(), Vec::new(), b"three".repeat(100)];
        let file = encode(&head, &blobs).unwrap();
        assert_eq!(decode(&file), Some((head, blobs.to_vec())));
        for end in 0..file.len() {
            assert_eq!(decode(&file[..end]), None, "{end}");
            let mut damaged = file.clone();
            damaged[end] ^= 1;
            assert_eq!(decode(&damaged), None, "{end}");
        }
        assert_eq!(decode(&[file, b"more".to_vec()].concat()), None);
    }
}
