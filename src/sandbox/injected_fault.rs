//! Injected faults: errors, late replies and lost connections, to test how clients handle them.
//!
//! Faults are injected either into the next calls of a method ([`InjectedFaults::set`]) or into
//! calls that a seed selects ([`FaultSchedule`]). The same seed selects the same calls, counted in
//! the order in which they arrive.

use std::collections::BTreeMap;
use std::time::Duration;

/// A fault to inject into a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InjectedFault {
    /// The service replies 500 and does nothing.
    ErrorBeforeWrite,
    /// The service performs the call and still replies 500.
    ErrorAfterWrite,
    /// The service performs the call and replies after a delay.
    LateReply(Duration),
    /// The connection is lost before the service performs the call.
    DisconnectBeforeWrite,
    /// The service performs the call, and the connection is lost during the response.
    DisconnectAfterWrite,
    /// The service stores the task but fails before it registers its dependencies; repeating the
    /// call completes it.
    PartialWrite,
    /// The service replies 409 and does nothing.
    Conflict,
    /// The service rejects the caller's timestamp.
    ClockSkew,
    /// The caller no longer has its scopes.
    MissingScopes,
    /// The service does nothing and never replies.
    Hang,
    /// The service performs the call and never replies.
    NoReply,
}

impl InjectedFault {
    /// The faults that do not last: repeating the call succeeds.
    pub const TRANSIENT: &[InjectedFault] = &[
        InjectedFault::ErrorBeforeWrite,
        InjectedFault::ErrorAfterWrite,
        InjectedFault::LateReply(Duration::from_millis(3)),
        InjectedFault::DisconnectBeforeWrite,
        InjectedFault::DisconnectAfterWrite,
        InjectedFault::PartialWrite,
    ];

    /// Returns the name used in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ErrorBeforeWrite => "500 before the write",
            Self::ErrorAfterWrite => "500 after the write",
            Self::LateReply(_) => "late reply",
            Self::DisconnectBeforeWrite => "connection lost before the write",
            Self::DisconnectAfterWrite => "connection lost after the write",
            Self::PartialWrite => "partial write",
            Self::Conflict => "409",
            Self::ClockSkew => "401, wrong clock",
            Self::MissingScopes => "403, missing scopes",
            Self::Hang => "no reply before the write",
            Self::NoReply => "no reply after the write",
        }
    }
}

/// Selects calls for faults at random, from a seed.
#[derive(Debug, Clone)]
pub struct FaultSchedule {
    state: u64,
    /// Faults per 1,000 calls.
    rate: u64,
    kinds: Vec<InjectedFault>,
    /// How many calls succeed before the first fault, and how many faults follow at most.
    skip: u64,
    limit: u64,
}

impl FaultSchedule {
    /// Injects one of `kinds` into `rate` of 1,000 calls.
    #[must_use]
    pub fn new(seed: u64, rate: u64, kinds: &[InjectedFault]) -> Self {
        Self {
            state: seed,
            rate,
            kinds: kinds.to_vec(),
            skip: 0,
            limit: u64::MAX,
        }
    }

    /// Injects a fault into a single call: the one after `skip` others.
    #[must_use]
    pub fn single_call(skip: u64, kind: InjectedFault) -> Self {
        Self {
            skip,
            limit: 1,
            ..Self::new(skip, 1000, &[kind])
        }
    }

    /// Injects a fault into every call after the first `skip`.
    #[must_use]
    pub fn from_call(skip: u64, kind: InjectedFault) -> Self {
        Self {
            limit: u64::MAX,
            ..Self::single_call(skip, kind)
        }
    }

    /// Limits the schedule to calls after the first `skip`, and to `limit` faults.
    #[must_use]
    pub fn window(self, skip: u64, limit: u64) -> Self {
        Self {
            skip,
            limit,
            ..self
        }
    }

    /// Returns the fault for the next call, if any.
    pub fn next_fault(&mut self) -> Option<InjectedFault> {
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        if self.limit == 0 || self.kinds.is_empty() || self.random() % 1000 >= self.rate {
            return None;
        }
        self.limit -= 1;
        let chosen = self.random() % self.kinds.len() as u64;
        usize::try_from(chosen)
            .ok()
            .and_then(|chosen| self.kinds.get(chosen).copied())
    }

    /// Returns the next random number (splitmix64).
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// The faults to inject, by method.
#[derive(Debug, Default)]
pub(crate) struct InjectedFaults {
    next_calls: BTreeMap<String, (u32, InjectedFault)>,
    schedules: BTreeMap<String, FaultSchedule>,
    /// How many faults have been injected.
    pub(crate) injected: u64,
}

impl InjectedFaults {
    /// Injects a fault into the next calls of a method and replaces an earlier setting.
    pub(crate) fn set(&mut self, method: &str, calls: u32, fault: InjectedFault) {
        self.next_calls.insert(method.to_owned(), (calls, fault));
    }

    /// Sets or removes the fault schedule of a method.
    pub(crate) fn schedule(&mut self, method: &str, schedule: Option<FaultSchedule>) {
        match schedule {
            Some(schedule) => self.schedules.insert(method.to_owned(), schedule),
            None => self.schedules.remove(method),
        };
    }

    /// Returns the fault for a call of a method, if any.
    pub(crate) fn next(&mut self, method: &str) -> Option<InjectedFault> {
        let next_calls = self.next_calls.get_mut(method).and_then(|(calls, fault)| {
            *calls = calls.checked_sub(1)?;
            Some(*fault)
        });
        let fault = next_calls.or_else(|| self.schedules.get_mut(method)?.next_fault());
        self.injected += u64::from(fault.is_some());
        fault
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn injected_faults_end() {
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
        let draw_faults = |seed| -> Vec<Option<InjectedFault>> {
            let mut schedule = FaultSchedule::new(seed, 300, InjectedFault::TRANSIENT);
            (0..2000).map(|_| schedule.next_fault()).collect()
        };
        assert_eq!(draw_faults(7), draw_faults(7));
        assert_ne!(draw_faults(7), draw_faults(8));
        let injected = draw_faults(7).iter().flatten().count();
        assert!((500..700).contains(&injected), "{injected}");
        for kind in InjectedFault::TRANSIENT {
            assert!(draw_faults(7).contains(&Some(*kind)), "{kind:?}");
        }
    }

    #[test]
    fn faults_can_target_single_calls() {
        let mut once = FaultSchedule::single_call(2, InjectedFault::NoReply);
        let injected: Vec<bool> = (0..5).map(|_| once.next_fault().is_some()).collect();
        assert_eq!(injected, [false, false, true, false, false]);
        let mut from = FaultSchedule::from_call(3, InjectedFault::MissingScopes);
        let injected: Vec<bool> = (0..5).map(|_| from.next_fault().is_some()).collect();
        assert_eq!(injected, [false, false, false, true, true]);
    }
}
