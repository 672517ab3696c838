//! The command line, run as people run it.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a test may end where it finds something wrong"
)]

mod desk;
mod diff;
mod docker;
mod init;
mod output_paths;
mod parameters;
mod run_task;
mod services;
mod words;
