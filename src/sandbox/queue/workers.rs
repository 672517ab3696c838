//! The workers that the queue has seen.

use std::collections::VecDeque;

use super::scheduling::Queue;
use super::worker::{WORKER_SECONDS, Worker};
use crate::sandbox::time::{self, Moment};

/// How many tasks the queue remembers of a worker.
const RECENT_TASKS: usize = 20;
/// How long a task queue is known after it was last used.
const QUEUE_SECONDS: i64 = 5 * WORKER_SECONDS;
/// How long ago the quarantine of a worker that never had one ended: 10 years.
const NEVER_SECONDS: i64 = 3652 * WORKER_SECONDS;

/// When a task queue that was used at a moment is no longer known.
pub(crate) fn queue_expiry(used: Moment) -> Moment {
    time::plus_seconds(used, QUEUE_SECONDS)
}

impl Queue {
    /// Notes that a worker was seen: its queue, its group and its id.
    pub(crate) fn see_worker(
        &mut self,
        key: &(String, String, String),
        now: Moment,
    ) -> &mut Worker {
        let expires = time::plus_seconds(now, WORKER_SECONDS);
        let worker = self.workers.entry(key.clone()).or_insert_with(|| Worker {
            first_claim: now,
            last_active: now,
            expires,
            quarantine_until: time::plus_seconds(now, -NEVER_SECONDS),
            recent_tasks: VecDeque::new(),
        });
        worker.last_active = now;
        worker.expires = worker.expires.max(expires);
        worker
    }

    /// Notes that a worker has claimed a run.
    pub(crate) fn note_claim(
        &mut self,
        key: &(String, String, String),
        (task, run): (&str, usize),
        now: Moment,
    ) {
        let recent = &mut self.see_worker(key, now).recent_tasks;
        recent.push_back((task.to_owned(), run));
        if recent.len() > RECENT_TASKS {
            recent.pop_front();
        }
    }

    /// Whether a worker is in quarantine.
    pub(crate) fn is_quarantined(&self, key: &(String, String, String), now: Moment) -> bool {
        let worker = self.workers.get(key);
        worker.is_some_and(|worker| worker.is_quarantined(now))
    }
}
