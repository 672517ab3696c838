//! How long a client repeats a call.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use tokio::time::Instant;

use crate::base::pause::RetryPolicy;
use crate::ports::environment::Environment;
use crate::ports::taskcluster::ApiError;

/// How long a client repeats a call before it gives up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How a call is repeated after transient failures.
    pub retry: RetryPolicy,
    /// For how long the creation of a task is repeated here; submitting a graph retries too.
    pub create_budget: Duration,
    /// How long a response may take.
    pub answer: Duration,
}

impl Patience {
    /// The patience of a decision or an action: an outage of half an hour does not fail it.
    pub const IN_TASK: Self = Self {
        retry: RetryPolicy {
            first_pause: Duration::from_millis(400),
            longest_pause: Duration::from_secs(30),
            budget: Duration::from_secs(30 * 60),
        },
        create_budget: Duration::ZERO,
        // The queue answers after 60 seconds when its messages are stuck. The proxy in a task repeats
        // requests for up to 15 minutes, which is too long to wait: a request that was lost on the
        // way would hold its task up as long. One that the proxy still holds does no harm when it
        // arrives later, since every call can be repeated.
        answer: Duration::from_secs(90),
    };

    /// The patience of a local command.
    pub const LOCAL: Self = Self {
        retry: RetryPolicy {
            budget: Duration::from_secs(15),
            ..Self::IN_TASK.retry
        },
        ..Self::IN_TASK
    };

    /// Chooses by the environment: tasks have `TASK_ID`.
    pub(super) fn from_environment(environment: &Environment) -> Self {
        match environment.filled("TASK_ID") {
            Some(_) => Self::IN_TASK,
            None => Self::LOCAL,
        }
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self::IN_TASK
    }
}

/// From which attempt on a failure is reported although the call is repeated.
const REPORTED: u32 = 4;

/// The attempts of one call.
pub(super) struct Tries {
    policy: RetryPolicy,
    seed: String,
    started: Instant,
    failed: u32,
}

impl Tries {
    /// The attempts of a call that is made now. Pauses differ between processes, so that processes that
    /// failed together do not retry together.
    pub(super) fn new(policy: RetryPolicy, call: &str) -> Self {
        Self {
            policy,
            seed: format!("{call} {}", RandomState::new().build_hasher().finish()),
            started: Instant::now(),
            failed: 0,
        }
    }

    /// Waits until the next attempt; `false` if there is none.
    pub(super) async fn wait(&mut self, error: &ApiError) -> bool {
        self.failed = self.failed.saturating_add(1);
        let failing = self.started.elapsed();
        let pause = self.policy.pause(&self.seed, self.failed, failing);
        let Some(pause) = pause.filter(|_| error.is_transient()) else {
            return false;
        };
        if self.failed >= REPORTED {
            let left = self.policy.budget.saturating_sub(failing).as_secs();
            tracing::warn!("{error}; retrying for up to {left} more seconds");
        }
        tokio::time::sleep(pause).await;
        true
    }
}
