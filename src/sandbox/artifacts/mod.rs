//! What the services keep of an artifact: its entry on the queue and its content.

pub(super) mod artifact;
pub(super) mod content;
