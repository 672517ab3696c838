//! Artifacts: the queue's records and their content.

pub(super) mod artifact;
pub(super) mod content;
