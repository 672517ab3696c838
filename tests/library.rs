//! Tests that call the library.

#[expect(dead_code, reason = "the other tests use more of it")]
mod common;

mod browser;
mod client;
mod client_failures;
mod mozilla_taskgraph;
mod overview;
mod parity;
mod patterns;
mod pyformat;
mod release;
mod replicate;
mod run_and_task;
mod sandbox;
mod slugids;
mod stage;
mod staged;
mod submit;
mod taskcluster_yml;
mod transforms;
mod vcs;
mod yaml;
