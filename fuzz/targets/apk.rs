//! A package for Android and its signing block are read without a panic, whatever they hold. What the block's
//! signatures cover is the whole package but the block.

#![no_main]

mod common;

use libfuzzer_sys::fuzz_target;
use snowman::stage::signing::zip::Zip;
use snowman::stage::stores::{apk, apk_signature, msix};

fuzz_target!(init: common::pass_caught_panics(), |bytes: &[u8]| {
    let _ = apk::read(bytes);
    let _ = msix::read(bytes);
    let Ok(zip) = Zip::read(bytes) else {
        return;
    };
    let Ok(signatures) = apk_signature::check(&zip) else {
        return;
    };
    if signatures.is_empty() {
        return;
    }
    // The first byte, and the last one of the comment or the record in front of it.
    for at in [0, bytes.len() - 1] {
        let mut changed = bytes.to_vec();
        changed[at] ^= 1;
        let is_same = Zip::read(&changed)
            .is_ok_and(|zip| apk_signature::check(&zip).as_ref() == Ok(&signatures));
        assert!(!is_same, "a change of the byte {at} is not noticed");
    }
});
