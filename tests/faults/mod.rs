//! Each task of a graph is created exactly once, whatever fails during its creation.

#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::panic, reason = "a test may panic")]
#![expect(clippy::print_stdout, reason = "prints the table of faults")]
#![expect(
    clippy::disallowed_methods,
    reason = "a variable multiplies the number of schedules"
)]

mod bench;
mod cases;
mod graph;
#[cfg(unix)]
mod killed;
mod schedules;
mod served;

/// Returns the variable `FAULTS`, which multiplies the number of schedules.
fn times() -> u64 {
    let variable = std::env::var("FAULTS").ok();
    variable.and_then(|text| text.parse().ok()).unwrap_or(1)
}
