//! References and relative dates are resolved or refused. A value without any stays unchanged.

#![no_main]

mod common;

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use snowman::base::name::TaskId;
use snowman::base::time::Timestamp;
use snowman::config::yaml;
use snowman::model::reference::{Names, resolve_dates, resolve_names};

fuzz_target!(init: common::pass_caught_panics(), |text: &[u8]| {
    let Ok(document) = yaml::load("fuzz.yml", text) else {
        return;
    };
    let value = document.value;
    let [own, decision, build] = [
        "fN1SbArXTPSVFUUvaOlinQ",
        "AbCdEfGhQJKLmnopqrStuA",
        "BcDeFgHiQJKLmnopqrStuA",
    ]
    .map(|id| TaskId::parse(id).expect("a taskId"));
    let names = Names {
        own: &own,
        decision: &decision,
        dependencies: &BTreeMap::from([("build".to_owned(), build)]),
        root_url: Some("https://tc.example.com"),
        proxy_url: None,
    };
    let written = value.to_string();
    match resolve_names(&value, &names, None) {
        Ok(resolved) if !written.contains("-reference\"") => assert_eq!(resolved.value, value),
        Ok(_) => {}
        Err(wrong) => assert!(!wrong.is_empty()),
    }
    match resolve_dates(&value, Timestamp::from_unix(1_700_000_000)) {
        Ok(resolved) if !written.contains("relative-datestamp\"") => assert_eq!(resolved, value),
        _ => {}
    }
});
