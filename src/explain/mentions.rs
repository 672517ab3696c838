//! Finds the lines of a log that are about a task.
//!
//! A label may contain blanks, colons and quotes, so a line cannot be split into words. Instead, the labels of all
//! tasks are looked for at the beginning of each word, and the longest one there is the one that is meant.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::name::Label;

/// The lines of a log, by the labels that they contain.
#[derive(Debug, Default)]
pub struct Mentions<'l>(BTreeMap<&'l str, Vec<&'l str>>);

impl<'l> Mentions<'l> {
    /// Reads a log, given the labels of all tasks that it may be about.
    #[must_use]
    pub fn new(log: &'l str, labels: impl IntoIterator<Item = &'l Label>) -> Self {
        let labels: BTreeSet<&str> = labels.into_iter().map(Label::as_str).collect();
        let mut mentions = Self::default();
        for line in log.lines() {
            let mut rest = line;
            loop {
                let found = longest(&labels, rest);
                if let Some(label) = found {
                    mentions.add(label, line);
                }
                let word = || rest.find(is_edge).unwrap_or(rest.len());
                let mut after = rest[found.map_or_else(word, str::len)..].chars();
                if after.next().is_none() {
                    break;
                }
                rest = after.as_str();
            }
        }
        mentions
    }

    fn add(&mut self, label: &'l str, line: &'l str) {
        let lines = self.0.entry(label).or_default();
        // The same part of the log, not only the same text.
        if !lines.last().is_some_and(|last| std::ptr::eq(*last, line)) {
            lines.push(line);
        }
    }

    /// The lines that contain a label, in order.
    pub fn of(&self, label: &Label) -> impl Iterator<Item = &'l str> {
        self.0.get(label.as_str()).into_iter().flatten().copied()
    }
}

/// What may be before and after a label.
fn is_edge(c: char) -> bool {
    c.is_whitespace() || "\"'`,;:()".contains(c)
}

/// The longest label that a text begins with.
fn longest<'l>(labels: &BTreeSet<&'l str>, text: &'l str) -> Option<&'l str> {
    let mut bound = text;
    loop {
        let label = *labels.range(..=bound).next_back()?;
        let (mut shared, mut before) = (0, 0);
        for (own, other) in label.chars().zip(text.chars()) {
            if own != other {
                break;
            }
            before = shared;
            shared += own.len_utf8();
        }
        let is_whole = shared == label.len();
        if is_whole && (shared == text.len() || text[shared..].starts_with(is_edge)) {
            return Some(label);
        }
        // A label that the text begins with and that is longer would come after the one that was found.
        bound = &text[..if is_whole { before } else { shared }];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::test_support::label;

    fn mentioned(log: &str, labels: &[&str]) -> Vec<(String, Vec<usize>)> {
        let labels: Vec<Label> = labels.iter().map(|name| label(name)).collect();
        let mentions = Mentions::new(log, &labels);
        let number = |line: &str| log.lines().position(|one| std::ptr::eq(one, line)).unwrap();
        let of = |label: &Label| mentions.of(label).map(number).collect();
        labels
            .iter()
            .map(|label| (label.to_string(), of(label)))
            .collect()
    }

    #[test]
    fn each_line_is_that_of_the_labels_in_it() {
        let log = "optimize: build kept because of never\n\
                   remove_tasks: build-a is needed: build depends on it, and build\n\
                   optimize: build-ab kept\n\
                   optimize: build kept because of never\n\
                   (`build-a`, \"build\")";
        assert_eq!(
            mentioned(log, &["build", "build-a", "uild", "build-abc"]),
            [
                ("build".to_owned(), vec![0, 1, 3, 4]),
                ("build-a".to_owned(), vec![1, 4]),
                ("uild".to_owned(), vec![]),
                ("build-abc".to_owned(), vec![]),
            ]
        );
    }

    #[test]
    fn labels_may_contain_what_separates_words() {
        let log = "optimize: test: a (b) kept\n\
                   optimize: test: a kept\n\
                   optimize: test: a (b kept\n\
                   optimize: test kept\n\
                   optimize: (ä) 'é' kept\n\
                   optimize: (ä) kept";
        assert_eq!(
            mentioned(
                log,
                &[
                    "test",
                    "test: a",
                    "test: a (b)",
                    "(ä)",
                    "(ä) 'é'",
                    "(ä) 'è'"
                ]
            ),
            [
                ("test".to_owned(), vec![3]),
                ("test: a".to_owned(), vec![1, 2]),
                ("test: a (b)".to_owned(), vec![0]),
                ("(ä)".to_owned(), vec![5]),
                ("(ä) 'é'".to_owned(), vec![4]),
                ("(ä) 'è'".to_owned(), vec![]),
            ]
        );
        assert_eq!(mentioned("", &["test"]), [("test".to_owned(), vec![])]);
    }
}
