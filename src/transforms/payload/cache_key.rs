//! What the caches of docker-worker tasks depend on, and what they become.

use crate::base::value::{List, Value};

/// What the caches of a task depend on.
#[derive(Debug, PartialEq)]
pub(super) struct CacheKey {
    pub(super) listed: List,
    pub(super) image: Option<Value>,
    pub(super) under_run_task: bool,
    pub(super) untrusted: bool,
}

/// What the caches of a task add to its definition.
#[derive(Debug, Clone)]
pub(super) struct CachePayload {
    /// The mount points, by the names of the caches.
    pub(super) caches: Value,
    /// The scopes that they need.
    pub(super) scopes: List,
    /// All mount points.
    pub(super) mounts: Value,
}
