//! Patterns of paths, as Python's `glob` reads them with `recursive=True`.

use std::collections::BTreeSet;

use crate::base::pattern::ShellPattern;

/// Whether a pattern matches one of some paths, or a folder that one of them is in.
///
/// `*`, `?` and `[…]` stay within one part of a path, and do not match a part that begins with a dot
/// unless the pattern's part does, too. A part `**` stands for any number of folders.
#[must_use]
pub fn matches_any(pattern: &str, paths: &[&str]) -> bool {
    let pattern: Vec<Part> = pattern
        .split('/')
        .filter(|part| !part.is_empty())
        .map(Part::new)
        .collect();
    let folders = paths.iter().flat_map(|path| {
        let slashes = path.match_indices('/').map(|(at, _)| at);
        slashes.filter_map(|at| path.get(..at))
    });
    let all: BTreeSet<&str> = folders.chain(paths.iter().copied()).collect();
    all.iter().any(|path| {
        let path: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        matches(&pattern, &path)
    })
}

/// A part of a pattern, between slashes.
enum Part {
    Folders,
    Name { pattern: ShellPattern, hidden: bool },
}

impl Part {
    fn new(part: &str) -> Self {
        if part == "**" {
            return Self::Folders;
        }
        let hidden = part.starts_with('.');
        let pattern = ShellPattern::new(part);
        Self::Name { pattern, hidden }
    }
}

fn matches(pattern: &[Part], path: &[&str]) -> bool {
    let is_hidden = |part: &&str| part.starts_with('.');
    match (pattern.split_first(), path.split_first()) {
        (None, first) => first.is_none(),
        (Some((Part::Folders, rest)), first) => {
            let deeper = first.filter(|(part, _)| !is_hidden(part));
            matches(rest, path) || deeper.is_some_and(|(_, below)| matches(pattern, below))
        }
        (Some((Part::Name { pattern, hidden }, rest)), Some((part, below))) => {
            (*hidden || !is_hidden(part)) && pattern.matches(part) && matches(rest, below)
        }
        (Some(_), None) => false,
    }
}
