//! Any text is read or refused; a value that was read is the same after writing and reading it
//! again.

#![no_main]

mod common;

use libfuzzer_sys::fuzz_target;
use snowman::config::yaml::{dump, load};

fuzz_target!(init: common::pass_caught_panics(), |text: &[u8]| {
    let Ok(document) = load("fuzz.yml", text) else {
        return;
    };
    let written = dump(&document.value);
    match load("written.yml", written.as_bytes()) {
        Ok(again) => assert_eq!(again.value, document.value, "{written}"),
        Err(mistakes) => panic!("{mistakes}\n{written}"),
    }
});
