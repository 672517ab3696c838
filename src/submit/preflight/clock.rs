//! Checks the clock of this machine.
//!
//! The queue only accepts a task with a `created` near its own time. Behind a proxy that signs
//! requests, no other error shows that the clock of this machine is wrong.

use crate::base::diagnostic::Diagnostic;
use crate::base::time::Timestamp;

use super::deadline::DRIFT;

/// The difference, in seconds, from which a warning is logged: small enough that a call that is
/// retried for some minutes is still accepted.
const NEAR: i64 = DRIFT / 3;

/// Compares our clock with the clock of the queue, and logs a warning if they almost differ too much.
///
/// # Errors
/// The clocks differ too much.
pub(super) fn check(ours: Timestamp, theirs: Option<Timestamp>) -> Result<(), Diagnostic> {
    let Some(theirs) = theirs else { return Ok(()) };
    let ahead = ours.seconds_since(theirs);
    if ahead.abs() <= NEAR {
        return Ok(());
    }
    let off = off(ahead);
    if ahead.abs() <= DRIFT {
        tracing::warn!(
            "the clock of this machine is {off} the clock of the queue, which only accepts a \
             difference of up to {} minutes",
            DRIFT / 60
        );
        return Ok(());
    }
    Err(Diagnostic::environment(format!(
        "the clock of this machine is {off} the clock of the queue"
    ))
    .because(format!(
        "the time is {ours} here and {theirs} on the queue, which only accepts a `created` within {} \
         minutes of its own clock",
        DRIFT / 60
    ))
    .help("set the clock of this worker, and rerun this task; nothing was created"))
}

/// Describes the difference; the other clock follows.
fn off(ahead: i64) -> String {
    let side = if ahead > 0 { "ahead of" } else { "behind" };
    format!("{} minutes {side}", ahead.abs() / 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_the_queue_would_reject_is_an_error() {
        let theirs = Timestamp::from_unix(1_900_000_000);
        let message = |ahead: i64| {
            let ours = Timestamp::from_unix(1_900_000_000 + ahead);
            check(ours, Some(theirs)).map_err(|diagnostic| diagnostic.message)
        };
        for ahead in [0, 60, -60, NEAR, -NEAR, DRIFT, -DRIFT] {
            assert_eq!(message(ahead), Ok(()), "{ahead}");
        }
        assert!(message(1200).is_err_and(|text| text.contains("is 20 minutes ahead of the clock")));
        assert!(message(-1200).is_err_and(|text| text.contains("is 20 minutes behind the clock")));
        assert!(message(DRIFT + 1).is_err() && message(-DRIFT - 1).is_err());
        assert!(
            check(theirs, None).is_ok(),
            "the time of the queue is unknown"
        );
    }
}
