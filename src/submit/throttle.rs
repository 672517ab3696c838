//! How many calls are under way at once.
//!
//! 1. The room doubles with each full set of answers until something goes wrong.
//! 2. A failed call halves it, down to very few. It shrinks once for all calls that were under way at
//!    the same time. Afterwards it doubles again up to half of what it was when calls began to fail,
//!    and from there on grows by one with each full set, so that an outage that is over does not slow
//!    down all that follows.
//! 3. Answers that take much longer than the quickest so far halve it too, since the service then has
//!    a queue and more calls only make that longer. But a slow success is no failure: this never takes
//!    the room below a number that no service minds, and a room below that grows however slow answers
//!    are. When each call takes half a minute, a large graph needs that many calls at once to come to
//!    its end.

use std::time::Duration;

/// How many calls are under way at first.
const FIRST: usize = 10;
/// How few are left when all goes wrong.
const LEAST: usize = 2;
/// How few are left when all answers are slow. A queue on two cores creates as many tasks in a second
/// with 50 calls at once as with 10.
const LEAST_SLOW: usize = 50;
/// How much longer than the quickest answer one may take before it means a queue.
const LONG: u32 = 8;
/// Answers that are quicker than this never mean a queue.
const QUICK: Duration = Duration::from_millis(250);

/// How many calls may be under way.
pub(super) struct Throttle {
    most: usize,
    room: usize,
    /// Up to which room it doubles.
    doubles_to: usize,
    /// Whether calls fail and none has succeeded since.
    failing: bool,
    /// Answers, and failures, since the room last changed.
    answers: usize,
    missed: usize,
    /// How many calls were under way when it last shrank.
    set: usize,
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
            doubles_to: most,
            failing: false,
            answers: 0,
            missed: 0,
            set: 0,
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
        self.failing = false;
        self.quickest = self.quickest.min(took);
        let usual = self.usual.map_or(took, |usual| (usual * 7 + took) / 8);
        self.usual = Some(usual);
        self.answers += 1;
        if self.answers < self.room {
            return;
        }
        self.answers = 0;
        let slow = usual > QUICK && usual > self.quickest.saturating_mul(LONG);
        self.room = if slow && self.room >= LEAST_SLOW {
            self.doubles_to = (self.room / 2).max(LEAST_SLOW);
            self.doubles_to
        } else {
            let least = if slow { LEAST_SLOW } else { 0 };
            let doubles_to = self.doubles_to.max(least).min(self.most);
            if self.room < doubles_to {
                (self.room * 2).min(doubles_to)
            } else {
                (self.room + 1).min(self.most)
            }
        };
    }

    /// A call has failed in a way that passes.
    pub(super) fn went_wrong(&mut self) {
        // The failures of one set of calls have one reason.
        self.missed += 1;
        if self.failing && self.missed < self.set {
            return;
        }
        if !self.failing {
            self.doubles_to = (self.room / 2).max(LEAST);
        }
        self.failing = true;
        self.set = self.room;
        self.missed = 0;
        self.answers = 0;
        self.room = (self.room / 2).max(LEAST).min(self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Option<Duration> = Some(Duration::from_millis(20));
    const SLOW: Option<Duration> = Some(Duration::from_secs(30));

    fn answered(throttle: &mut Throttle, times: usize, took: Option<Duration>) {
        for _ in 0..times {
            throttle.went_well(took);
        }
    }

    /// How many times 30 seconds the creation of so many tasks takes from here.
    fn rounds(throttle: &mut Throttle, tasks: usize) -> usize {
        let (mut left, mut rounds) = (tasks, 0);
        while left > 0 {
            let sent = left.min(throttle.room());
            answered(throttle, sent, SLOW);
            left -= sent;
            rounds += 1;
        }
        rounds
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
        for _ in 0..400 {
            throttle.went_wrong();
        }
        assert_eq!(throttle.room(), LEAST);
    }

    #[test]
    fn it_recovers_soon_from_an_outage() {
        let mut throttle = Throttle::new(200);
        answered(&mut throttle, 1000, TICK);
        assert_eq!(throttle.room(), 200);
        for _ in 0..2000 {
            throttle.went_wrong();
        }
        assert_eq!(throttle.room(), LEAST);
        // 2, 4, 8, ... 64, 100, and then one by one.
        answered(&mut throttle, 2 + 4 + 8 + 16 + 32 + 64, TICK);
        assert_eq!(throttle.room(), 100);
        answered(&mut throttle, 100, TICK);
        assert_eq!(throttle.room(), 101);
    }

    #[test]
    fn slow_answers_halve_it_but_not_below_what_no_service_minds() {
        let mut throttle = Throttle::new(200);
        answered(&mut throttle, 1000, TICK);
        answered(&mut throttle, 200, Some(Duration::from_secs(2)));
        assert_eq!(throttle.room(), 100);
        answered(&mut throttle, 10_000, SLOW);
        assert_eq!(throttle.room(), LEAST_SLOW);
        // Nothing is learned from what nobody was asked for.
        answered(&mut throttle, 1000, None);
        assert_eq!(throttle.room(), LEAST_SLOW);
        answered(&mut throttle, 10_000, TICK);
        assert!(throttle.room() > LEAST_SLOW, "all is well again");
    }

    #[test]
    fn slow_successes_leave_enough_room_to_come_to_an_end() {
        const MOST: usize = 25 * 60 / 30;
        // From the first answer on, in the midst of it, and after an outage.
        assert!(rounds(&mut Throttle::new(200), 2_000) < MOST);
        let mut throttle = Throttle::new(200);
        answered(&mut throttle, 1_000, TICK);
        assert!(rounds(&mut throttle, 2_000) < MOST);
        let mut throttle = Throttle::new(200);
        answered(&mut throttle, 1_000, TICK);
        for _ in 0..2_000 {
            throttle.went_wrong();
        }
        assert_eq!(throttle.room(), LEAST);
        assert!(rounds(&mut throttle, 1_500) < MOST);
    }
}
