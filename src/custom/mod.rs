//! What a project adds in Python, as the phases see it.
//!
//! [`Custom::open`] imports the project's modules and asks what they have added to taskgraph's
//! tables or replaced there ([`registered`]). From then on, phases look up what is not built in
//! with [`Custom`], and delegate the work: [`kind_run`] for kinds, [`graph_hooks`] for later phases.

pub mod actions;
pub mod callback;
pub mod entry;
pub mod graph_hooks;
pub mod kind_cache;
pub mod kind_run;
mod kind_source;
pub mod morphs;
pub mod parameter_hooks;
pub mod phase_hook;
mod project;
pub mod registered;
pub mod strategies;
pub mod traced;
pub mod version;
mod wire;

pub use project::{Custom, NativeTables};
pub use registered::Registered;
