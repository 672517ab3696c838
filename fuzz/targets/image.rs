//! A container image is read without a panic, whatever it holds; each layer of one without faults has the content
//! that its configuration says.

#![no_main]

mod common;

use libfuzzer_sys::fuzz_target;
use snowman::stage::stores::image;

fuzz_target!(init: common::pass_caught_panics(), |bytes: &[u8]| {
    let Ok(image) = image::read(bytes) else {
        return;
    };
    if image.faults.is_empty() {
        let config = String::from_utf8_lossy(bytes);
        for layer in &image.layers {
            // Configurations that are not compressed name the hash of each layer.
            let is_plain = !bytes.starts_with(b"\x1f\x8b") && !bytes.starts_with(b"\x28\xb5\x2f\xfd");
            assert!(!is_plain || config.contains(layer.digest.trim_start_matches("sha256:")));
        }
    }
});
