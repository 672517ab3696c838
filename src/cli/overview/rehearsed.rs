//! The overview of a rehearsal.

use super::read::with_parameters;
use super::sandboxed::Sandboxed;
use crate::overview::{AtOnce, Overview, PhaseSource, ReadError, ReleaseSource, Rule, collect};
use crate::rehearse::concurrent::ConcurrentReport;
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
    let earlier = earlier.map(|release| (None, release.version.as_str(), &release.phases));
    let own = Some((None, "", &report.phases)).filter(|(.., phases)| !phases.is_empty());
    let beside = report.concurrent.iter().flat_map(|all| &all.releases);
    let beside = beside
        .enumerate()
        .map(|(number, release)| (Some(number + 1), release.version.as_str(), &release.phases));
    for (number, version, phases) in earlier.chain(own).chain(beside) {
        let source = ReleaseSource {
            version: version.to_owned(),
            phases: phases.iter().map(source).collect(),
            ..ReleaseSource::default()
        };
        let source = with_parameters(source, &groups)?;
        let mut release = collect(source, &groups)?;
        release.number = number;
        overview.releases.push(release);
    }
    if let Some(all) = &report.concurrent {
        overview.not_run.extend(left_out(all));
        overview.at_once = Some(at_once(all));
    }
    Ok(overview)
}

/// The flavors of each release that were not rehearsed.
fn left_out(all: &ConcurrentReport) -> impl Iterator<Item = String> {
    let releases = all.releases.iter().enumerate();
    releases.flat_map(|(number, release)| {
        let flavors = release.not_rehearsed.iter();
        flavors.map(move |flavor| format!("{flavor} of release {}", number + 1))
    })
}

fn at_once(all: &ConcurrentReport) -> AtOnce {
    let rules = all.rules().into_iter();
    let mut notes = all.notes();
    notes.push(format!("Schedule: {}", all.schedule()));
    AtOnce {
        heads: ConcurrentReport::heads()
            .iter()
            .map(|&head| head.to_owned())
            .collect(),
        rows: all.rows().into_iter().map(Vec::from).collect(),
        rules: rules
            .map(|(rule, breaches)| Rule { rule, breaches })
            .collect(),
        notes,
    }
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
