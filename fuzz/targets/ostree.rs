//! The objects of a repository are followed from a commit to its files without a panic, whatever they hold.
//!
//! The objects are separated by lines of `=`. The first line of each has its number in hex, such as `0a`, and its kind.
//! The hash of an object, as others name it, is its number in each of its 32 bytes: a true hash would change
//! with every byte of the object, and nothing would ever lead to it.

#![no_main]

mod common;

use libfuzzer_sys::fuzz_target;
use snowman::stage::stores::flatpak;
use snowman::stage::stores::ostree::{Budget, Objects};

fuzz_target!(init: common::pass_caught_panics(), |bytes: &[u8]| {
    let _ = flatpak::read(bytes);
    let line = b"\n=\n";
    let mut objects = Objects::default();
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = rest.windows(line.len()).position(|part| part == line);
        let (object, after) = match end {
            Some(end) => (&rest[..end], &rest[end + line.len()..]),
            None => (rest, &rest[..0]),
        };
        rest = after;
        let Some(start) = object.iter().position(|byte| *byte == b'\n') else {
            continue;
        };
        let Some((number, kind)) = std::str::from_utf8(&object[..start])
            .ok()
            .and_then(|head| head.split_at_checked(2))
        else {
            continue;
        };
        let name = format!("{number}/{}.{}", number.repeat(31), kind.trim());
        objects.by_name.insert(name, object[start + 1..].to_vec());
    }
    let _ = objects.check();
    let mut budget = Budget::default();
    for number in ["00", "01"] {
        let Ok(files) = objects.files(&number.repeat(32), &mut budget) else {
            continue;
        };
        for file in files.values().take(100) {
            let _ = objects.content(file, 1 << 20);
        }
    }
});
