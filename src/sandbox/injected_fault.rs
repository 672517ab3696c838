//! Trouble on demand: answers that are lost, late, or refusals, so that clients can show how they bear it.
//!
//! Trouble comes in two ways: the next calls of one method are befallen ([`Disturbances::set`]), or each call of some
//! methods may be, as a seed says ([`Schedule`]). The same seed befalls the same calls, counted in the order in which
//! they come.

use std::collections::BTreeMap;
use std::time::Duration;

/// What befalls a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disturbance {
    /// The service answers 500 and does nothing.
    Refused,
    /// The service does what it was asked and answers 500 all the same.
    AnswerLost,
    /// The service does what it was asked, and answers after this long.
    Late(Duration),
    /// The connection breaks before the service does anything.
    Dropped,
    /// The service does what it was asked, and the connection breaks before its answer is through.
    BrokenOff,
    /// The service writes the task down and fails before it follows its dependencies; the same call does the rest.
    HalfDone,
    /// The service says that there is a conflict, and does nothing.
    Conflict,
    /// The service finds the clock of the caller wrong.
    Skewed,
    /// The caller has lost its scopes.
    Unscoped,
    /// Nothing is ever answered, and nothing done.
    Stuck,
    /// The service does what it was asked, and never answers.
    Mute,
}

impl Disturbance {
    /// Every sort that passes by itself: whoever repeats the call gets through.
    pub const PASSING: &[Disturbance] = &[
        Disturbance::Refused,
        Disturbance::AnswerLost,
        Disturbance::Late(Duration::from_millis(3)),
        Disturbance::Dropped,
        Disturbance::BrokenOff,
        Disturbance::HalfDone,
    ];

    /// What it is called in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "500 before the write",
            Self::AnswerLost => "500 after the write",
            Self::Late(_) => "late answer",
            Self::Dropped => "connection lost before the write",
            Self::BrokenOff => "connection lost after the write",
            Self::HalfDone => "written and left half done",
            Self::Conflict => "409",
            Self::Skewed => "401, clock off",
            Self::Unscoped => "403, scopes lost",
            Self::Stuck => "never answered, not done",
            Self::Mute => "never answered, done",
        }
    }
}

/// Befalls calls at random, as a seed says.
#[derive(Debug, Clone)]
pub struct Schedule {
    state: u64,
    /// Of a thousand calls, how many are befallen.
    rate: u64,
    sorts: Vec<Disturbance>,
    /// How many calls of any method pass before the first is befallen, and how many are befallen at most.
    after: u64,
    most: u64,
}

impl Schedule {
    /// Befalls `rate` of a thousand calls with one of `sorts`.
    #[must_use]
    pub fn new(seed: u64, rate: u64, sorts: &[Disturbance]) -> Self {
        Self {
            state: seed,
            rate,
            sorts: sorts.to_vec(),
            after: 0,
            most: u64::MAX,
        }
    }

    /// Befalls a single call: the one that comes after `number` others.
    #[must_use]
    pub fn once(number: u64, sort: Disturbance) -> Self {
        Self {
            after: number,
            most: 1,
            ..Self::new(number, 1000, &[sort])
        }
    }

    /// Befalls every call after `number` others.
    #[must_use]
    pub fn from(number: u64, sort: Disturbance) -> Self {
        Self {
            most: u64::MAX,
            ..Self::once(number, sort)
        }
    }

    /// The same, but for the calls that come after `number` others, and for `most` of them at most.
    #[must_use]
    pub fn between(self, number: u64, most: u64) -> Self {
        Self {
            after: number,
            most,
            ..self
        }
    }

    /// What befalls the next call.
    pub fn draw(&mut self) -> Option<Disturbance> {
        if self.after > 0 {
            self.after -= 1;
            return None;
        }
        if self.most == 0 || self.sorts.is_empty() || self.random() % 1000 >= self.rate {
            return None;
        }
        self.most -= 1;
        let chosen = self.random() % self.sorts.len() as u64;
        usize::try_from(chosen)
            .ok()
            .and_then(|chosen| self.sorts.get(chosen).copied())
    }

    /// The next number of the sequence (splitmix64).
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// The disturbances to come, by method: each with the number of calls that it befalls.
#[derive(Debug, Default)]
pub(crate) struct Disturbances {
    coming: BTreeMap<String, (u32, Disturbance)>,
    schedules: BTreeMap<String, Schedule>,
    /// How many calls were befallen so far.
    pub(crate) befallen: u64,
}

impl Disturbances {
    /// Disturbs the next calls of a method, in place of what was to befall it before.
    pub(crate) fn set(&mut self, method: &str, calls: u32, disturbance: Disturbance) {
        self.coming.insert(method.to_owned(), (calls, disturbance));
    }

    /// Disturbs calls of a method as a schedule says, or no longer.
    pub(crate) fn schedule(&mut self, method: &str, schedule: Option<Schedule>) {
        match schedule {
            Some(schedule) => self.schedules.insert(method.to_owned(), schedule),
            None => self.schedules.remove(method),
        };
    }

    /// What befalls a call of a method that is made now.
    pub(crate) fn next(&mut self, method: &str) -> Option<Disturbance> {
        let coming = self
            .coming
            .get_mut(method)
            .and_then(|(calls, disturbance)| {
                *calls = calls.checked_sub(1)?;
                Some(*disturbance)
            });
        let found = coming.or_else(|| self.schedules.get_mut(method)?.draw());
        self.befallen += u64::from(found.is_some());
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disturbances_end() {
        let mut disturbances = Disturbances::default();
        disturbances.set("createTask", 2, Disturbance::Refused);
        let befallen: Vec<bool> = (0..3)
            .map(|_| disturbances.next("createTask").is_some())
            .collect();
        assert_eq!(befallen, [true, true, false]);
        assert_eq!(disturbances.next("status"), None);
        assert_eq!(disturbances.befallen, 2);
    }

    #[test]
    fn schedules_can_be_repeated() {
        let drawn = |seed| -> Vec<Option<Disturbance>> {
            let mut schedule = Schedule::new(seed, 300, Disturbance::PASSING);
            (0..2000).map(|_| schedule.draw()).collect()
        };
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
        let befallen = drawn(7).iter().flatten().count();
        assert!((500..700).contains(&befallen), "{befallen}");
        for sort in Disturbance::PASSING {
            assert!(drawn(7).contains(&Some(*sort)), "{sort:?}");
        }
    }

    #[test]
    fn single_calls_can_be_chosen() {
        let mut once = Schedule::once(2, Disturbance::Mute);
        let befallen: Vec<bool> = (0..5).map(|_| once.draw().is_some()).collect();
        assert_eq!(befallen, [false, false, true, false, false]);
        let mut from = Schedule::from(3, Disturbance::Unscoped);
        let befallen: Vec<bool> = (0..5).map(|_| from.draw().is_some()).collect();
        assert_eq!(befallen, [false, false, false, true, true]);
    }
}
