//! Projects with Python of their own.
//!
//! `project` uses every hook that taskgraph has. What comes of it must be what the peer makes of it,
//! whether only its own code runs in Python or all of each kind. The tests need an interpreter with
//! the packages of `tests/parity/requirements.txt`: that of `tests/parity/.peer`, which
//! `tests/parity/run --install` makes, or the one that `SNOWMAN_PYTHON` names. Without one they say
//! that they are skipped.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

mod actions;
mod failures;
#[cfg(unix)]
mod found;
mod graphs;
mod identity;
mod images;
mod imports;
mod older;
mod rehearsals;
mod services;
mod world;
