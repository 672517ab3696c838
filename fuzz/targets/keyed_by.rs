//! Keyed-by values are resolved or refused; a resolved value contains no further `by-` key.

#![no_main]

mod common;

use libfuzzer_sys::fuzz_target;
use snowman::base::value::Object;
use snowman::config::keyed_by::{Options, resolve};
use snowman::config::yaml;

fuzz_target!(init: common::pass_caught_panics(), |text: &[u8]| {
    let Ok(document) = yaml::load("fuzz.yml", text) else {
        return;
    };
    let Some(mut item) = document.value.as_object().cloned() else {
        return;
    };
    let given = item.get("given").and_then(|given| given.as_object());
    let given: Object = given.cloned().unwrap_or_default();
    for field in ["field", "a.b", "list[].x"] {
        if resolve(&mut item, field, "fuzz", &given, &Options::default()).is_ok() {
            let chosen = item.clone();
            let again = resolve(&mut item, field, "fuzz", &given, &Options::default());
            assert!(again.is_ok() && item == chosen, "{field} of {chosen:?}");
        }
    }
});
