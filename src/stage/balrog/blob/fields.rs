//! Fields that a blob must have.

use super::super::fault::Fault;
use crate::base::value::Value;

/// A field.
pub(super) fn value<'v>(of: &'v Value, name: &str) -> Result<&'v Value, Fault> {
    of.get(name).ok_or_else(|| missing(name))
}

/// A text.
pub(super) fn text<'v>(of: &'v Value, name: &str) -> Result<&'v str, Fault> {
    value(of, name)?
        .as_str()
        .ok_or_else(|| Fault::broken(format!("`{name}` of a blob is not a text")))
}

pub(super) fn missing(name: &str) -> Fault {
    Fault::broken(format!("a blob has no `{name}`"))
}
