//! Rehearsals: of this project's own releases, and of what goes wrong in them.

#![expect(
    clippy::unwrap_used,
    reason = "a test may end where it finds something wrong"
)]

mod checks;
mod command;
mod concurrent;
mod definitions;
mod edits;
mod environment;
mod guide;
mod mercurial;
mod namespaces;
mod off_cycle;
mod partners;
mod pipeline;
mod planted;
mod publication;
mod reading;
mod scriptworker;
mod shell;
pub mod small;
mod staged;
mod system_defects;
mod update_defects;
mod updates;
