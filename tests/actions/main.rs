//! Actions against an embedded Taskcluster: what they create, where, and what they leave behind.

#![expect(
    clippy::unwrap_used,
    reason = "a test may end where it finds something wrong"
)]

mod bench;
mod callback;
mod cancel;
mod command;
mod decision;
mod later;
mod offered;
mod project;
mod promotion;
mod retrigger;
mod snowmen;
