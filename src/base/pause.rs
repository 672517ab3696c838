//! How long to wait before something is tried again.

use std::time::Duration;

use sha2::{Digest, Sha256};

/// The pause after the failed try number `tried` (from 1) of what `seed` names.
///
/// It lies anywhere between nothing and a bound that begins with `first` and doubles up to `longest`.
/// Where it lies follows from a hash, so that what failed together does not come back together, and
/// runs are alike.
#[must_use]
pub fn pause(first: Duration, longest: Duration, seed: &str, tried: u32) -> Duration {
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
    bound.mul_f64(f64::from(part) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_scattered_and_bounded() {
        let (first, longest) = (Duration::from_secs(1), Duration::from_secs(60));
        let seeds: Vec<String> = (0..200).map(|n| format!("task {n}")).collect();
        for tried in 1..12 {
            let bound = Duration::from_secs(1 << (tried - 1)).min(longest);
            let pauses = seeds.iter().map(|s| pause(first, longest, s, tried));
            let pauses: Vec<Duration> = pauses.collect();
            assert!(pauses.iter().all(|pause| *pause <= bound));
            assert!(pauses.iter().any(|pause| *pause < bound.mul_f64(0.1)));
            assert!(pauses.iter().any(|pause| *pause > bound.mul_f64(0.9)));
        }
        assert_eq!(pause(first, longest, "a", 3), pause(first, longest, "a", 3));
        assert!(pause(first, longest, "a", u32::MAX) <= longest);
    }
}
