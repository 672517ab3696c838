//! Names in a message: the first few, and how many more there are.

/// How many names a message lists.
const SHOWN: usize = 3;

/// The first few names, with commas between them, and how many more there are.
#[must_use]
pub fn first_few<S: AsRef<str>>(names: &[S]) -> String {
    let first: Vec<&str> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_cut_short() {
        assert_eq!(first_few::<&str>(&[]), "");
        assert_eq!(first_few(&["a", "b", "c"]), "a, b, c");
        assert_eq!(first_few(&["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
    }
}
