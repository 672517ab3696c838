//! Which lines of two texts belong together, as Python's `difflib` finds them.
//!
//! The longest run of equal lines is found first, then the longest ones before and behind it, and so on. Of
//! runs of the same length, the first one in the old text counts, then the first one in the new text. Lines
//! that are more than a hundredth of a long new text begin no run.

use std::collections::BTreeMap;

/// How the lines of one part differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// They are equal.
    Equal,
    /// They differ: old lines, new lines, or both.
    Changed,
}

/// A part of both texts: from and up to which line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// How it differs.
    pub kind: Kind,
    /// The first line in the old text.
    pub old: usize,
    /// The line behind it in the old text.
    pub old_end: usize,
    /// The first line in the new text.
    pub new: usize,
    /// The line behind it in the new text.
    pub new_end: usize,
}

/// A run of equal lines: where it begins in both, and how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Run {
    old: usize,
    new: usize,
    length: usize,
}

/// The new text must have so many lines before frequent ones are left out.
const LONG: usize = 200;

/// Divides two texts into equal and different parts.
#[must_use]
pub fn parts(old: &[&str], new: &[&str]) -> Vec<Part> {
    let mut parts = Vec::new();
    let (mut i, mut j) = (0, 0);
    for run in runs(old, new) {
        if i < run.old || j < run.new {
            parts.push(Part {
                kind: Kind::Changed,
                old: i,
                old_end: run.old,
                new: j,
                new_end: run.new,
            });
        }
        (i, j) = (run.old + run.length, run.new + run.length);
        if run.length > 0 {
            parts.push(Part {
                kind: Kind::Equal,
                old: run.old,
                old_end: i,
                new: run.new,
                new_end: j,
            });
        }
    }
    parts
}

/// The runs of equal lines in order, with an empty one at the end.
fn runs(old: &[&str], new: &[&str]) -> Vec<Run> {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, line) in new.iter().enumerate() {
        places.entry(line).or_default().push(at);
    }
    if new.len() >= LONG {
        let limit = new.len() / 100 + 1;
        places.retain(|_, at| at.len() <= limit);
    }
    let mut found = Vec::new();
    let mut left = vec![(0, old.len(), 0, new.len())];
    while let Some((old_start, old_end, new_start, new_end)) = left.pop() {
        let run = longest(old, new, &places, (old_start, old_end, new_start, new_end));
        if run.length == 0 {
            continue;
        }
        found.push(run);
        if old_start < run.old && new_start < run.new {
            left.push((old_start, run.old, new_start, run.new));
        }
        if run.old + run.length < old_end && run.new + run.length < new_end {
            left.push((run.old + run.length, old_end, run.new + run.length, new_end));
        }
    }
    found.sort_unstable();
    let mut joined: Vec<Run> = Vec::with_capacity(found.len() + 1);
    for run in found {
        match joined.last_mut() {
            Some(last)
                if last.old + last.length == run.old && last.new + last.length == run.new =>
            {
                last.length += run.length;
            }
            _ => joined.push(run),
        }
    }
    joined.push(Run {
        old: old.len(),
        new: new.len(),
        length: 0,
    });
    joined
}

/// The longest run within bounds.
fn longest(
    old: &[&str],
    new: &[&str],
    places: &BTreeMap<&str, Vec<usize>>,
    (old_start, old_end, new_start, new_end): (usize, usize, usize, usize),
) -> Run {
    let mut best = Run {
        old: old_start,
        new: new_start,
        length: 0,
    };
    // How long the run is that ends with the line before, by its place in the new text.
    let mut lengths: BTreeMap<usize, usize> = BTreeMap::new();
    for i in old_start..old_end {
        let mut next = BTreeMap::new();
        let known = old.get(i).and_then(|line| places.get(line));
        for &j in known.into_iter().flatten() {
            if j < new_start {
                continue;
            }
            if j >= new_end {
                break;
            }
            let before = j.checked_sub(1).and_then(|j| lengths.get(&j));
            let length = before.copied().unwrap_or_default() + 1;
            next.insert(j, length);
            if length > best.length {
                best = Run {
                    old: i + 1 - length,
                    new: j + 1 - length,
                    length,
                };
            }
        }
        lengths = next;
    }
    // Frequent lines may continue a run.
    while best.old > old_start && best.new > new_start && old[best.old - 1] == new[best.new - 1] {
        best.old -= 1;
        best.new -= 1;
        best.length += 1;
    }
    while best.old + best.length < old_end
        && best.new + best.length < new_end
        && old[best.old + best.length] == new[best.new + best.length]
    {
        best.length += 1;
    }
    best
}

/// The parts in groups, each with at most so many equal lines around what differs.
#[must_use]
pub fn groups(mut parts: Vec<Part>, context: usize) -> Vec<Vec<Part>> {
    if let Some(first) = parts.first_mut()
        && first.kind == Kind::Equal
    {
        first.old = first.old.max(first.old_end.saturating_sub(context));
        first.new = first.new.max(first.new_end.saturating_sub(context));
    }
    if let Some(last) = parts.last_mut()
        && last.kind == Kind::Equal
    {
        last.old_end = last.old_end.min(last.old + context);
        last.new_end = last.new_end.min(last.new + context);
    }
    let mut groups = Vec::new();
    let mut group: Vec<Part> = Vec::new();
    for mut part in parts {
        if part.kind == Kind::Equal && part.old_end - part.old > context * 2 {
            group.push(Part {
                old_end: part.old_end.min(part.old + context),
                new_end: part.new_end.min(part.new + context),
                ..part
            });
            groups.push(std::mem::take(&mut group));
            part.old = part.old.max(part.old_end.saturating_sub(context));
            part.new = part.new.max(part.new_end.saturating_sub(context));
        }
        group.push(part);
    }
    let is_equal = matches!(
        group[..],
        [Part {
            kind: Kind::Equal,
            ..
        }]
    );
    if !group.is_empty() && !is_equal {
        groups.push(group);
    }
    groups
}
