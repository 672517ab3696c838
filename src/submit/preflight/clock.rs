//! Whether the clock of this machine is one that the queue takes tasks of.
//!
//! The queue takes a task only when its `created` is near its own clock. Behind a proxy that signs
//! requests nothing else shows that the clock of this machine is wrong.

use crate::base::diagnostic::Diagnostic;
use crate::base::time::Timestamp;

use super::deadline::DRIFT;

/// From which difference on, in seconds, clocks are worth a warning: by so much less than the queue
/// allows that a call that is repeated for some minutes is still taken.
const NEAR: i64 = DRIFT / 3;

/// Refuses a clock that is further off than the queue allows, and warns of one that nearly is.
///
/// # Errors
/// By how much it is off.
pub(super) fn check(ours: Timestamp, theirs: Option<Timestamp>) -> Result<(), Diagnostic> {
    let Some(theirs) = theirs else { return Ok(()) };
    let ahead = ours.seconds_since(theirs);
    if ahead.abs() <= NEAR {
        return Ok(());
    }
    let off = off(ahead);
    if ahead.abs() <= DRIFT {
        tracing::warn!(
            "the clock of this machine is {off} that of the queue, which takes tasks only up to {} \
             minutes off",
            DRIFT / 60
        );
        return Ok(());
    }
    Err(Diagnostic::environment(format!(
        "the clock of this machine is {off} that of the queue"
    ))
    .because(format!(
        "it is {ours} here and {theirs} there, and the queue takes a task only when its `created` is \
         within {} minutes of its own clock",
        DRIFT / 60
    ))
    .help("nothing was created; set the clock of the worker, and rerun this task"))
}

/// How far a clock is off, before `that of`.
fn off(ahead: i64) -> String {
    let side = if ahead > 0 { "ahead of" } else { "behind" };
    format!("{} minutes {side}", ahead.abs() / 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_refused_when_the_queue_would_refuse_its_tasks() {
        let theirs = Timestamp::from_unix(1_900_000_000);
        let told = |ahead: i64| {
            let ours = Timestamp::from_unix(1_900_000_000 + ahead);
            check(ours, Some(theirs)).map_err(|diagnostic| diagnostic.message)
        };
        for ahead in [0, 60, -60, NEAR, -NEAR, DRIFT, -DRIFT] {
            assert_eq!(told(ahead), Ok(()), "{ahead}");
        }
        assert!(told(1200).is_err_and(|told| told.contains("is 20 minutes ahead of that")));
        assert!(told(-1200).is_err_and(|told| told.contains("is 20 minutes behind that")));
        assert!(told(DRIFT + 1).is_err() && told(-DRIFT - 1).is_err());
        assert!(
            check(theirs, None).is_ok(),
            "nobody has said what time it is"
        );
    }
}
