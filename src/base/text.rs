//! Words for messages: counts, lists that are cut short, sentences, long texts, control characters.

use std::borrow::Cow;
use std::fmt::Display;

/// How many names [`list_some`] lists.
const LISTED: usize = 3;

/// Returns a count of any integer type with its noun: `1 task`, `2 tasks`.
#[must_use]
pub fn plural<N: Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    match count == N::from(1) {
        true => format!("1 {noun}"),
        false => format!("{count} {noun}s"),
    }
}

/// Lists the first few names, and how many more there are.
#[must_use]
pub fn list_some<S: AsRef<str>>(names: &[S]) -> String {
    let first: Vec<&str> = names.iter().take(LISTED).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(LISTED) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// Escapes a text for HTML, also within an attribute.
#[must_use]
pub fn escape_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// Lists the first `most` of `items`, one per line, and how many more there are.
#[must_use]
pub fn lines_of<S: ToString>(items: &[S], most: usize) -> String {
    let mut lines: Vec<String> = items.iter().take(most).map(ToString::to_string).collect();
    if items.len() > most {
        lines.push(format!("… ({} more)", items.len() - most));
    }
    lines.join("\n")
}

/// Cuts a text after `most` characters.
#[must_use]
pub fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Turns a fragment into a sentence, with a capital letter and a full stop.
#[must_use]
pub fn sentence(fragment: &str) -> String {
    let mut rest = fragment.trim().chars();
    let Some(first) = rest.next() else {
        return String::new();
    };
    let mut out: String = first.to_uppercase().chain(rest).collect();
    if !out.ends_with(['.', '!', '?', ':']) {
        out.push('.');
    }
    out
}

/// Escapes all control characters of a text of others, which could move a terminal's cursor, or look like
/// a line of its own.
#[must_use]
pub fn on_one_line(text: &str) -> Cow<'_, str> {
    escape(text, char::is_control)
}

/// Escapes the control characters of a text of others, except for line breaks and tabs.
#[must_use]
pub fn on_lines(text: &str) -> Cow<'_, str> {
    escape(text, |c| c.is_control() && !matches!(c, '\n' | '\t'))
}

fn escape(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_escaped(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Rows below heads, in columns. The first `texts` columns are aligned left, the others are numbers.
#[must_use]
pub fn text_table<const N: usize>(
    texts: usize,
    heads: [&str; N],
    rows: Vec<[String; N]>,
) -> String {
    let heads = heads.map(str::to_owned);
    let rows: Vec<[String; N]> = std::iter::once(heads).chain(rows).collect();
    let mut out = String::new();
    for row in &rows {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            let width = rows.iter().map(|row| row[at].chars().count()).max();
            let width = width.unwrap_or_default();
            match at < texts {
                true => line.push_str(&format!("{cell:width$}  ")),
                false => line.push_str(&format!("{cell:>width$}  ")),
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_longest_cell() {
        let rows = vec![
            ["push".to_owned(), "7".to_owned()],
            ["über".to_owned(), "1234567".to_owned()],
        ];
        let expected = "Phase    Tasks\npush         7\nüber   1234567\n";
        assert_eq!(text_table(1, ["Phase", "Tasks"], rows), expected);
    }

    #[test]
    fn counts_of_one_are_singular() {
        let counts = [0_usize, 1, 2].map(|count| plural(count, "task"));
        assert_eq!(counts, ["0 tasks", "1 task", "2 tasks"]);
        assert_eq!(plural(1_u64, "byte"), "1 byte");
    }

    #[test]
    fn long_lists_are_cut_short() {
        assert_eq!(list_some::<&str>(&[]), "");
        assert_eq!(list_some(&["a", "b", "c"]), "a, b, c");
        assert_eq!(list_some(&["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
        assert_eq!(lines_of(&[1, 2], 2), "1\n2");
        assert_eq!(lines_of(&[1, 2, 3, 4], 2), "1\n2\n… (2 more)");
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(shorten("äöü!", 3), "äöü…");
    }

    #[test]
    fn fragments_become_sentences() {
        for (fragment, expected) in [
            (" what it is\n", "What it is."),
            ("is it?", "Is it?"),
            ("äh", "Äh."),
            ("", ""),
        ] {
            assert_eq!(sentence(fragment), expected);
        }
    }

    #[test]
    fn control_characters_are_escaped() {
        // ESC, BEL, BS, CR, DEL, and CSI as one character.
        for c in ['\u{1b}', '\u{7}', '\u{8}', '\r', '\u{7f}', '\u{9b}', '\0'] {
            let text = format!("a{c}b");
            for escaped in [on_one_line(&text), on_lines(&text)] {
                assert!(!escaped.contains(char::is_control), "{escaped}");
                assert!(
                    escaped.starts_with("a\\") && escaped.ends_with('b'),
                    "{escaped}"
                );
            }
        }
        assert_eq!(on_lines("ä\n\tb"), "ä\n\tb");
        assert_eq!(on_one_line("ä\n\tb"), "ä\\n\\tb");
    }
}
