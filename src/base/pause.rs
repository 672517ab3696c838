//! Pauses before a failed call is repeated.

use std::time::Duration;

use sha2::{Digest, Sha256};

/// How often, and for how long, a failing call is repeated.
///
/// Attempts are limited by time and not by number: how many of them fit into an outage depends on how
/// fast the service fails, which does not indicate how long the outage will last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The longest first pause; it doubles with each attempt.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// How long a call may keep failing before it is abandoned.
    pub budget: Duration,
}

impl RetryPolicy {
    /// The pause after the failed attempt number `tried` (from 1) of a call that was first made
    /// `failing` ago; `None` if the call is abandoned. The last attempt is made when the budget ends.
    ///
    /// The length of a pause is derived from a hash of `seed`, so that calls that failed together are
    /// not repeated together, and runs are reproducible.
    #[must_use]
    pub fn pause(&self, seed: &str, tried: u32, failing: Duration) -> Option<Duration> {
        let left = self.budget.saturating_sub(failing);
        let pause = scattered(self.first_pause, self.longest_pause, seed, tried);
        (!left.is_zero()).then(|| pause.min(left))
    }
}

/// A pause in the upper half below a bound that begins with `first` and doubles up to `longest`.
///
/// The lower half is left out: with pauses near zero, a call would use up its attempts at once, and a
/// service that is recovering would get as many requests as one that works.
fn scattered(first: Duration, longest: Duration, seed: &str, tried: u32) -> Duration {
    let doublings = tried.saturating_sub(1).min(31);
    let bound = first.saturating_mul(1u32 << doublings).min(longest);
    let mut hash = Sha256::new();
    hash.update(seed);
    hash.update(tried.to_be_bytes());
    let digest = hash.finalize();
    let part = digest
        .iter()
        .take(4)
        .fold(0u32, |sum, byte| (sum << 8) | u32::from(*byte));
    bound.mul_f64(0.5 + f64::from(part) / f64::from(u32::MAX) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy {
        first_pause: Duration::from_secs(1),
        longest_pause: Duration::from_secs(60),
        budget: Duration::from_secs(1800),
    };

    #[test]
    fn pauses_grow_with_jitter_between_bounds() {
        let seeds: Vec<String> = (0..200).map(|n| format!("task {n}")).collect();
        for tried in 1..12 {
            let bound = Duration::from_secs(1 << (tried - 1)).min(POLICY.longest_pause);
            let pauses = seeds.iter().map(|s| POLICY.pause(s, tried, Duration::ZERO));
            let pauses: Vec<Duration> = pauses.map(Option::unwrap).collect();
            assert!(pauses.iter().all(|pause| *pause <= bound));
            assert!(pauses.iter().all(|pause| *pause >= bound / 2));
            assert!(pauses.iter().any(|pause| *pause < bound.mul_f64(0.55)));
            assert!(pauses.iter().any(|pause| *pause > bound.mul_f64(0.95)));
        }
        let third = || POLICY.pause("a", 3, Duration::ZERO);
        assert_eq!(third(), third());
        let late = POLICY.pause("a", u32::MAX, Duration::ZERO);
        assert!(late.is_some_and(|pause| pause <= POLICY.longest_pause));
    }

    #[test]
    fn attempts_are_limited_by_time_only() {
        for tried in [1, 100, u32::MAX] {
            let just_before = POLICY.budget - Duration::from_millis(1);
            assert_eq!(
                POLICY.pause("a", tried, just_before),
                Some(Duration::from_millis(1)),
                "the last try is made when the budget ends"
            );
            assert_eq!(POLICY.pause("a", tried, POLICY.budget), None);
        }
    }

    #[test]
    fn an_outage_shorter_than_the_budget_is_outlasted() {
        for outage in [5, 13, 30, 65, 300, 1799] {
            let outage = Duration::from_secs(outage);
            for seed in 0..200 {
                let (mut at, mut tried) = (Duration::ZERO, 0);
                while at < outage {
                    tried += 1;
                    let pause = POLICY.pause(&format!("task {seed}"), tried, at);
                    at += pause.expect("it is not given up");
                }
                assert!(at <= outage * 3 + POLICY.first_pause, "not long after it");
            }
        }
    }
}
