//! What becomes of a task that may be replaced.

use crate::base::name::TaskId;

/// The replacement of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replacement {
    /// Nothing: the task is kept.
    Keep,
    /// Nothing, but the task is removed.
    Remove,
    /// An existing task.
    With(TaskId),
}

impl Replacement {
    /// Nothing: the task is removed or kept.
    #[must_use]
    pub fn from_removal(removed: bool) -> Self {
        match removed {
            true => Self::Remove,
            false => Self::Keep,
        }
    }
}
