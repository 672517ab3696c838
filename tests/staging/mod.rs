//! Staged tasks on the sandbox: what a decision makes of release tasks, and the program inside of one.

#![expect(
    clippy::unwrap_used,
    reason = "a test may end where it finds something wrong"
)]

mod decision;
mod environments;
mod folder;
mod processes;
mod production;
mod public;
mod repository;
mod served;
