//! The command line, run as a user runs it.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a test may end where it finds something wrong"
)]

mod desk;
mod diff;
mod docker;
mod explain;
mod init;
mod output_paths;
mod parameters;
mod run_task;
mod saved_phases;
mod services;
mod test_repository;
mod try_it;
mod try_release;
mod words;
