//! Projects with Python code.
//!
//! `project` uses every hook that taskgraph has. Its graphs must equal the peer's, whether only the
//! project's own code runs in Python or every kind as a whole. The tests need an interpreter with
//! the packages of `tests/parity/requirements.txt`: that of `tests/parity/.peer`, which
//! `tests/parity/run --install` creates, or the one that `SNOWMAN_PYTHON` names. Without one, they
//! are skipped and say so.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

mod actions;
#[cfg(target_os = "linux")]
mod callback_decisions;
mod callbacks;
#[cfg(target_os = "linux")]
mod division;
#[cfg(target_os = "linux")]
mod entry_decisions;
mod failures;
#[cfg(unix)]
mod found;
mod graphs;
mod hot_lines;
mod identity;
mod images;
mod imports;
#[cfg(target_os = "linux")]
mod kept;
mod older;
mod order;
#[cfg(target_os = "linux")]
mod processes;
mod quick;
mod rehearsals;
mod services;
mod tables;
#[cfg(target_os = "linux")]
mod workers;
pub mod world;
