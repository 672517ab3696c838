//! What is wrong with a MAR file whose structure can be followed.
//!
//! [`refused`] is what the client refuses. [`check`] is stricter: each of its other defects is one of a
//! file that no build tool writes.

use std::collections::BTreeSet;

use super::error::MarError;
use super::layout::{Entry, PRODUCT_INFO};
use super::read::Mar;
use crate::stage::safe_path::is_safe;

/// Every defect, in the order of the file.
#[must_use]
pub fn check(mar: &Mar<'_>) -> Vec<MarError> {
    let mut found = Vec::new();
    let actual = mar.size();
    if let Some(stated) = mar.stated_size.filter(|stated| *stated != actual) {
        found.push(MarError::WrongSize { stated, actual });
    }
    let known = |id: &u32| *id == PRODUCT_INFO;
    let sections = mar.sections.iter().map(|section| section.id);
    found.extend(
        sections
            .filter(|id| !known(id))
            .map(MarError::UnknownSection),
    );
    let mut names = BTreeSet::new();
    for entry in &mar.entries {
        let name = || entry.name.clone();
        if mar.content(entry).is_none() {
            found.push(MarError::OutOfRange(name()));
        }
        if !is_safe(&entry.name) {
            found.push(MarError::UnsafeName(name()));
        }
        if entry.mode & !0o777 != 0 {
            let mode = entry.mode;
            found.push(MarError::UnsafeMode { name: name(), mode });
        }
        if !names.insert(entry.name.as_str()) {
            found.push(MarError::Duplicate(name()));
        }
    }
    found.extend(overlaps(&mar.entries));
    found
}

/// What the client refuses when it unpacks the contents: contents that overlap, or begin behind the end of
/// the file. It takes a content that is cut short there.
#[must_use]
pub fn refused(mar: &Mar<'_>) -> Vec<MarError> {
    let mut found = overlaps(&mar.entries);
    let behind = |entry: &&Entry| entry.size > 0 && u64::from(entry.offset) > mar.size();
    let behind = mar.entries.iter().filter(behind);
    found.extend(behind.map(|entry| MarError::OutOfRange(entry.name.clone())));
    found
}

/// Each content that begins before an earlier one ends. Empty contents overlap nothing.
fn overlaps(entries: &[Entry]) -> Vec<MarError> {
    let mut entries: Vec<&Entry> = entries.iter().filter(|entry| entry.size > 0).collect();
    entries.sort_by_key(|entry| entry.offset);
    let mut found = Vec::new();
    let mut furthest: Option<&Entry> = None;
    for entry in entries {
        if let Some(other) = furthest.filter(|other| u64::from(entry.offset) < other.end()) {
            found.push(MarError::Overlap(other.name.clone(), entry.name.clone()));
        }
        if furthest.is_none_or(|other| entry.end() > other.end()) {
            furthest = Some(entry);
        }
    }
    found
}
