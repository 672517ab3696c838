//! Payloads of the scriptworkers for releases: each worker runs one sort of task without commands.

pub mod beetmover_data;
pub mod bitrise;
mod definition;
pub mod lando;
pub mod push_to_release;
pub mod shipit;
pub mod signing;
