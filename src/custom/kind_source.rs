//! A kind, as workers get it.

use std::sync::Arc;

use crate::base::name::KindName;
use crate::base::value::Object;
use crate::model::task::Task;

/// A kind, as it is sent to workers.
#[derive(Debug, Clone, Copy)]
pub struct KindSource<'k> {
    /// Its name.
    pub name: &'k KindName,
    /// Its folder.
    pub path: &'k str,
    /// Its `kind.yml`.
    pub config: &'k Object,
    /// The tasks of the kinds that it depends on.
    pub dependencies: &'k [Arc<Task>],
}
