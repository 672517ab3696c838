//! Why a request has no update as its answer.

/// Why a request cannot be answered with updates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Balrog answers with status 400 and this text.
    #[error("{0}")]
    BadData(String),
    /// Balrog's own data are at fault, and it fails with status 500. The text says what is wrong with them.
    #[error("{0}")]
    Broken(String),
}

impl Fault {
    /// A fault that Balrog reports with this text.
    pub(super) fn bad(text: impl Into<String>) -> Self {
        Self::BadData(text.into())
    }

    /// A fault in Balrog's data.
    pub(super) fn broken(text: impl Into<String>) -> Self {
        Self::Broken(text.into())
    }
}
