//! What the items of one batch share.

use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;

use super::checkout::{Setup, Sort};
use crate::base::diagnostic::Diagnostic;
use crate::base::memo::{Last, Memo};
use crate::base::value::Object;
use crate::transform::Context;
use crate::transform::item::Variables;
use crate::transforms::run::repository::{Repository, repositories};

/// What the items of one batch share, found out when it is first needed.
pub struct Batch<'c, 'a> {
    /// What the transform knows.
    pub context: &'c Context<'a>,
    repositories: OnceLock<Result<IndexMap<String, Repository>, Diagnostic>>,
    pub(super) setups: Memo<Sort, Arc<Setup>>,
    /// The environment of a task that checks everything out, by what it was before.
    pub(super) environments: Last<(Object, Sort), Object>,
    /// The environment of a task, by what it was before and what is added.
    pub(super) variables: Last<(Object, Variables), Object>,
}

impl<'c, 'a> Batch<'c, 'a> {
    /// A new batch.
    #[must_use]
    pub fn new(context: &'c Context<'a>) -> Self {
        Self {
            context,
            repositories: OnceLock::new(),
            setups: Memo::default(),
            environments: Last::default(),
            variables: Last::default(),
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
