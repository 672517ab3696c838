//! Worker pools, which the queue calls task queues.

use std::fmt;

use super::value::{Str, Value};

/// A worker pool: a provisioner and a worker type, written with a slash between them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WorkerPool {
    /// The provisioner, e.g. `gecko-3`.
    pub provisioner: Str,
    /// The worker type, e.g. `b-linux`.
    pub worker_type: Str,
}

impl WorkerPool {
    /// Makes a pool of its two parts.
    #[must_use]
    pub fn new(provisioner: impl Into<Str>, worker_type: impl Into<Str>) -> Self {
        Self {
            provisioner: provisioner.into(),
            worker_type: worker_type.into(),
        }
    }

    /// Reads a `taskQueueId`, which is also the id of a worker pool.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        let (provisioner, worker_type) = id.split_once('/')?;
        Some(Self::new(provisioner, worker_type))
    }

    /// Reads where the task of a definition runs: from its `taskQueueId`, or else from its
    /// `provisionerId` and `workerType`.
    #[must_use]
    pub fn from_definition(definition: &Value) -> Option<Self> {
        let text = |name: &str| definition.get(name).and_then(Value::as_str);
        match text("taskQueueId") {
            Some(id) => Self::from_id(id),
            None => Some(Self::new(text("provisionerId")?, text("workerType")?)),
        }
    }
}

impl fmt::Display for WorkerPool {
    /// Writes the `taskQueueId`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provisioner, self.worker_type)
    }
}

#[cfg(test)]
mod tests {
    use super::super::value::json;
    use super::*;

    #[test]
    fn definitions_name_a_pool_in_two_ways() {
        let pool = |definition: Value| {
            WorkerPool::from_definition(&definition).map(|pool| pool.to_string())
        };
        let halves = json!({"provisionerId": "gecko-3", "workerType": "b-linux"});
        assert_eq!(pool(halves).as_deref(), Some("gecko-3/b-linux"));
        let whole = json!({"taskQueueId": "gecko-3/b-linux", "workerType": "other"});
        assert_eq!(pool(whole).as_deref(), Some("gecko-3/b-linux"));
        assert_eq!(pool(json!({"provisionerId": "gecko-3"})), None);
        assert_eq!(pool(json!({"taskQueueId": "gecko-3"})), None);
    }
}
