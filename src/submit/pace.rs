//! How fast tasks are created, and how long failures are borne.

use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

use tokio::time::Instant;

use crate::base::pause::RetryPolicy;

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
    /// How a task whose creation failed is tried again. When no task at all could be created for the
    /// whole budget, nothing more is sent.
    pub retry: RetryPolicy,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            in_flight: 200,
            retry: RetryPolicy {
                first_pause: Duration::from_secs(1),
                longest_pause: Duration::from_secs(60),
                budget: Duration::from_secs(30 * 60),
            },
        }
    }
}
