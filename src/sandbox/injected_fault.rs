//! Trouble on demand: answers that are lost, late, or refusals, so that clients can show how they bear it.
//!
//! Trouble comes in two ways: the next calls of one method are injected ([`InjectedFaults::set`]), or each call of some
//! methods may be, as a seed says ([`FaultSchedule`]). The same seed befalls the same calls, counted in the order in which
//! they come.

use std::collections::BTreeMap;
use std::time::Duration;

/// What befalls a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InjectedFault {
    /// The service answers 500 and does nothing.
    ErrorBeforeWrite,
    /// The service does what it was asked and answers 500 all the same.
    ErrorAfterWrite,
    /// The service does what it was asked, and answers after this long.
    LateReply(Duration),
    /// The connection breaks before the service does anything.
    DisconnectBeforeWrite,
    /// The service does what it was asked, and the connection breaks before its answer is through.
    DisconnectAfterWrite,
    /// The service writes the task down and fails before it follows its dependencies; the same call does the rest.
    PartialWrite,
    /// The service says that there is a conflict, and does nothing.
    Conflict,
    /// The service finds the clock of the caller wrong.
    ClockSkew,
    /// The caller has lost its scopes.
    MissingScopes,
    /// Nothing is ever answered, and nothing done.
    Hang,
    /// The service does what it was asked, and never answers.
    NoReply,
}

impl InjectedFault {
    /// Every kind that passes by itself: whoever repeats the call gets through.
    pub const TRANSIENT: &[InjectedFault] = &[
        InjectedFault::ErrorBeforeWrite,
        InjectedFault::ErrorAfterWrite,
        InjectedFault::LateReply(Duration::from_millis(3)),
        InjectedFault::DisconnectBeforeWrite,
        InjectedFault::DisconnectAfterWrite,
        InjectedFault::PartialWrite,
    ];

    /// What it is called in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ErrorBeforeWrite => "500 before the write",
            Self::ErrorAfterWrite => "500 after the write",
            Self::LateReply(_) => "late answer",
            Self::DisconnectBeforeWrite => "connection lost before the write",
            Self::DisconnectAfterWrite => "connection lost after the write",
            Self::PartialWrite => "written and left half done",
            Self::Conflict => "409",
            Self::ClockSkew => "401, clock off",
            Self::MissingScopes => "403, scopes lost",
            Self::Hang => "never answered, not done",
            Self::NoReply => "never answered, done",
        }
    }
}

/// Befalls calls at random, as a seed says.
#[derive(Debug, Clone)]
pub struct FaultSchedule {
    state: u64,
    /// Of a thousand calls, how many are injected.
    rate: u64,
    kinds: Vec<InjectedFault>,
    /// How many calls of any method pass before the first is injected, and how many are injected at most.
    after: u64,
    most: u64,
}

impl FaultSchedule {
    /// Befalls `rate` of a thousand calls with one of `kinds`.
    #[must_use]
    pub fn new(seed: u64, rate: u64, kinds: &[InjectedFault]) -> Self {
        Self {
            state: seed,
            rate,
            kinds: kinds.to_vec(),
            after: 0,
            most: u64::MAX,
        }
    }

    /// Befalls a single call: the one that comes after `number` others.
    #[must_use]
    pub fn single_call(number: u64, kind: InjectedFault) -> Self {
        Self {
            after: number,
            most: 1,
            ..Self::new(number, 1000, &[kind])
        }
    }

    /// Befalls every call after `number` others.
    #[must_use]
    pub fn from_call(number: u64, kind: InjectedFault) -> Self {
        Self {
            most: u64::MAX,
            ..Self::single_call(number, kind)
        }
    }

    /// The same, but for the calls that come after `number` others, and for `most` of them at most.
    #[must_use]
    pub fn window(self, number: u64, most: u64) -> Self {
        Self {
            after: number,
            most,
            ..self
        }
    }

    /// What befalls the next call.
    pub fn next_fault(&mut self) -> Option<InjectedFault> {
        if self.after > 0 {
            self.after -= 1;
            return None;
        }
        if self.most == 0 || self.kinds.is_empty() || self.random() % 1000 >= self.rate {
            return None;
        }
        self.most -= 1;
        let chosen = self.random() % self.kinds.len() as u64;
        usize::try_from(chosen)
            .ok()
            .and_then(|chosen| self.kinds.get(chosen).copied())
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

/// The injected_faults to come, by method: each with the number of calls that it befalls.
#[derive(Debug, Default)]
pub(crate) struct InjectedFaults {
    coming: BTreeMap<String, (u32, InjectedFault)>,
    schedules: BTreeMap<String, FaultSchedule>,
    /// How many calls were injected so far.
    pub(crate) injected: u64,
}

impl InjectedFaults {
    /// Disturbs the next calls of a method, in place of what was to befall it before.
    pub(crate) fn set(&mut self, method: &str, calls: u32, disturbance: InjectedFault) {
        self.coming.insert(method.to_owned(), (calls, disturbance));
    }

    /// Disturbs calls of a method as a schedule says, or no longer.
    pub(crate) fn schedule(&mut self, method: &str, schedule: Option<FaultSchedule>) {
        match schedule {
            Some(schedule) => self.schedules.insert(method.to_owned(), schedule),
            None => self.schedules.remove(method),
        };
    }

    /// What befalls a call of a method that is made now.
    pub(crate) fn next(&mut self, method: &str) -> Option<InjectedFault> {
        let coming = self
            .coming
            .get_mut(method)
            .and_then(|(calls, disturbance)| {
                *calls = calls.checked_sub(1)?;
                Some(*disturbance)
            });
        let found = coming.or_else(|| self.schedules.get_mut(method)?.next_fault());
        self.injected += u64::from(found.is_some());
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disturbances_end() {
        let mut injected_faults = InjectedFaults::default();
        injected_faults.set("createTask", 2, InjectedFault::ErrorBeforeWrite);
        let injected: Vec<bool> = (0..3)
            .map(|_| injected_faults.next("createTask").is_some())
            .collect();
        assert_eq!(injected, [true, true, false]);
        assert_eq!(injected_faults.next("status"), None);
        assert_eq!(injected_faults.injected, 2);
    }

    #[test]
    fn schedules_can_be_repeated() {
        let drawn = |seed| -> Vec<Option<InjectedFault>> {
            let mut schedule = FaultSchedule::new(seed, 300, InjectedFault::TRANSIENT);
            (0..2000).map(|_| schedule.next_fault()).collect()
        };
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
        let injected = drawn(7).iter().flatten().count();
        assert!((500..700).contains(&injected), "{injected}");
        for kind in InjectedFault::TRANSIENT {
            assert!(drawn(7).contains(&Some(*kind)), "{kind:?}");
        }
    }

    #[test]
    fn single_calls_can_be_chosen() {
        let mut once = FaultSchedule::single_call(2, InjectedFault::NoReply);
        let injected: Vec<bool> = (0..5).map(|_| once.next_fault().is_some()).collect();
        assert_eq!(injected, [false, false, true, false, false]);
        let mut from = FaultSchedule::from_call(3, InjectedFault::MissingScopes);
        let injected: Vec<bool> = (0..5).map(|_| from.next_fault().is_some()).collect();
        assert_eq!(injected, [false, false, false, true, true]);
    }
}
