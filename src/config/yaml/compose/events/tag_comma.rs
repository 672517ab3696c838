//! Tags that a comma follows at once.

use libyaml_safer::{Encoding, Scanner};

use super::guarded;

/// The number of likely places that are looked at.
///
/// Each costs a scan of the text before it. A real text has none, or few.
const MAX_LOOKS: usize = 32;

/// Puts a space between each tag and a comma right behind it.
///
/// The result tells the lines and columns, from 0, at which spaces now stand.
pub(super) fn part(text: &mut String) -> Vec<(u64, u64)> {
    let mut spaces = Vec::new();
    let mut from = 0;
    for _ in 0..MAX_LOOKS {
        let Some(comma) = likely(text, from) else {
            break;
        };
        from = comma + 1;
        if let Some(end) = token_at_end(&text[..comma]) {
            text.insert(comma, ' ');
            spaces.push(end);
            from += 1;
        }
    }
    spaces
}

/// The first comma at or after `from` that a tag may stand before.
fn likely(text: &str, mut from: usize) -> Option<usize> {
    // Only inside brackets can a comma follow.
    let bracket = text.find(['[', '{'])?;
    from = from.max(bracket);
    loop {
        let comma = from + text[from..].find(',')?;
        let before = &text[..comma];
        let word = before
            .rsplit(|c: char| c.is_whitespace() || matches!(c, ',' | '[' | '{'))
            .next();
        // A verbatim tag may hold commas and brackets itself.
        if word.is_some_and(|word| word.contains('!')) || before.ends_with('>') {
            return Some(comma);
        }
        from = comma + 1;
    }
}

/// The line and column after the text, when it ends with a whole token such as a tag.
///
/// Behind a token, a character that begins none is an error at its very place; within a text or a
/// comment it is none.
fn token_at_end(text: &str) -> Option<(u64, u64)> {
    let end = u64::try_from(text.len()).ok()?;
    let mut scanner = Scanner::new();
    scanner.set_encoding(Encoding::Utf8);
    // As for the whole text, a break at the end keeps the scanner from panicking.
    let probe = format!("{text} @\n");
    scanner.set_input(std::io::Cursor::new(probe.into_bytes()));
    let error = guarded(|| scanner.find_map(Result::err))??;
    let mark = error.problem_mark()?;
    let found = error.problem() == "found character that cannot start any token";
    // The blank before the probe is one byte, and one column.
    let column = mark.column.checked_sub(1)?;
    (found && mark.index == end + 1).then_some((mark.line, column))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parted(text: &str) -> String {
        let mut text = text.to_owned();
        part(&mut text);
        text
    }

    #[test]
    fn only_tags_are_parted_from_commas() {
        assert_eq!(parted("[!!str, a]"), "[!!str , a]");
        assert_eq!(
            parted("{a: !x,b: !<y>, c: 'a !x, b'}"),
            "{a: !x ,b: !<y> , c: 'a !x, b'}"
        );
        assert_eq!(parted("a: [b] # !x, c"), "a: [b] # !x, c");
        assert_eq!(parted("a !x, b"), "a !x, b");
    }
}
