//! The phases of a release, as its state shows them.
//!
//! A release is promoted: its candidate is in the archive. Then it is pushed: the files of the candidate are
//! copied to the release. Then it is shipped. The graph of each phase names those of the phases before it, so a
//! phase of which the state shows nothing was not run, or its graph is not among them.

use std::fmt;

/// A phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The candidate is made.
    Promote,
    /// The candidate is copied to the release.
    Push,
    /// Users get the release.
    Ship,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Promote => "promote",
            Self::Push => "push",
            Self::Ship => "ship",
        })
    }
}

/// What the state of a release shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// How many files its candidate has.
    pub candidate_files: usize,
    /// How many files the release has.
    pub release_files: usize,
    /// Whether it is marked as shipped.
    pub is_shipped: bool,
}

/// Reports that a phase is missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// The phase before it did not run.
    #[error(
        "the release was not pushed: its candidate has {0} files, but nothing was copied to the release; \
         run the phase `push` first, and name its graph in `previous_graph_ids`"
    )]
    Push(usize),
    /// The first phase is not among the graphs before.
    #[error(
        "the release was pushed without a candidate: the graph of the phase `promote` is not among \
         `previous_graph_ids`"
    )]
    Promote,
}

impl Seen {
    /// The phases that have run.
    #[must_use]
    pub fn phases(&self) -> Vec<Phase> {
        let all = [
            (Phase::Promote, self.candidate_files > 0),
            (Phase::Push, self.release_files > 0),
            (Phase::Ship, self.is_shipped),
        ];
        all.into_iter()
            .filter_map(|(phase, seen)| seen.then_some(phase))
            .collect()
    }

    /// Checks that the release may be marked as shipped; `None` if the state shows nothing about phases, as
    /// for products that are not in the archive.
    ///
    /// # Errors
    /// [`Missing`].
    pub fn check_shipping(&self) -> Option<Result<(), Missing>> {
        match (self.candidate_files, self.release_files) {
            (0, 0) => None,
            (0, _) => Some(Err(Missing::Promote)),
            (files, 0) => Some(Err(Missing::Push(files))),
            _ => Some(Ok(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_needs_those_before_it() {
        let seen = |candidate_files, release_files| Seen {
            candidate_files,
            release_files,
            is_shipped: false,
        };
        assert_eq!(seen(0, 0).check_shipping(), None);
        assert_eq!(seen(2, 1).check_shipping(), Some(Ok(())));
        assert_eq!(seen(2, 0).check_shipping(), Some(Err(Missing::Push(2))));
        assert_eq!(seen(0, 1).check_shipping(), Some(Err(Missing::Promote)));
        assert_eq!(seen(2, 1).phases(), [Phase::Promote, Phase::Push]);
    }
}
