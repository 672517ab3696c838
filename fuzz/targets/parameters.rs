//! Parameters are accepted or refused, from YAML and from JSON. Those that are valid when strict
//! are valid when lenient, and have the same id.

#![no_main]

mod common;

use libfuzzer_sys::fuzz_target;
use snowman::config::parameters::{Parameters, Strictness};

fuzz_target!(init: common::pass_caught_panics(), |text: &[u8]| {
    for name in ["fuzz.yml", "fuzz.json"] {
        let Ok(values) = Parameters::read(name, text) else {
            continue;
        };
        let strict = Parameters::new(values.clone(), Strictness::Strict);
        let lenient = Parameters::new(values, Strictness::Lenient);
        match (strict, lenient) {
            (Ok(strict), Ok(lenient)) => assert_eq!(strict.id(), lenient.id()),
            (Ok(_), Err(mistakes)) => panic!("valid only when strict: {mistakes}"),
            (Err(mistakes), _) => assert!(!mistakes.is_empty()),
        }
    }
});
