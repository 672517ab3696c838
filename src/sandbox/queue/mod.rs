//! The state machine of tasks, runs and task groups.

mod artifacts;
pub(super) mod definition;
pub(super) mod left;
pub(super) mod runs;
pub(super) mod scheduling;
pub(super) mod task;
pub(super) mod worker;
pub(super) mod workers;
