//! Values that the items of one batch share.

use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;

use super::repository::{Repository, repositories};
use super::setup::{Setup, SetupKey};
use crate::base::diagnostic::Diagnostic;
use crate::base::memo::{Last, Memo};
use crate::base::value::Object;
use crate::transform::Context;
use crate::transform::item::Variables;

/// Values that the items of one batch share, computed on first use.
pub struct Batch<'c, 'a> {
    /// The context of the transform.
    pub context: &'c Context<'a>,
    repositories: OnceLock<Result<IndexMap<String, Repository>, Diagnostic>>,
    pub(super) setups: Memo<SetupKey, Arc<Setup>>,
    /// The environment of a task that checks out all repositories, by original environment.
    pub(super) environments: Last<(Object, SetupKey), Object>,
    /// The environment of a task, by original environment and additions.
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
