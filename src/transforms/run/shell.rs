//! Quoting for a POSIX shell.

/// The words as one line in which a shell finds them again; words that need no quotes get none.
#[must_use]
pub fn quote<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    words
        .into_iter()
        .map(quote_word)
        .collect::<Vec<_>>()
        .join(" ")
}

fn quote_word(word: &str) -> String {
    const SPECIAL: &str = "\\\t\r\n '\"#<>&|`(){}$;*?";
    let plain =
        !word.is_empty() && !word.starts_with('~') && !word.contains(|c| SPECIAL.contains(c));
    if plain {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_that_need_quotes_are_quoted() {
        assert_eq!(
            quote(["a", "b c", "", "~x", "it's", "--x=1"]),
            r"a 'b c' '' '~x' 'it'\''s' --x=1"
        );
    }
}
