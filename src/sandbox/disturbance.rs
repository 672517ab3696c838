//! Trouble on demand: answers that are lost, late, or refusals, so that clients can show how they bear it.

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
}

/// The disturbances to come, by method: each with the number of calls that it befalls.
#[derive(Debug, Default)]
pub(super) struct Disturbances {
    coming: BTreeMap<String, (u32, Disturbance)>,
}

impl Disturbances {
    /// Disturbs the next calls of a method, in place of what was to befall it before.
    pub(super) fn set(&mut self, method: &str, calls: u32, disturbance: Disturbance) {
        self.coming.insert(method.to_owned(), (calls, disturbance));
    }

    /// What befalls a call of a method that is made now.
    pub(super) fn next(&mut self, method: &str) -> Option<Disturbance> {
        let (calls, disturbance) = self.coming.get_mut(method)?;
        *calls = calls.checked_sub(1)?;
        Some(*disturbance)
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
    }
}
