//! How fast tasks are created, and how long failures are borne.

use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::time::Instant;

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
            in_flight: 50,
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
    ///
    /// It lies anywhere between nothing and a bound that doubles. Where it lies follows from a hash,
    /// so that tasks are scattered and runs are alike.
    #[must_use]
    pub fn pause(&self, seed: &str, tried: u32) -> Duration {
        let doublings = tried.saturating_sub(1).min(31);
        let bound = self
            .first_pause
            .saturating_mul(1u32 << doublings)
            .min(self.longest_pause);
        let mut hash = Sha256::new();
        hash.update(seed);
        hash.update(tried.to_be_bytes());
        let digest = hash.finalize();
        let part = digest
            .iter()
            .take(4)
            .fold(0u32, |sum, byte| (sum << 8) | u32::from(*byte));
        bound.mul_f64(f64::from(part) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_scattered_and_bounded() {
        let pace = Pace::default();
        let seeds: Vec<String> = (0..200).map(|n| format!("task {n}")).collect();
        for tried in 1..12 {
            let bound = Duration::from_secs(1 << (tried - 1)).min(pace.longest_pause);
            let pauses: Vec<Duration> = seeds.iter().map(|s| pace.pause(s, tried)).collect();
            assert!(pauses.iter().all(|pause| *pause <= bound));
            assert!(pauses.iter().any(|pause| *pause < bound.mul_f64(0.1)));
            assert!(pauses.iter().any(|pause| *pause > bound.mul_f64(0.9)));
        }
        assert_eq!(pace.pause("a", 3), pace.pause("a", 3));
        assert!(pace.pause("a", u32::MAX) <= pace.longest_pause);
    }
}
