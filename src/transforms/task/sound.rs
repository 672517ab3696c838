//! Which keys of a description can be relied on.

use std::collections::BTreeSet;

/// Which keys of a description are as they should be, as far as is known.
pub struct Sound {
    broken: BTreeSet<String>,
}

impl Sound {
    /// All keys except these.
    #[must_use]
    pub fn except(broken: BTreeSet<String>) -> Self {
        Self { broken }
    }

    /// Whether all of these are.
    #[must_use]
    pub fn all(&self, keys: &[&str]) -> bool {
        self.broken.is_empty() || keys.iter().all(|key| !self.broken.contains(*key))
    }
}
