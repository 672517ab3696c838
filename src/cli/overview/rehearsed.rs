//! The overview of a rehearsal.

use super::read::with_parameters;
use super::sandboxed::Sandboxed;
use crate::overview::{Overview, PhaseSource, ReadError, ReleaseSource, Rule, collect};
use crate::rehearse::{PhaseReport, Rehearsed};

/// What a rehearsal found, with the tasks that are in its sandbox.
///
/// # Errors
/// Those of reading artifacts.
pub fn of_rehearsal(rehearsed: &Rehearsed) -> Result<Overview, ReadError> {
    let report = &rehearsed.report;
    let groups = Sandboxed(rehearsed.sandbox.clone());
    let mut overview = Overview {
        title: "Rehearsal".to_owned(),
        not_run: report.not_rehearsed.clone(),
        notes: report.notes.clone(),
        ..Overview::default()
    };
    let earlier = report.earlier.iter();
    let releases = earlier.map(|release| (release.version.as_str(), &release.phases));
    let own = Some(("", &report.phases)).filter(|(_, phases)| !phases.is_empty());
    for (version, phases) in releases.chain(own) {
        let source = ReleaseSource {
            version: version.to_owned(),
            phases: phases.iter().map(source).collect(),
            ..ReleaseSource::default()
        };
        let source = with_parameters(source, &groups)?;
        overview.releases.push(collect(source, &groups)?);
    }
    Ok(overview)
}

fn source(phase: &PhaseReport) -> PhaseSource {
    let rules = phase.checks.iter().map(|check| Rule {
        rule: check.rule.to_owned(),
        breaches: check.breaches.clone(),
    });
    PhaseSource {
        name: phase.name.clone(),
        task_id: phase.task_group.clone(),
        rules: rules.collect(),
        notes: phase.notes.clone(),
    }
}
