//! Names in messages.

use crate::base::listing::first_few;

/// Lists the first names in backquotes, and the number of the others.
pub(super) fn some_of<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    first_few(&names)
}
