//! Tests of MAR files that are made here.

mod contents;
mod install;
mod signatures;
mod structure;

use super::layout::ProductInfo;
use super::write::{NewEntry, Slot, write};

fn product() -> ProductInfo {
    ProductInfo {
        channel: "product-release".to_owned(),
        version: "92.0.1".to_owned(),
    }
}

fn entry(name: &str, content: &[u8]) -> NewEntry {
    NewEntry {
        name: name.to_owned(),
        mode: 0o644,
        content: content.to_vec(),
    }
}

/// A file with two entries.
fn sample(slots: &[Slot]) -> Vec<u8> {
    write(
        &product(),
        &[entry("one", b"first"), entry("a/two", b"second")],
        slots,
    )
    .unwrap()
}

/// The same bytes with others from a place on.
fn with(bytes: &[u8], at: usize, other: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    out[at..at + other.len()].copy_from_slice(other);
    out
}
