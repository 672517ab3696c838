//! Staged tasks: what they report, what they leave, and which defects turn them red.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

mod archive;
mod bad_input;
mod balrog;
mod bouncer;
mod builds;
mod checksums;
mod frame;
mod github;
mod good;
mod history;
mod images;
mod mac;
mod notify;
mod partials;
mod partners;
#[cfg(unix)]
mod processes;
mod random;
mod repositories;
mod repository;
mod ship_it;
mod signing;
mod stores;
mod update_verify;
mod update_verify_config;
mod verified;
mod world;
