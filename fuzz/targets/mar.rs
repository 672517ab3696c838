//! A MAR file is read, checked, unpacked and offered to a client without a panic, whatever it holds. One
//! that can have signatures keeps its contents when it gets others.

#![no_main]

mod common;

use libfuzzer_sys::fuzz_target;
use snowman::stage::mar::Mar;
use snowman::stage::mar::client::{Client, accept};
use snowman::stage::mar::extract::extract;
use snowman::stage::mar::manifest::{Manifest, Version};
use snowman::stage::mar::patch::apply;
use snowman::stage::mar::write::{Slot, with_signatures};

/// The most bytes that are unpacked.
const LIMIT: u64 = 1 << 20;

fuzz_target!(init: common::pass_caught_panics(), |bytes: &[u8]| {
    let client = Client { keys: &[], channels: "channel", version: "1.0" };
    assert!(accept(bytes, client).is_err(), "no key is known, so none made the signature");
    let Ok(mar) = Mar::read(bytes) else {
        return;
    };
    if let Ok(files) = extract(&mar, LIMIT) {
        for file in files.values() {
            for version in Version::ALL {
                let _ = Manifest::read(&file.content, version);
            }
            let _ = apply(&file.content, &file.content);
        }
    }
    let slot = Slot { algorithm: 2, bytes: vec![0; 512] };
    let Ok(other) = with_signatures(&mar, &[slot]) else {
        return;
    };
    let other = Mar::read(&other).expect("what was written is read");
    assert_eq!(other.sections, mar.sections);
    let contents = |mar: &Mar<'_>| -> Vec<_> {
        let of = |entry| mar.content(entry).map(<[u8]>::to_vec);
        mar.entries.iter().map(of).collect()
    };
    assert_eq!(contents(&other), contents(&mar));
});
