//! In which styles a scalar can be written.

/// The styles that a scalar may have in a block collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Analysis {
    pub(super) plain: bool,
    pub(super) single_quoted: bool,
}

/// Whether the character ends a line.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether the character can be written literally outside of double quotes.
///
/// PyYAML treats U+0085 as one that can, and then reads a line break or a blank back.
fn is_ordinary(c: char) -> bool {
    match c {
        '\n' | ' '..='~' => true,
        '\u{feff}' | '\u{10ffff}' => false,
        '\u{a0}'..='\u{fffd}' | '\u{10000}'.. => true,
        _ => false,
    }
}

/// Whether a word ends at the character.
fn is_gap(c: Option<char>) -> bool {
    c.is_none_or(|c| matches!(c, '\0' | ' ' | '\t' | '\r') || is_break(c))
}

impl Analysis {
    pub(super) fn new(text: &str) -> Self {
        if text.is_empty() {
            // Plain would do for a value, but not for a string: nothing reads back as null.
            return Self {
                plain: true,
                single_quoted: true,
            };
        }
        let blank = |c| c == ' ';
        let edge = |c| blank(c) || is_break(c);
        let pairs = || text.chars().zip(text.chars().skip(1));
        let break_then_space = pairs().any(|(a, b)| is_break(a) && b == ' ');
        let space_then_break = pairs().any(|(a, b)| a == ' ' && is_break(b));
        let special = !text.chars().all(is_ordinary);
        let single_quoted = !(space_then_break || special || break_then_space);
        let plain = single_quoted
            && !text.starts_with(edge)
            && !text.ends_with(edge)
            && !text.contains(is_break)
            && !has_indicators(text);
        Self {
            plain,
            single_quoted,
        }
    }
}

/// Whether the text would be taken for more than text.
fn has_indicators(text: &str) -> bool {
    if text.starts_with("---") || text.starts_with("...") {
        return true;
    }
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let ends_word = is_gap(chars.peek().copied());
        let indicates = match (before, c) {
            (
                None,
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
                | '@' | '`',
            ) => true,
            (None, '?' | '-') | (_, ':') => ends_word,
            (Some(before), '#') => is_gap(Some(before)),
            _ => false,
        };
        if indicates {
            return true;
        }
        before = Some(c);
    }
    false
}
