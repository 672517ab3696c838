//! Rehearses a release on an embedded Taskcluster: push, then one action for each flavor.
//!
//! 1. A sandbox is started. The decision task is what `.taskcluster.yml` renders for a push.
//! 2. Its definition is checked against the needs of workers, the queue and the decision itself
//!    ([`definition`]), and its command is read ([`command`]).
//! 3. The decision runs with the flags and variables of that command and the scopes of its task,
//!    its artifacts are published as its payload says ([`publish`]), and simulated workers finish
//!    the tasks that it created.
//! 4. For each flavor an action task is created the way an interface and the hooks service create
//!    it: from `actions.json` and `.taskcluster.yml`. It goes through the same steps, reads its
//!    request from its own definition, promotes on top of all previous graphs, and workers finish
//!    the tasks that it created.
//! 5. Releases that partial updates start from are rehearsed first, in the same way ([`earlier`]); what they
//!    leave is the history of the next one, on top of what a file of the project knows ([`known`]).
//! 6. The checks read the artifacts and the queue, not the state of the program.

pub mod artifacts;
mod check;
pub mod checks;
pub mod command;
pub mod concurrent;
pub mod defects;
mod definition;
mod earlier;
mod environment;
mod event;
mod external;
mod flavors;
pub mod host;
mod known;
mod made;
mod options;
mod owners;
mod phase_report;
mod publish;
pub mod push;
pub mod rehearsal;
mod report;
mod report_text;
mod staged;
mod task_run;
pub mod template;
mod tree;
mod turns;
mod upload;
mod versioned;
mod work;

use crate::actions::proposal::Proposal;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::text::{list_some, plural};
use crate::base::value::{Value, json};
use crate::config::graph_config::GraphConfig;
use crate::decision::Context;
use crate::decision::parameters::version;
use crate::ports::files::Files;
use crate::sandbox::State;

pub use check::{Check, PhaseReport};
use command::Parser;
use concurrent::Plan;
use earlier::Start;
use environment::without_taskcluster;
pub use event::{Event, Events};
use flavors::{flavors, previous_version};
use known::Known;
pub use options::{Concurrent, Options, Updates};
use rehearsal::Rehearsal;
pub use report::{EarlierRelease, Report};
pub use report_text::Detail;
use versioned::Versioned;

/// Rehearses a release.
///
/// `parser` parses the arguments of the commands in tasks. `context` is the project; its Taskcluster is
/// not used, and neither are the environment variables of Taskcluster and of actions.
///
/// # Errors
/// When a phase could not be run. A failed check is not an error: it is in the report.
pub async fn run(
    context: Context<'_>,
    graph_config: &GraphConfig,
    options: &Options,
    parser: Parser,
    events: Events,
) -> Outcome<Rehearsed> {
    let flavors = flavors(graph_config, &options.flavors)?;
    let environment = without_taskcluster(context.environment);
    let context = Context {
        environment: &environment,
        taskcluster: None,
        ..context
    };
    let staging = staged::is_wanted(graph_config);
    let (known, unread) = match staging {
        true => known::read(context.files, graph_config)?,
        false => (None, Vec::new()),
    };
    let newest = newest(known.as_ref(), context.files, graph_config, &flavors)?;
    let before = earlier::versions(context, graph_config, options, &flavors, newest.as_ref())?;
    let before: Vec<Versioned<'_>> = before
        .into_iter()
        .map(|version| Versioned {
            files: context.files,
            version,
        })
        .collect();
    let without_updates = earlier::without_updates(graph_config);
    let for_staging = graph_config.for_staging();
    let releases = Releases {
        config: graph_config,
        without_updates: &without_updates,
        for_staging: &for_staging,
        flavors_before: earlier::flavors_before(graph_config, &flavors)?,
        before: &before,
        files: context.files,
        known: known.as_ref(),
        newest: newest.filter(|_| options.updates == Updates::Previous),
        unread: &unread,
        flavors,
    };
    let mut rehearsal = Rehearsal::start(context, graph_config, options, parser, events).await?;
    let outcome = rehearse(&mut rehearsal, &releases, options).await;
    let sandbox = rehearsal.sandbox().state();
    rehearsal.stop().await;
    Ok(Rehearsed {
        report: outcome?,
        sandbox,
    })
}

