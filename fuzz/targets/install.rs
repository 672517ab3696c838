//! An update is applied to an installation without a panic, whatever it holds, and so is a patch. A patch that is made
//! of two contents gives the second one.
//!
//! Parts are separated by lines of `=`: the manifest of the update, the list of what is installed, a file that is
//! installed, and one of the update. The file of the update is also the body of a patch for the installed one.

#![no_main]

mod common;

use libfuzzer_sys::fuzz_target;
use snowman::stage::mar::extract::File;
use snowman::stage::mar::install::{Tree, install};
use snowman::stage::mar::manifest::Version;
use snowman::stage::mar::patch::{apply, bzip2_crc};
use snowman::stage::partials::diff::diff;

fuzz_target!(init: common::pass_caught_panics(), |bytes: &[u8]| {
    let line = b"\n=\n";
    let mut parts: Vec<&[u8]> = Vec::new();
    let mut rest = bytes;
    while parts.len() < 3 {
        let end = rest.windows(line.len()).position(|part| part == line);
        let (part, after) = match end {
            Some(end) => (&rest[..end], &rest[end + line.len()..]),
            None => (rest, &rest[..0]),
        };
        parts.push(part);
        rest = after;
    }
    let (manifest, list, old, new) = (parts[0], parts[1], parts[2], rest);
    // A patch states the size and the checksum of its file, which no fuzzer finds.
    let size = u32::try_from(old.len()).expect("inputs are short").to_be_bytes();
    let patch = [b"MBDIFF10", &size[..], &bzip2_crc(old).to_be_bytes(), new].concat();
    let _ = apply(old, &patch);
    let made = diff(old, new).expect("inputs are short");
    assert_eq!(apply(old, &made).as_deref(), Ok(new));
    let tree = |files: &[(&str, &[u8])]| -> Tree {
        let file = |content: &[u8]| File { mode: 0o644, content: content.to_vec() };
        files
            .iter()
            .map(|(path, content)| ((*path).to_owned(), file(content)))
            .collect()
    };
    let installed = tree(&[("precomplete", list), ("old", old), ("folder/old", old)]);
    let update = tree(&[
        (Version::V3.entry(), manifest),
        ("new", new),
        ("old.patch", &patch),
        ("made.patch", &made),
        ("precomplete", list),
    ]);
    let _ = install(&update, &installed);
});
