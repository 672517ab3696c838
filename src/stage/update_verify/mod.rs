//! Update verification: which updates from earlier releases are verified, and how.
//!
//! 1. [`select`] chooses among the earlier releases that were [`shipped`], and [`create`] writes a [`config`] about them: what each of
//!    their users is offered. [`command`] reads the arguments of the tasks, [`platform`] knows the names of
//!    platforms.
//! 2. [`chunk`] divides a configuration among tasks.
//! 3. [`verify`] asks the update server for each user ([`offer`]), follows the [`address`] of each file, checks
//!    the file, applies it to the earlier build ([`package`]), and compares the result with the new build
//!    ([`compare`]). [`finally`] follows the addresses alone, when the release is out.

pub mod address;
pub mod builds;
pub mod chunk;
pub mod command;
pub mod compare;
pub mod config;
pub mod create;
pub mod file;
pub mod finally;
pub mod offer;
pub mod package;
pub mod platform;
pub mod select;
pub mod shipped;
pub mod verify;
pub mod world;
