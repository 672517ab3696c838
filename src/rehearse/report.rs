//! What a rehearsal found.

use super::check::PhaseReport;
use super::concurrent::ConcurrentReport;
use crate::base::value::{Value, json};

/// A release that was rehearsed so that a later one has something to update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierRelease {
    /// Its version.
    pub version: String,
    /// The push and the flavors, in order.
    pub phases: Vec<PhaseReport>,
}

/// A whole rehearsal.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    /// The releases before this one, the oldest first.
    pub earlier: Vec<EarlierRelease>,
    /// The push and the flavors, in order.
    pub phases: Vec<PhaseReport>,
    /// The releases that were rehearsed at once, in place of these phases.
    pub concurrent: Option<ConcurrentReport>,
    /// The flavors that were not rehearsed, because a phase before them failed.
    pub not_rehearsed: Vec<String>,
    /// Remarks about the rehearsal as a whole.
    pub notes: Vec<String>,
}

impl Report {
    /// Whether all checks pass in every phase.
    #[must_use]
    pub fn holds(&self) -> bool {
        let concurrent = self.concurrent.as_ref();
        self.all_phases().all(PhaseReport::holds) && concurrent.is_none_or(ConcurrentReport::holds)
    }

    /// The phases of all releases, in order.
    pub(super) fn all_phases(&self) -> impl Iterator<Item = &PhaseReport> {
        let earlier = self.earlier.iter().flat_map(|release| &release.phases);
        let concurrent = self.concurrent.iter().flat_map(|all| &all.releases);
        let concurrent = concurrent.flat_map(|release| &release.phases);
        earlier.chain(&self.phases).chain(concurrent)
    }

    /// Returns the report as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let list =
            |phases: &[PhaseReport]| -> Value { phases.iter().map(PhaseReport::to_json).collect() };
        let earlier = self
            .earlier
            .iter()
            .map(|release| json!({"version": release.version, "phases": list(&release.phases)}));
        let concurrent = self.concurrent.as_ref();
        json!({
            "earlierReleases": earlier.collect::<Value>(),
            "phases": list(&self.phases),
            "concurrent": concurrent.map(|all| all.to_json(&list)),
            "notRehearsed": self.not_rehearsed,
            "notes": self.notes,
            "holds": self.holds(),
        })
    }
}
