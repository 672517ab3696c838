//! Applies differences, to prove that they can be applied and yield what they should.

use std::collections::BTreeMap;

/// Why a difference cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the difference cannot be applied at line {line}: {why}")]
pub struct ApplyError {
    /// The line of the difference, the first one being 1.
    pub line: usize,
    /// What is wrong.
    pub why: String,
}

/// The files that a difference changes, with their content after it; `None` for those that it deletes.
pub type Changed = BTreeMap<String, Option<String>>;

/// Applies a difference to files, strictly: each line must be where it says.
///
/// # Errors
/// [`ApplyError`].
pub fn apply(diff: &str, before: impl Fn(&str) -> Option<String>) -> Result<Changed, ApplyError> {
    let mut changed = Changed::new();
    let mut reader = Reader {
        lines: diff.split('\n').collect(),
        at: 0,
    };
    while let Some(line) = reader.next() {
        if line.is_empty() {
            continue;
        }
        let names = line.strip_prefix("diff --git a/");
        let names = names.and_then(|names| names.split_once(" b/"));
        let Some((file, other)) = names else {
            return Err(reader.error("a line `diff --git` is missing"));
        };
        if file != other || changed.contains_key(file) {
            return Err(reader.error("files are neither renamed nor named twice"));
        }
        let old = before(file).unwrap_or_default();
        let (new, is_deleted) = reader.file(&old)?;
        changed.insert(file.to_owned(), Some(new).filter(|_| !is_deleted));
    }
    Ok(changed)
}

struct Reader<'d> {
    lines: Vec<&'d str>,
    at: usize,
}

impl<'d> Reader<'d> {
    fn peek(&self) -> Option<&'d str> {
        self.lines.get(self.at).copied()
    }

    fn next(&mut self) -> Option<&'d str> {
        let line = self.peek()?;
        self.at += 1;
        Some(line)
    }

    fn error(&self, why: impl Into<String>) -> ApplyError {
        ApplyError {
            line: self.at.max(1),
            why: why.into(),
        }
    }

    /// Applies the part about a file; returns the new content, and whether the file is deleted.
    fn file(&mut self, old: &str) -> Result<(String, bool), ApplyError> {
        let mut is_deleted = false;
        while let Some(line) = self.peek() {
            if line.starts_with("--- ") {
                break;
            }
            is_deleted |= line.starts_with("deleted file");
            self.at += 1;
        }
        let has_header = self.next().is_some_and(|line| line.starts_with("--- "))
            && self.next().is_some_and(|line| line.starts_with("+++ "));
        if !has_header {
            return Err(self.error("the names of the file are missing"));
        }
        let old: Vec<&str> = old.split_inclusive('\n').collect();
        let mut new = String::new();
        let mut copied = 0;
        while let Some(line) = self.peek().filter(|line| line.starts_with("@@ ")) {
            self.at += 1;
            let (from, counts) =
                place(line).ok_or_else(|| self.error("the hunk header is invalid"))?;
            let start = match counts.0 {
                0 => from,
                _ => from.saturating_sub(1),
            };
            let between = old.get(copied..start);
            let between = between.ok_or_else(|| self.error("the place is not in the file"))?;
            new.extend(between.iter().copied());
            copied = self.hunk(&old, start, counts, &mut new)?;
        }
        new.extend(old.get(copied..).into_iter().flatten().copied());
        Ok((new, is_deleted))
    }

    /// Applies the lines of one place; returns how many old lines are behind it.
    fn hunk(
        &mut self,
        old: &[&str],
        start: usize,
        (mut olds, mut news): (usize, usize),
        new: &mut String,
    ) -> Result<usize, ApplyError> {
        let mut at = start;
        while olds > 0 || news > 0 {
            let line = self.next().ok_or_else(|| self.error("lines are missing"))?;
            let has_newline = !self.peek().is_some_and(|line| line.starts_with('\\'));
            if !has_newline {
                self.at += 1;
            }
            let sign = line.chars().next();
            let content = line.get(1..).unwrap_or_default();
            let whole = match has_newline {
                true => format!("{content}\n"),
                false => content.to_owned(),
            };
            if matches!(sign, Some(' ' | '-')) {
                if old.get(at) != Some(&whole.as_str()) {
                    return Err(self.error(format!("the file has another line than {content:?}")));
                }
                at += 1;
                olds = olds
                    .checked_sub(1)
                    .ok_or_else(|| self.error("there are too many lines"))?;
            }
            if matches!(sign, Some(' ' | '+')) {
                new.push_str(&whole);
                news = news
                    .checked_sub(1)
                    .ok_or_else(|| self.error("there are too many lines"))?;
            }
            if !matches!(sign, Some(' ' | '-' | '+')) {
                return Err(self.error("the line does not begin with a space, `+` or `-`"));
            }
        }
        Ok(at)
    }
}

/// The first old line, and how many old and new lines there are.
fn place(line: &str) -> Option<(usize, (usize, usize))> {
    let rest = line.strip_prefix("@@ -")?;
    let (old, rest) = rest.split_once(" +")?;
    let (new, _) = rest.split_once(" @@")?;
    let range = |text: &str| -> Option<(usize, usize)> {
        match text.split_once(',') {
            Some((start, count)) => Some((start.parse().ok()?, count.parse().ok()?)),
            None => Some((text.parse().ok()?, 1)),
        }
    };
    let (from, olds) = range(old)?;
    Some((from, (olds, range(new)?.1)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::diff;
    use super::*;

    fn after(before: &str, wanted: &str) -> Option<String> {
        let diff = diff::of_file("f", before, wanted);
        let changed = apply(&diff, |_| Some(before.to_owned())).unwrap();
        changed
            .get("f")
            .cloned()
            .unwrap_or_else(|| Some(before.to_owned()))
    }

    proptest! {
        #[test]
        fn what_was_written_can_be_applied(
            before in "([a-d]\n){0,30}",
            wanted in "([a-d]\n){0,30}",
        ) {
            let expected = Some(wanted.clone()).filter(|text| !text.is_empty() || before.is_empty());
            prop_assert_eq!(after(&before, &wanted), expected);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let diff = diff::of_file("f", "a\nb\nc\n", "a\nx\nc\n");
        assert!(apply(&diff, |_| Some("a\ny\nc\n".to_owned())).is_err());
        assert!(apply(&diff, |_| None).is_err());
        assert!(apply(&diff[..diff.len() - 4], |_| Some("a\nb\nc\n".to_owned())).is_err());
        assert!(apply("garbage", |_| None).is_err());
        // The worker writes the mark for the whole file, although its last line is not shown.
        let before = "a\nb\nc\nd\ne\nf\ng\nh";
        let diff = diff::of_file("f", before, &before.replace('a', "x"));
        assert!(apply(&diff, |_| Some(before.to_owned())).is_err());
    }
}
