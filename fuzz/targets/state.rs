//! A state is read without a panic, whatever it holds. One that is read is the same after it was written,
//! and states are merged in any case.

#![no_main]

mod common;

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;
use snowman::base::name::TaskId;
use snowman::stage::merged::Merged;
use snowman::stage::state::State;

fuzz_target!(init: common::pass_caught_panics(), |bytes: &[u8]| {
    // As it is, and as the text of a state.
    let _ = State::read(bytes);
    let mut packer = GzEncoder::new(Vec::new(), Compression::none());
    packer.write_all(bytes).expect("memory does not fail");
    let Ok(state) = State::read(&packer.finish().expect("memory does not fail")) else {
        return;
    };
    assert_eq!(State::read(&state.write()).as_ref(), Ok(&state));
    let mut other = state.clone();
    other.run.task_id = TaskId::from_uuid_bytes([7; 16]);
    let states = [state, other].map(|state| (state.run.task_id.clone(), Arc::new(state)));
    let states = BTreeMap::from(states);
    let _ = Merged::new(&states);
});
