//! What the items of one batch share.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::base::diagnostic::Diagnostic;
use crate::transform::Context;
use crate::transform::repository::{Repository, repositories};

/// What the items of one batch share, found out when it is first needed.
pub struct Batch<'c, 'a> {
    /// What the transform knows.
    pub context: &'c Context<'a>,
    repositories: OnceCell<Result<IndexMap<String, Repository>, Diagnostic>>,
    pub(super) tracked: OnceCell<Result<Vec<String>, Diagnostic>>,
    pub(super) digests: RefCell<BTreeMap<String, String>>,
}

impl<'c, 'a> Batch<'c, 'a> {
    /// A new batch.
    #[must_use]
    pub fn new(context: &'c Context<'a>) -> Self {
        Self {
            context,
            repositories: OnceCell::new(),
            tracked: OnceCell::new(),
            digests: RefCell::default(),
        }
    }

    /// The repositories of the project, the one that is built first.
    ///
    /// # Errors
    /// As [`repositories`].
    pub fn repositories(&self) -> Result<&IndexMap<String, Repository>, Diagnostic> {
        self.repositories
            .get_or_init(|| repositories(self.context))
            .as_ref()
            .map_err(Clone::clone)
    }
}