/// What a rehearsal found, and the tasks that it has left.
pub struct Rehearsed {
    /// What it found.
    pub report: Report,
    /// The tasks.
    pub sandbox: State,
}

/// The releases of a rehearsal.
struct Releases<'a> {
    /// The configuration of the project.
    config: &'a GraphConfig,
    /// That of releases without earlier ones.
    without_updates: &'a GraphConfig,
    /// That of releases for staging.
    for_staging: &'a GraphConfig,
    /// The flavors of earlier releases.
    flavors_before: Vec<String>,
    /// The files of earlier releases, the oldest first.
    before: &'a [Versioned<'a>],
    /// The files of the release itself.
    files: &'a dyn Files,
    /// What a file of the project knows of earlier ones.
    known: Option<&'a Known>,
    /// The newest release that it knows, if that is the one to update from.
    newest: Option<Start>,
    /// The tasks that the project names as history.
    unread: &'a [TaskId],
    /// Its flavors.
    flavors: Vec<String>,
}

/// The newest release that a file of the project knows and that flavors update.
fn newest(
    known: Option<&Known>,
    files: &dyn Files,
    config: &GraphConfig,
    flavors: &[String],
) -> Outcome<Option<Start>> {
    let (Some(known), Some(product)) = (known, earlier::product(config, flavors)) else {
        return Ok(None);
    };
    let is_rc = earlier::has_candidate(config, flavors);
    let current = version(files)?;
    Ok(current.and_then(|current| known.newest(product, &current, is_rc)))
}

async fn rehearse<'a>(
    rehearsal: &mut Rehearsal<'a>,
    releases: &Releases<'a>,
    options: &Options,
) -> Outcome<Report> {
    for path in &options.indexed {
        rehearsal.add_indexed_task(path)?;
    }
    let mut report = Report::default();
    let known = releases.known;
    // What can be read is not made again.
    let product = earlier::product(releases.config, &releases.flavors).unwrap_or_default();
    let readable = releases.newest.as_ref().filter(|start| {
        known.is_some_and(|known| rehearsal.has_updates(known, product, &start.version))
    });
    let before = match readable {
        Some(_) => &[],
        None => releases.before,
    };
    if let Some(known) = known {
        rehearsal.add_known(known, before.is_empty())?;
    }
    let versions: Vec<&str> = before.iter().map(|one| one.version.as_str()).collect();
    for (at, files) in before.iter().enumerate() {
        let earlier = versions.get(..at).unwrap_or_default();
        let updates = starts(earlier::starts(&files.version, earlier, false));
        let config = releases.config(&updates);
        rehearsal.begin_release(files, config, !updates.is_empty(), true);
        let names = &releases.flavors_before;
        let (phases, left) = release(rehearsal, names, &updates, options).await?;
        let holds = phases.iter().all(PhaseReport::holds);
        report.earlier.push(EarlierRelease {
            version: files.version.clone(),
            phases,
        });
        if !holds {
            let own = releases.flavors.iter();
            report.not_rehearsed = left.iter().chain(own).cloned().collect();
            report.notes = releases.notes(rehearsal);
            return Ok(report);
        }
        rehearsal.end_release(&files.version)?;
    }
    let current = version(releases.files)?.unwrap_or_default();
    let mut report = Report {
        notes: releases.notes(rehearsal),
        ..report
    };
    if let Some(concurrent) = &options.concurrent {
        let plan = Plan {
            concurrent,
            current: &current,
            files: releases.files,
            config: releases.for_staging,
        };
        let all = concurrent::run(rehearsal, &plan, async |rehearsal, version| {
            let updates = releases.updates(version, &versions, readable);
            let (phases, left) = release(rehearsal, &releases.flavors, &updates, options).await?;
            Ok((phases, left.to_vec()))
        });
        report.concurrent = Some(all.await?);
        return Ok(report);
    }
    let updates = releases.updates(&current, &versions, readable);
    let config = releases.config(&updates);
    rehearsal.begin_release(releases.files, config, true, false);
    rehearsal.plan_failures();
    let (phases, left) = release(rehearsal, &releases.flavors, &updates, options).await?;
    if let Some(planted) = rehearsal.planted()? {
        let note = format!("the defect was planted in {planted}");
        report.notes.push(note);
    }
    report.phases = phases;
    report.not_rehearsed = left.to_vec();
    Ok(report)
}

