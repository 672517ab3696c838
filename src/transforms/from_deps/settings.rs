//! The settings of one item.

use std::collections::BTreeMap;

use super::set_name::SetName;
use crate::base::value::Object;
use crate::model::task::Task;

/// The settings of `from-deps` of one item, checked.
pub struct FromDeps<'a> {
    pub(super) kinds: Vec<String>,
    pub(super) unique_kinds: bool,
    pub(super) copy_attributes: bool,
    pub(super) set_name: Option<&'static SetName>,
    pub(super) fetches: Option<&'a Object>,
    /// Where each label is among the tasks that this kind depends on.
    pub(super) positions: &'a BTreeMap<&'a str, usize>,
}

impl FromDeps<'_> {
    /// The name under which the new task refers to a dependency.
    pub(super) fn name_of<'t>(&self, dependency: &'t Task) -> &'t str {
        if self.unique_kinds {
            dependency.kind.as_str()
        } else {
            dependency.label.as_str()
        }
    }
}
