//! The states of tasks.

use std::fmt;

/// The state of a task, or of one of its runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum TaskState {
    /// It waits for its dependencies.
    Unscheduled,
    /// A worker may claim it.
    Pending,
    /// A worker has claimed it.
    Running,
    /// It succeeded.
    Completed,
    /// It failed.
    Failed,
    /// It was cancelled, its deadline passed, or its worker gave up.
    Exception,
    /// The queue reported a state that is not in this list.
    #[default]
    Unknown,
}

impl TaskState {
    /// The states that the queue documents, in the order of a task's life.
    pub const ALL: [Self; 6] = [
        Self::Unscheduled,
        Self::Pending,
        Self::Running,
        Self::Completed,
        Self::Failed,
        Self::Exception,
    ];

    /// Returns the name that the queue uses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unscheduled => "unscheduled",
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Exception => "exception",
            Self::Unknown => "unknown",
        }
    }

    /// Returns the state that the queue calls `name`, if it is one of [`Self::ALL`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether a worker runs the task or can claim it.
    #[must_use]
    pub fn is_active(self) -> bool {
        matches!(self, Self::Pending | Self::Running)
    }

    /// Whether the task can still be cancelled.
    #[must_use]
    pub fn is_cancellable(self) -> bool {
        self == Self::Unscheduled || self.is_active()
    }

    /// Whether the task ended without success, so that it can be rerun.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::Exception)
    }

    /// Whether the task has ended.
    #[must_use]
    pub fn is_resolved(self) -> bool {
        self == Self::Completed || self.is_failure()
    }
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_round_trip_through_their_names() {
        for state in TaskState::ALL {
            assert_eq!(TaskState::from_name(state.name()), Some(state));
            assert_ne!(state.is_resolved(), state.is_cancellable(), "{state}");
        }
        for name in ["", "unknown", "Completed", "paused"] {
            assert_eq!(TaskState::from_name(name), None);
        }
        assert!(!TaskState::Unknown.is_resolved() && !TaskState::Unknown.is_cancellable());
    }
}
