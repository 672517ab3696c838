//! A SquashFS image is read without a panic, whatever it holds, and so are all of its files.

#![no_main]

mod common;

use libfuzzer_sys::fuzz_target;
use snowman::stage::stores::snap;
use snowman::stage::stores::squashfs::Image;

fuzz_target!(init: common::pass_caught_panics(), |bytes: &[u8]| {
    let _ = snap::read(bytes);
    let Ok(image) = Image::read(bytes) else {
        return;
    };
    for path in image.entries.keys().take(100) {
        let _ = image.content(path);
    }
});
