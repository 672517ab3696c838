//! What each release system is.
//!
//! A *release system* is a service that a release changes, such as the update server, together with the
//! workers that have its passwords. [`SYSTEMS`] says how the tasks of each are recognized, which rules
//! its workers check payloads and scopes against, and what a task needs in production. Everything that
//! deals with release tasks reads this table: verifications, preflight, staging, the reference.

pub mod differences;
pub mod environments;
pub mod payload;
mod recognize;
pub mod scopes;
pub mod staged;
mod system;
mod systems;
mod task_check;
pub mod texts;

pub use recognize::{Recognized, recognize, recognize_as};
pub use system::{Action, ActionSource, System};
pub use systems::SYSTEMS;
pub use task_check::{check, check_staged, lacking};
