//! The progress of a rehearsal.

/// An event of a rehearsal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The sandbox has started.
    Started {
        /// Its root URL.
        root_url: String,
    },
    /// A phase begins.
    Phase {
        /// Its name.
        name: String,
    },
    /// A task was created.
    Created {
        /// Its label.
        label: String,
    },
    /// A task was resolved.
    Resolved {
        /// Its label.
        label: String,
        /// Its state.
        state: String,
    },
}

/// Receives events.
pub type Events = std::sync::Arc<dyn Fn(Event) + Send + Sync>;
