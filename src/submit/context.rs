//! What submissions run with.

use crate::ports::clock::Clock;
use crate::ports::environment::Environment;
use crate::ports::stop::Stop;
use crate::ports::taskcluster::Taskcluster;

/// The ports of reconciliation, preflight and submission.
#[derive(Clone, Copy)]
pub struct SubmitContext<'a> {
    /// Taskcluster.
    pub taskcluster: &'a dyn Taskcluster,
    /// The clock.
    pub clock: &'a dyn Clock,
    /// The environment variables.
    pub environment: &'a Environment,
    /// The shutdown signal.
    pub stop: &'a Stop,
}
