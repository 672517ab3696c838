//! Each task of a graph is created exactly once, whatever fails while it is created.

#![expect(
    clippy::unwrap_used,
    reason = "a test may end where it finds something wrong"
)]
#![expect(
    clippy::panic,
    reason = "a test may end where it finds something wrong"
)]
#![expect(
    clippy::print_stdout,
    reason = "the table of faults is shown to whoever asks"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "a variable says how many schedules there are"
)]

mod bench;
mod cases;
mod graph;
#[cfg(unix)]
mod killed;
mod schedules;
mod served;

/// By how much the variable `FAULTS` multiplies how many schedules there are.
fn times() -> u64 {
    let given = std::env::var("FAULTS").ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(1)
}
