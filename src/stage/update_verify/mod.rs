//! Update verification: which updates from earlier releases are verified, and how.
//!
//! 1. [`select`] chooses the earlier releases, and [`create`] writes a [`config`] about them: what each of
//!    their users is offered. [`command`] reads the arguments of the tasks, [`platform`] knows the names of
//!    platforms.
//! 2. [`chunk`] divides a configuration among tasks.

pub mod chunk;
pub mod command;
pub mod config;
pub mod create;
pub mod platform;
pub mod select;
