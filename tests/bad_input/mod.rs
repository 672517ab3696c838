//! Error messages: the whole message and the exit code of each case.
//!
//! Exit codes: 1 an error in the project or its input, 2 an error on the command line, 3 an error of
//! the environment or the network, 70 a bug in snowman.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a test may end where it finds something wrong"
)]

mod actions;
mod alternatives;
mod config;
mod decision;
mod environment;
mod files;
mod kind_names;
mod kinds;
mod limits;
mod network;
mod parameters;
mod preflight;
mod promotion;
mod python;
mod references;
mod repository;
mod secrets;
mod several;
mod splitting;
mod submission;
mod tasks;
mod usage;
mod workers;
