//! Runs the releases.

use std::time::Instant;

use futures_util::future::{join, join_all};

use super::isolation::{self, Release};
use super::pushed::{Pushed, revision};
use super::report::{ConcurrentRelease, ConcurrentReport};
use crate::base::diagnostic::Outcome;
use crate::config::graph_config::GraphConfig;
use crate::decision::{self, Context};
use crate::ports::files::Files;
use crate::ports::vcs::Vcs;
use crate::rehearse::check::{Check, PhaseReport};
use crate::rehearse::options::Concurrent;
use crate::rehearse::rehearsal::Rehearsal;
use crate::rehearse::turns::{Schedule, Turn};
use crate::rehearse::versioned::Versioned;
use crate::vcs;

/// The number of the release with a planted defect. Leaks are from the first one.
const WITH_DEFECT: usize = 1;

/// How each release is rehearsed.
pub struct Plan<'p> {
    /// The releases.
    pub concurrent: &'p Concurrent,
    /// The version of what is checked out; empty if it has none.
    pub current: &'p str,
    /// The files of the project.
    pub files: &'p dyn Files,
    /// Its configuration, for releases of staging.
    pub config: &'p GraphConfig,
}

/// A release, as its rehearsal sees it.
struct Own<'p> {
    /// The repository with its push; `None` if the project's Python asks the repository itself.
    repository: Option<Pushed>,
    /// The files, with its version.
    files: Versioned<'p>,
}

impl<'p> Own<'p> {
    fn new(
        context: Context<'p>,
        config: &GraphConfig,
        (number, version): (usize, &str),
    ) -> Outcome<Self> {
        let repository = repository(context, config, number)?;
        Ok(Self {
            repository,
            files: Versioned {
                files: context.files,
                version: version.to_owned(),
            },
        })
    }

    /// The project, as the release sees it.
    fn context<'o>(&'o self, outer: Context<'o>) -> Context<'o> {
        let own = self.repository.as_ref().map(|own| own as &dyn Vcs);
        Context {
            vcs: own.or(outer.vcs),
            ..outer
        }
    }
}

/// The repository with the push of a release.
fn repository(
    context: Context<'_>,
    config: &GraphConfig,
    number: usize,
) -> Outcome<Option<Pushed>> {
    // Python of the project may ask the repository itself, which does not know made-up revisions.
    let Some(outer) = context.vcs.filter(|_| config.registration().is_none()) else {
        return Ok(None);
    };
    let head = outer.head_rev();
    let head = head.map_err(|error| decision::vcs_diagnostic(&error))?;
    let own = vcs::discover(outer.root(), context.environment);
    let own = own.map_err(|error| decision::vcs_diagnostic(&error))?;
    let pushed = revision(&head, number);
    Ok(Some(Pushed::new(own, &head, &pushed)))
}

/// Rehearses releases beside each other, on top of what another rehearsal has left.
///
/// `release` rehearses one of them, of a version, and returns its phases and the flavors that were left out.
///
/// # Errors
/// When a phase of one could not be run.
pub async fn run<'a, R>(
    first: &Rehearsal<'a>,
    plan: &Plan<'_>,
    release: R,
) -> Outcome<ConcurrentReport>
where
    R: AsyncFn(&mut Rehearsal<'_>, &str) -> Outcome<(Vec<PhaseReport>, Vec<String>)>,
{
    let concurrent = plan.concurrent;
    // Earlier releases had another version.
    let outer = Context {
        files: plan.files,
        ..first.context
    };
    let versions = concurrent.versions(plan.current);
    let owns = versions.iter().enumerate();
    let owns = owns.map(|(number, version)| Own::new(outer, plan.config, (number, version)));
    let owns = owns.collect::<Outcome<Vec<_>>>()?;
    let (schedule, turns) = Schedule::new(
        first.shared_sandbox(),
        first.owners().clone(),
        owns.len(),
        (concurrent.seed, concurrent.disturb),
    );
    let mut rehearsals = Vec::new();
    for (own, turn) in owns.iter().zip(turns) {
        rehearsals.push(begin(first, outer, plan, (own, turn))?);
    }
    let ended = rehearsals
        .iter_mut()
        .zip(&versions)
        .map(|(rehearsal, version)| {
            let release = &release;
            async move {
                let begun = Instant::now();
                let result = release(rehearsal, version).await;
                rehearsal.end_turns();
                result.map(|(phases, left)| (phases, left, begun.elapsed()))
            }
        });
    let (overlap, ended) = join(schedule.run(), join_all(ended)).await;
    let overlap = overlap?;
    let ended = ended.into_iter().collect::<Outcome<Vec<_>>>()?;
    let with_defect = rehearsals.get(WITH_DEFECT);
    let planted = with_defect.map(Rehearsal::planted).transpose()?;
    let releases: Vec<Release<'_>> = rehearsals
        .iter()
        .map(|rehearsal| Release {
            revision: rehearsal.revision(),
            outputs: rehearsal.outputs(),
            staged: rehearsal.staged(),
        })
        .collect();
    let mut isolation = isolation::check(first.sandbox(), &releases)?;
    if concurrent.disturb {
        isolation.checks.push(Check {
            rule: "a phase that is run again changes no state",
            breaches: overlap.changed.clone(),
        });
    }
    let releases = ended.into_iter().zip(&rehearsals).zip(&versions);
    let releases =
        releases.map(
            |(((phases, not_rehearsed, took), rehearsal), version)| ConcurrentRelease {
                version: version.clone(),
                revision: rehearsal.revision().to_owned(),
                phases,
                not_rehearsed,
                took,
            },
        );
    Ok(ConcurrentReport {
        seed: concurrent.seed,
        disturbed: concurrent.disturb,
        releases: releases.collect(),
        planted: planted.flatten(),
        overlap,
        isolation,
    })
}

/// The rehearsal of one release.
fn begin<'r>(
    first: &Rehearsal<'r>,
    outer: Context<'r>,
    plan: &Plan<'r>,
    (own, turn): (&'r Own<'r>, Turn),
) -> Outcome<Rehearsal<'r>> {
    let context = own.context(outer);
    let repository = match &own.repository {
        Some(_) => {
            repository(outer, plan.config, turn.release())?.map(|own| Box::new(own) as Box<dyn Vcs>)
        }
        None => {
            let root = outer.vcs.map(Vcs::root);
            root.and_then(|root| vcs::discover(root, outer.environment).ok())
        }
    };
    let mut rehearsal = first.beside(context, repository, turn)?;
    let is_other = own.files.version != plan.current;
    let files: &dyn Files = match is_other {
        true => &own.files,
        false => plan.files,
    };
    rehearsal.begin_release(files, plan.config, true, is_other);
    if rehearsal.number() == WITH_DEFECT {
        rehearsal.plan_failures();
    }
    Ok(rehearsal)
}
