//! How many calls are under way at once.
//!
//! The room doubles with each full set of answers until something goes wrong, then grows by one with
//! each full set. A failed call halves it; so do answers that take much longer than the quickest so
//! far while many are under way, since the service then has a queue and more calls only make that
//! longer. It shrinks once for all calls that were under way at the same time.

use std::time::Duration;

/// How many calls are under way at first.
const FIRST: usize = 10;
/// How few are left when all goes wrong.
const LEAST: usize = 2;
/// How much longer than the quickest answer one may take before it means a queue.
const LONG: u32 = 8;
/// Answers that are quicker than this never mean a queue.
const QUICK: Duration = Duration::from_millis(250);

/// How many calls may be under way.
pub(super) struct Throttle {
    most: usize,
    room: usize,
    /// Whether nothing has gone wrong so far.
    doubling: bool,
    /// Answers since the room last changed.
    answers: usize,
    /// The smoothed time that answers take, and the quickest.
    usual: Option<Duration>,
    quickest: Duration,
}

impl Throttle {
    pub(super) fn new(most: usize) -> Self {
        let most = most.max(1);
        Self {
            most,
            room: most.min(FIRST),
            doubling: true,
            answers: 0,
            usual: None,
            quickest: Duration::MAX,
        }
    }

    /// How many calls may be under way now.
    pub(super) fn room(&self) -> usize {
        self.room
    }

    /// A call has succeeded; it took this long, when anybody was asked at all.
    pub(super) fn went_well(&mut self, took: Option<Duration>) {
        let Some(took) = took else { return };
        self.quickest = self.quickest.min(took);
        let usual = self.usual.map_or(took, |usual| (usual * 7 + took) / 8);
        self.usual = Some(usual);
        self.answers += 1;
        if self.answers < self.room {
            return;
        }
        self.answers = 0;
        if usual > QUICK && usual > self.quickest.saturating_mul(LONG) {
            self.shrink();
        } else if self.doubling {
            self.room = (self.room * 2).min(self.most);
        } else {
            self.room = (self.room + 1).min(self.most);
        }
    }

    /// A call has failed in a way that passes.
    pub(super) fn went_wrong(&mut self) {
        // The failures of one set of calls have one reason.
        if self.doubling || self.answers > 0 {
            self.shrink();
        }
    }

    fn shrink(&mut self) {
        self.room = (self.room / 2).max(LEAST).min(self.most);
        self.doubling = false;
        self.answers = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Option<Duration> = Some(Duration::from_millis(20));

    fn answered(throttle: &mut Throttle, times: usize, took: Option<Duration>) {
        for _ in 0..times {
            throttle.went_well(took);
        }
    }

    #[test]
    fn room_grows_while_all_is_well() {
        let mut throttle = Throttle::new(50);
        assert_eq!(throttle.room(), 10);
        answered(&mut throttle, 10, TICK);
        assert_eq!(throttle.room(), 20);
        answered(&mut throttle, 200, TICK);
        assert_eq!(throttle.room(), 50);
        assert_eq!(Throttle::new(3).room(), 3);
    }

    #[test]
    fn failures_halve_it_once_for_each_set() {
        let mut throttle = Throttle::new(40);
        answered(&mut throttle, 100, TICK);
        assert_eq!(throttle.room(), 40);
        for _ in 0..40 {
            throttle.went_wrong();
        }
        assert_eq!(throttle.room(), 20);
        answered(&mut throttle, 20, TICK);
        assert_eq!(throttle.room(), 21);
        for _ in 0..20 {
            answered(&mut throttle, 1, TICK);
            throttle.went_wrong();
        }
        assert_eq!(throttle.room(), LEAST);
    }

    #[test]
    fn slow_answers_halve_it() {
        let mut throttle = Throttle::new(40);
        answered(&mut throttle, 100, TICK);
        answered(&mut throttle, 40, Some(Duration::from_secs(2)));
        assert!(throttle.room() < 40);
        // Nothing is learned from what nobody was asked for.
        let room = throttle.room();
        answered(&mut throttle, 1000, None);
        assert_eq!(throttle.room(), room);
    }
}
