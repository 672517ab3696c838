//! A worker, as the queue has seen it.

use std::collections::VecDeque;

use crate::sandbox::time::{self, Moment};

/// How long a worker is known after it was last seen.
pub(crate) const WORKER_SECONDS: i64 = 24 * 60 * 60;

/// A worker.
#[derive(Debug, Clone)]
pub(crate) struct Worker {
    pub(crate) first_claim: Moment,
    pub(crate) last_active: Moment,
    pub(crate) expires: Moment,
    pub(crate) quarantine_until: Moment,
    /// The tasks that it claimed, with their runs, the latest last.
    pub(crate) recent_tasks: VecDeque<(String, usize)>,
}

impl Worker {
    /// Whether it gets no work now.
    pub(crate) fn is_quarantined(&self, now: Moment) -> bool {
        self.quarantine_until > now
    }

    /// Whether it has not expired; one in quarantine does not.
    pub(crate) fn is_known(&self, now: Moment) -> bool {
        self.expires >= now || self.is_quarantined(now)
    }

    /// Sets the end of its quarantine; the worker is known for a day after that.
    pub(crate) fn quarantine(&mut self, until: Moment) {
        self.quarantine_until = until;
        let known = time::plus_seconds(until, WORKER_SECONDS);
        self.expires = self.expires.max(known);
    }
}
