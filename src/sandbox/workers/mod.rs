//! Simulated workers.

mod run;
pub(super) mod simulation;
