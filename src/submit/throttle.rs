//! Limits how many calls are in flight at once.
//!
//! 1. The limit doubles with each full round of responses until a call fails.
//! 2. A failed call halves the limit, down to a small minimum. Failures of calls that were in flight
//!    together halve it only once. Afterwards it doubles again up to half of its value at the first
//!    failure, and then grows by one per round, so that a past outage does not slow down the rest.
//! 3. Responses that take much longer than the fastest so far also halve it: the service then has a
//!    backlog, and more calls would only make that longer. But a slow success is not a failure, so
//!    slow responses never reduce the limit below a number that every service can handle, and a
//!    lower limit still grows. When each call takes half a minute, a large graph needs that many
//!    concurrent calls to finish.

use std::time::Duration;

/// The initial limit.
const FIRST: usize = 10;
/// The minimum after failures.
const LEAST: usize = 2;
/// The minimum after slow responses. A queue on two cores creates as many tasks per second with 50
/// concurrent calls as with 10.
const LEAST_SLOW: usize = 50;
/// How many times slower than the fastest response a slow one is.
const LONG: u32 = 8;
/// Responses that are faster than this are never slow.
const QUICK: Duration = Duration::from_millis(250);

/// Limits how many calls are in flight.
pub(super) struct Throttle {
    max: usize,
    limit: usize,
    /// The limit up to which it doubles.
    doubles_to: usize,
    /// Whether calls have failed, and none has succeeded since.
    failing: bool,
    /// Successes and failures since the limit last changed.
    successes: usize,
    failures: usize,
    /// The limit before it was last halved.
    round: usize,
    /// The smoothed duration of calls, and the fastest call.
    average: Option<Duration>,
    fastest: Duration,
}

impl Throttle {
    /// Creates a throttle that never allows more than `max` calls.
    pub(super) fn new(max: usize) -> Self {
        let max = max.max(1);
        Self {
            max,
            limit: max.min(FIRST),
            doubles_to: max,
            failing: false,
            successes: 0,
            failures: 0,
            round: 0,
            average: None,
            fastest: Duration::MAX,
        }
    }

    /// Returns how many calls may be in flight now.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Records a success and its duration, if a call was made.
    pub(super) fn succeeded(&mut self, took: Option<Duration>) {
        let Some(took) = took else { return };
        self.failing = false;
        self.fastest = self.fastest.min(took);
        let average = self
            .average
            .map_or(took, |average| (average * 7 + took) / 8);
        self.average = Some(average);
        self.successes += 1;
        if self.successes < self.limit {
            return;
        }
        self.successes = 0;
        let slow = average > QUICK && average > self.fastest.saturating_mul(LONG);
        self.limit = if slow && self.limit >= LEAST_SLOW {
            self.doubles_to = (self.limit / 2).max(LEAST_SLOW);
            self.doubles_to
        } else {
            let least = if slow { LEAST_SLOW } else { 0 };
            let doubles_to = self.doubles_to.max(least).min(self.max);
            if self.limit < doubles_to {
                (self.limit * 2).min(doubles_to)
            } else {
                (self.limit + 1).min(self.max)
            }
        };
    }

    /// Records a transient failure.
    pub(super) fn failed(&mut self) {
        // Calls that were in flight together fail for the same reason.
        self.failures += 1;
        if self.failing && self.failures < self.round {
            return;
        }
        if !self.failing {
            self.doubles_to = (self.limit / 2).max(LEAST);
        }
        self.failing = true;
        self.round = self.limit;
        self.failures = 0;
        self.successes = 0;
        self.limit = (self.limit / 2).max(LEAST).min(self.max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Option<Duration> = Some(Duration::from_millis(20));
    const SLOW: Option<Duration> = Some(Duration::from_secs(30));

    fn succeed(throttle: &mut Throttle, times: usize, took: Option<Duration>) {
        for _ in 0..times {
            throttle.succeeded(took);
        }
    }

    /// The number of 30-second rounds that the creation of so many tasks takes.
    fn rounds(throttle: &mut Throttle, tasks: usize) -> usize {
        let (mut left, mut rounds) = (tasks, 0);
        while left > 0 {
            let sent = left.min(throttle.limit());
            succeed(throttle, sent, SLOW);
            left -= sent;
            rounds += 1;
        }
        rounds
    }

    #[test]
    fn the_limit_grows_while_calls_succeed() {
        let mut throttle = Throttle::new(50);
        assert_eq!(throttle.limit(), 10);
        succeed(&mut throttle, 10, TICK);
        assert_eq!(throttle.limit(), 20);
        succeed(&mut throttle, 200, TICK);
        assert_eq!(throttle.limit(), 50);
        assert_eq!(Throttle::new(3).limit(), 3);
    }

    #[test]
    fn failures_halve_the_limit_once_per_round() {
        let mut throttle = Throttle::new(40);
        succeed(&mut throttle, 100, TICK);
        assert_eq!(throttle.limit(), 40);
        for _ in 0..40 {
            throttle.failed();
        }
        assert_eq!(throttle.limit(), 20);
        for _ in 0..400 {
            throttle.failed();
        }
        assert_eq!(throttle.limit(), LEAST);
    }

    #[test]
    fn the_limit_recovers_quickly_after_an_outage() {
        let mut throttle = Throttle::new(200);
        succeed(&mut throttle, 1000, TICK);
        assert_eq!(throttle.limit(), 200);
        for _ in 0..2000 {
            throttle.failed();
        }
        assert_eq!(throttle.limit(), LEAST);
        // 2, 4, 8, ... 64, 100, and then one by one.
        succeed(&mut throttle, 2 + 4 + 8 + 16 + 32 + 64, TICK);
        assert_eq!(throttle.limit(), 100);
        succeed(&mut throttle, 100, TICK);
        assert_eq!(throttle.limit(), 101);
    }

    #[test]
    fn slow_responses_halve_the_limit_down_to_a_minimum() {
        let mut throttle = Throttle::new(200);
        succeed(&mut throttle, 1000, TICK);
        succeed(&mut throttle, 200, Some(Duration::from_secs(2)));
        assert_eq!(throttle.limit(), 100);
        succeed(&mut throttle, 10_000, SLOW);
        assert_eq!(throttle.limit(), LEAST_SLOW);
        // Kept tasks without a call teach nothing.
        succeed(&mut throttle, 1000, None);
        assert_eq!(throttle.limit(), LEAST_SLOW);
        succeed(&mut throttle, 10_000, TICK);
        assert!(throttle.limit() > LEAST_SLOW, "responses are fast again");
    }

    #[test]
    fn slow_successes_still_finish_in_time() {
        const MOST: usize = 25 * 60 / 30;
        // From the start, in the middle, and after an outage.
        assert!(rounds(&mut Throttle::new(200), 2_000) < MOST);
        let mut throttle = Throttle::new(200);
        succeed(&mut throttle, 1_000, TICK);
        assert!(rounds(&mut throttle, 2_000) < MOST);
        let mut throttle = Throttle::new(200);
        succeed(&mut throttle, 1_000, TICK);
        for _ in 0..2_000 {
            throttle.failed();
        }
        assert_eq!(throttle.limit(), LEAST);
        assert!(rounds(&mut throttle, 1_500) < MOST);
    }
}
