//! How to wait.

use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

use tokio::time::Instant;

/// Waits, so that nothing else in this room needs a timer.
pub trait Sleeper: Send + Sync {
    /// Completes after `pause`.
    fn sleep<'a>(&'a self, pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
    /// Returns the time since a fixed moment in the past, independent of the wall clock.
    fn elapsed(&self) -> Duration;
}

/// Waits with the timer of the runtime.
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
