//! Payloads of the scriptworkers for releases: each worker runs one sort of task without commands.

pub mod archive;
pub mod balrog;
pub mod beetmover_data;
pub mod bitrise;
pub mod bouncer;
mod definition;
mod fields;
pub mod iscript;
pub mod lando;
pub mod push_to_release;
mod release;
pub mod ship_it;
pub mod signing;
pub mod stores;
pub mod trees;