impl<'a> Releases<'a> {
    /// The configuration of a release that is updated to from these versions.
    fn config(&self, updates: &[Start]) -> &'a GraphConfig {
        match updates {
            [] => self.without_updates,
            _ => self.config,
        }
    }

    /// The releases that a version is updated from: those before it that were rehearsed, or can be read.
    fn updates(&self, current: &str, before: &[&str], readable: Option<&Start>) -> Vec<Start> {
        let is_rc = earlier::has_candidate(self.config, &self.flavors);
        let mut updates = starts(earlier::starts(current, before, is_rc));
        if let Some(start) = readable {
            updates.push(start.clone());
        } else if before.is_empty() {
            updates.push(Start::first_build(previous_version(
                if current.is_empty() { "1.0" } else { current },
            )));
        }
        updates
    }

    /// Remarks about the rehearsal as a whole.
    fn notes(&self, rehearsal: &Rehearsal<'_>) -> Vec<String> {
        let mut notes = rehearsal.notes();
        if let Some(known) = self.known {
            let facts = plural(known.bundle.effects.len(), "fact");
            notes.push(format!("{} counts as history, with {facts}", known.path));
        }
        if !self.unread.is_empty() {
            let tasks: Vec<&str> = self.unread.iter().map(TaskId::as_str).collect();
            notes.push(format!(
                "the history of these tasks was not read, because a rehearsal uses no Taskcluster: {}",
                list_some(&tasks)
            ));
        }
        notes
    }
}

/// The first builds of versions.
fn starts(versions: Vec<String>) -> Vec<Start> {
    versions.into_iter().map(Start::first_build).collect()
}

/// Rehearses a release that is updated to from these versions; returns its phases, and the flavors that were not
/// rehearsed.
async fn release<'f>(
    rehearsal: &mut Rehearsal<'_>,
    flavors: &'f [String],
    updates: &[Start],
    options: &Options,
) -> Outcome<(Vec<PhaseReport>, &'f [String])> {
    let mut phases = vec![rehearsal.push().await?];
    let mut left = flavors;
    // A phase without artifacts, or with tasks that failed, cannot be promoted from.
    while rehearsal.outputs().len() == phases.len()
        && phases.last().is_some_and(PhaseReport::all_tasks_pass)
        && let Some((name, rest)) = left.split_first()
    {
        let input = input(rehearsal, name, updates, options)?;
        phases.push(rehearsal.promote(name, input).await?);
        left = rest;
    }
    Ok((phases, left))
}

/// Returns the input of the action for a flavor.
fn input(
    rehearsal: &Rehearsal<'_>,
    name: &str,
    updates: &[Start],
    options: &Options,
) -> Result<Value, Diagnostic> {
    let previous: Vec<String> = rehearsal.graphs().iter().map(ToString::to_string).collect();
    let of_push = rehearsal.outputs().first().map(|push| push.version.clone());
    let of_push = of_push.filter(|version| !version.is_empty());
    let current = version(rehearsal.context.files)?.or(of_push);
    let updates: Vec<(&str, u64)> = updates
        .iter()
        .map(|start| (start.version.as_str(), start.build_number))
        .collect();
    let proposal = Proposal {
        flavor: name,
        version: current.as_deref(),
        previous: &previous,
        updates: &updates,
    };
    let mut input = proposal.input(rehearsal.graph_config());
    if !options.rebuild_kinds.is_empty() {
        input["rebuild_kinds"] = json!(options.rebuild_kinds);
    }
    if !options.do_not_optimize.is_empty() {
        input["do_not_optimize"] = json!(options.do_not_optimize);
    }
    for (key, value) in &options.input {
        input[key.as_str()] = value.clone();
    }
    Ok(input)
}
