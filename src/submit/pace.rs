//! How fast tasks are created, and how long failures are borne.

use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

use tokio::time::Instant;

use crate::base::pause::pause;

/// Waits; handed in, so that nothing else needs to.
pub trait Sleeper: Send + Sync {
    /// Ends after `pause`.
    fn sleep<'a>(&'a self, pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
    /// How much time has gone by since some moment in the past, whatever happens to the clock.
    fn elapsed(&self) -> Duration;
}

/// Waits on the timer of the runtime.
#[derive(Debug, Clone, Copy, Default)]
pub struct TokioSleeper;

impl Sleeper for TokioSleeper {
    fn sleep<'a>(&'a self, pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(tokio::time::sleep(pause))
    }

    fn elapsed(&self) -> Duration {
        static BEGIN: OnceLock<Instant> = OnceLock::new();
        BEGIN.get_or_init(Instant::now).elapsed()
    }
}

/// How fast tasks are created, and how long failures are borne.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How many tasks are under way at most; one that waits to be tried again is under way. How
    /// many are follows from how the service answers.
    pub in_flight: usize,
    /// How often one task is tried at most.
    pub tries: u32,
    /// The reserve for failures of all tasks together: each failed try takes one from it and each
    /// created task gives one back. When it is spent, nothing is tried again and nothing more is
    /// sent, since the service is then down rather than flaky.
    pub reserve: u32,
    /// The longest first pause; it doubles from try to try.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// How long the whole may take; afterwards nothing more is sent.
    pub budget: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            in_flight: 200,
            tries: 8,
            reserve: 400,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(60),
            budget: Duration::from_secs(30 * 60),
        }
    }
}

impl Pace {
    /// The pause after the failed try number `tried` (from 1) of what `seed` names.
    #[must_use]
    pub fn pause(&self, seed: &str, tried: u32) -> Duration {
        pause(self.first_pause, self.longest_pause, seed, tried)
    }
}
