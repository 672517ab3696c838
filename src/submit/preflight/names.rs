//! Names in messages.

use crate::base::text::list_some;

/// Lists the first names in backquotes, and the number of the others.
pub(super) fn some_of<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    list_some(&names)
}
