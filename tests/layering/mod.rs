//! Holds the sources to their order: ranks between rooms, no circles within one, short files.
//!
//! `docs/architecture.md` says what each room is for. The sources are read as text: [`code`] blanks
//! comments and strings, [`modules`] finds modules, items and paths, and the tests are in [`ranks`]
//! and [`circles`].

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

mod circles;
pub mod code;
mod modules;
mod ranks;
mod sources;
