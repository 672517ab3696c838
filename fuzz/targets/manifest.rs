//! The manifests of packages are read without a panic, whatever their form: binary XML, protocol buffers, XML and
//! property lists.

#![no_main]

mod common;

use libfuzzer_sys::fuzz_target;
use snowman::stage::signing::plist::switched_on;
use snowman::stage::stores::{binary_xml, jar_manifest, proto_xml, xml};

fuzz_target!(init: common::pass_caught_panics(), |bytes: &[u8]| {
    let _ = binary_xml::read(bytes);
    let _ = proto_xml::read(bytes);
    let _ = switched_on(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let _ = jar_manifest::read(text);
    // What names no document type is the same document for both readers.
    if let Ok(root) = xml::read(text)
        && !text.contains("<!DOCTYPE")
    {
        assert_eq!(xml::read_properties(text), Ok(root));
    }
});
