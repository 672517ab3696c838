//! Tags that a comma follows at once.
//!
//! 1. A pass over the characters finds the commas that may follow a tag.
//! 2. With a space before each of them the text is scanned: tags that end at such a space are found.
//!    A space before another comma changes nothing for them: it is in quotes, a comment, or in a
//!    plain scalar. Behind a colon it would, since it makes a key of a plain scalar: so no space is
//!    put there. YAML has no tag that ends with a colon, so nothing is lost.
//! 3. The scanner runs ahead, so it does not report the tags right before a mistake. The commas
//!    there keep their spaces; the text is refused in any case.
//!
//! So no text needs more than one scan.

use std::panic::{AssertUnwindSafe, catch_unwind};

use libyaml_safer::{Encoding, Scanner, TokenData};

/// The characters that a verbatim tag with commas in it may have.
const MAX_TAG: usize = 256;

/// Puts a space between each tag and a comma right behind it.
///
/// The result has the lines and columns, from 0, of the inserted spaces. The text has to end
/// with a line break.
pub(super) fn part(text: &mut String) -> Vec<(u64, u64)> {
    let likely = likely(text);
    if likely.is_empty() {
        return Vec::new();
    }
    let commas = behind_tags(&spaced(text, &likely), &likely);
    let spaces = places(text, &commas);
    *text = spaced(text, &commas);
    spaces
}

/// The commas that may follow a tag, as offsets.
fn likely(text: &str) -> Vec<usize> {
    let mut commas = Vec::new();
    // Only inside brackets can a comma follow.
    let Some(start) = text.find(['[', '{']) else {
        return commas;
    };
    // A verbatim tag, as `!<a,b>`, may hold commas and brackets itself.
    let (mut in_word, mut in_verbatim) = (false, false);
    let mut before = None;
    for (offset, c) in text
        .char_indices()
        .skip_while(|(offset, _)| *offset < start)
    {
        match c {
            '>' => in_verbatim = false,
            '<' if before == Some('!') => in_verbatim = is_closed(&text[offset..]),
            '!' => in_word = true,
            _ if c.is_whitespace() => (in_word, in_verbatim) = (false, false),
            ',' if !in_verbatim => {
                if (in_word && before != Some(':')) || before == Some('>') {
                    commas.push(offset);
                }
                in_word = false;
            }
            '[' | '{' if !in_verbatim => in_word = false,
            _ => {}
        }
        before = Some(c);
    }
    commas
}

/// Whether the first word of the text has a `>`; words of tags are short.
fn is_closed(text: &str) -> bool {
    let mut word = text
        .chars()
        .take(MAX_TAG)
        .take_while(|c| !c.is_whitespace());
    word.any(|c| c == '>')
}

/// The text with a space before each of the commas.
fn spaced(text: &str, commas: &[usize]) -> String {
    let mut out = String::with_capacity(text.len() + commas.len());
    let mut from = 0;
    for comma in commas {
        out.push_str(&text[from..*comma]);
        out.push(' ');
        from = *comma;
    }
    out.push_str(&text[from..]);
    out
}

/// Those of the commas that follow tags in the spaced text, or where that is not known.
fn behind_tags(spaced: &str, commas: &[usize]) -> Vec<usize> {
    let mut scanner = Scanner::new();
    scanner.set_encoding(Encoding::Utf8);
    scanner.set_input(std::io::Cursor::new(spaced.as_bytes().to_vec()));
    // Each space moved the commas after it by one.
    let moved = |place: &(usize, &usize)| u64::try_from(place.0 + place.1).unwrap_or(u64::MAX);
    let mut left = commas.iter().enumerate().peekable();
    let mut found = Vec::new();
    loop {
        // Should a tag have been overlooked, the scanner panics here, and again in the actual scan,
        // which reports it.
        let token = catch_unwind(AssertUnwindSafe(|| scanner.next()));
        let Ok(Some(Ok(token))) = token else {
            let end = match token {
                Ok(Some(Err(error))) => error.problem_mark().map(|mark| mark.index),
                _ => None,
            };
            let near = left.take_while(|place| end.is_none_or(|end| moved(place) <= end));
            found.extend(near.map(|(_, comma)| *comma));
            return found;
        };
        let end = token.end_mark.index;
        while left.next_if(|place| moved(place) < end).is_some() {}
        if matches!(token.data, TokenData::Tag { .. })
            && let Some((_, comma)) = left.next_if(|place| moved(place) == end)
        {
            found.push(*comma);
        }
    }
}

/// The lines and columns that the spaces before the commas will have.
fn places(text: &str, commas: &[usize]) -> Vec<(u64, u64)> {
    let (mut line, mut column) = (0, 0);
    let mut left = commas.iter().peekable();
    let mut chars = text.char_indices().peekable();
    let mut spaces = Vec::with_capacity(commas.len());
    while let Some((offset, c)) = chars.next() {
        if left.next_if(|comma| **comma == offset).is_some() {
            spaces.push((line, column));
            column += 1;
        }
        if is_break(c) && !(c == '\r' && chars.peek().is_some_and(|(_, next)| *next == '\n')) {
            (line, column) = (line + 1, 0);
        } else {
            column += 1;
        }
    }
    spaces
}

/// Whether the scanner treats the character as the end of a line.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parted(text: &str) -> String {
        let mut text = format!("{text}\n");
        part(&mut text);
        text.trim_end().to_owned()
    }

    #[test]
    fn only_tags_are_separated_from_commas() {
        assert_eq!(parted("[!!str, a]"), "[!!str , a]");
        assert_eq!(
            parted("{a: !x,b: !<y>, c: 'a !x, b'}"),
            "{a: !x ,b: !<y> , c: 'a !x, b'}"
        );
        assert_eq!(parted("a: [b] # !x, c"), "a: [b] # !x, c");
        assert_eq!(parted("a !x, b"), "a !x, b");
        assert_eq!(parted("[\"\\,\", !x, b]"), "[\"\\,\", !x, b]");
        assert_eq!(parted("a !b:,!x, c: d"), "a !b:,!x, c: d");
        assert_eq!(parted("[!<a,b>,!<[,>, c]"), "[!<a,b> ,!<[,> , c]");
        assert_eq!(parted("[a !<b, !x,]"), "[a !<b, !x ,]");
        assert_eq!(parted("[a!b, !x,]"), "[a!b, !x ,]");
        assert_eq!(
            parted("[\u{fc}, !x, \u{263a}, !x, c]"),
            "[\u{fc}, !x , \u{263a}, !x , c]"
        );
    }

    #[test]
    fn commas_before_an_error_are_separated_too() {
        assert_eq!(parted("[!x, !]"), "[!x , !]");
        assert_eq!(parted("[!x, 'a!b, c"), "[!x , 'a!b , c");
        assert_eq!(
            parted("[!x, a]\n[b: @c, !x, d]"),
            "[!x , a]\n[b: @c, !x, d]"
        );
    }

    #[test]
    fn positions_are_those_of_the_inserted_spaces() {
        let mut text = "['a!b, c', !x, \u{fc}, !x,\n !x, d]\n".to_owned();
        assert_eq!(part(&mut text), [(0, 13), (0, 21), (1, 3)]);
        assert_eq!(text, "['a!b, c', !x , \u{fc}, !x ,\n !x , d]\n");
    }
}
