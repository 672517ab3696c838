//! How many tasks are created at once, and how long failures are retried.

use std::time::Duration;

use crate::base::pause::RetryPolicy;

/// The limits of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubmitLimits {
    /// The most calls in flight, including tasks that wait for a retry. The actual number adapts to
    /// how the service responds.
    pub in_flight: usize,
    /// How the creation of a task is retried. When no task at all could be created for the whole
    /// budget, nothing more is sent.
    pub retry: RetryPolicy,
}

impl Default for SubmitLimits {
    fn default() -> Self {
        Self {
            in_flight: 200,
            retry: RetryPolicy {
                first_pause: Duration::from_secs(1),
                longest_pause: Duration::from_secs(60),
                budget: Duration::from_secs(30 * 60),
            },
        }
    }
}
