//! Differences of files, as the real worker writes them: in the form of git, with three lines of context.
//!
//! An empty text stands for a file that does not exist. The worker gets the mark about a missing newline at
//! the end of a file wrong in some cases; so does this, and [`super::apply`] finds them.

use super::sequence::{Kind, Part, groups, parts};

const NO_NEWLINE: &str = "\\ No newline at end of file";

/// How many equal lines are around what differs.
const CONTEXT: usize = 3;

/// The difference of a file; empty if there is none.
#[must_use]
pub fn of_file(file: &str, before: &str, after: &str) -> String {
    let (old, new) = (lines(before), lines(after));
    let mut out = Vec::new();
    for group in groups(parts(&old, &new), CONTEXT) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            continue;
        };
        out.push(format!(
            "@@ -{} +{} @@",
            range(first.old, last.old_end),
            range(first.new, last.new_end)
        ));
        for part in group {
            let Part {
                old: i,
                old_end,
                new: j,
                new_end,
                ..
            } = part;
            if part.kind == Kind::Equal {
                out.extend(old[i..old_end].iter().map(|line| format!(" {line}")));
                continue;
            }
            out.extend(old[i..old_end].iter().map(|line| format!("-{line}")));
            out.extend(new[j..new_end].iter().map(|line| format!("+{line}")));
        }
    }
    if out.is_empty() {
        return String::new();
    }
    end(&mut out, before, after);
    let (from, note) = match before.is_empty() {
        true => ("/dev/null".to_owned(), "new file mode 100644\n"),
        false => (format!("a/{file}"), ""),
    };
    let (to, note) = match after.is_empty() {
        true => ("/dev/null".to_owned(), "deleted file mode 100644\n"),
        false => (format!("b/{file}"), note),
    };
    format!(
        "diff --git a/{file} b/{file}\n{note}--- {from}\n+++ {to}\n{}",
        out.join("\n")
    )
}

/// Adds what follows the last line: nothing, or the mark about a missing newline.
fn end(out: &mut Vec<String>, before: &str, after: &str) {
    let mark = |text: &str| match text.ends_with('\n') {
        true => String::new(),
        false => NO_NEWLINE.to_owned(),
    };
    let starts = |at: usize, sign: char| {
        let line = out.len().checked_sub(at).and_then(|at| out.get(at));
        line.is_some_and(|line| line.starts_with(sign))
    };
    if !starts(1, '+') {
        out.push(mark(before));
        return;
    }
    // Behind the two lines of the header, and the line of the place, there is a line before the last one.
    if out.len() > 2 && starts(2, '-') && !before.ends_with('\n') {
        out.insert(out.len() - 1, NO_NEWLINE.to_owned());
    }
    out.push(mark(after));
}

fn range(start: usize, end: usize) -> String {
    match end - start {
        0 => format!("{start},0"),
        1 => (start + 1).to_string(),
        length => format!("{},{length}", start + 1),
    }
}

/// The lines of a text, without their ends, as Python's `splitlines` divides it.
#[must_use]
pub fn lines(text: &str) -> Vec<&str> {
    let is_end = |sign: char| {
        matches!(
            sign,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'
                ..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let Some(at) = rest.find(is_end) else {
            lines.push(rest);
            break;
        };
        lines.push(&rest[..at]);
        let behind = &rest[at..];
        let length = match behind.starts_with("\r\n") {
            true => 2,
            false => behind.chars().next().map_or(1, char::len_utf8),
        };
        rest = &behind[length..];
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_python() {
        assert_eq!(lines("a\r\nb\rc\u{2028}d\n\n"), ["a", "b", "c", "d", ""]);
        assert_eq!(lines(""), Vec::<&str>::new());
        assert_eq!(lines("\n"), [""]);
    }

    #[test]
    fn equal_files_have_no_difference() {
        assert_eq!(of_file("f", "a\n", "a\n"), "");
        assert_eq!(of_file("f", "", ""), "");
    }
}
