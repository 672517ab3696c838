//! Actions against an embedded Taskcluster: what they create, where, and what they leave behind.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test may end where it finds something wrong, reads the real environment and clock, and says \
              what it skips"
)]

mod add;
mod bench;
mod callback;
mod cancel;
mod chains;
mod checkout;
mod command;
mod decision;
mod demand;
mod harm;
mod hooks;
mod later;
mod names;
mod offered;
mod overrides;
mod plan;
mod project;
mod promotion;
mod published;
mod ran;
mod releases;
mod rerun;
mod retrigger;
mod snowmen;
mod staged;
mod taken;
mod why;
