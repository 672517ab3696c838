//! Whatever the rules and releases of an update server are, each request has an answer, always the same, and each
//! release is valid or not.

#![no_main]

mod common;

use libfuzzer_sys::fuzz_target;
use snowman::base::json;
use snowman::base::value::Value;
use snowman::stage::balrog::answer::serve_update;
use snowman::stage::balrog::blob::validate::validate;
use snowman::stage::balrog::rule::Rule;
use snowman::stage::balrog::world::World;

fuzz_target!(init: common::pass_caught_panics(), |bytes: &[u8]| {
    let Ok(value) = json::read("world", bytes) else {
        return;
    };
    let Ok(world) = World::read(&value) else {
        return;
    };
    for request in value["requests"].as_array().into_iter().flatten().filter_map(Value::as_str).take(10) {
        let answer = serve_update(&world, request, &[], 50);
        assert!(matches!(answer.0, 200 | 400 | 404 | 500));
        assert_eq!(answer, serve_update(&world, request, &[], 50));
    }
    for release in world.releases.values() {
        let _ = validate(&release.blob, &release.product, &world.allowlist);
    }
    for rule in value["rules"].as_array().into_iter().flatten() {
        let _ = Rule::column_problems(rule);
    }
});
