//! The data of an overview.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::task_state::TaskState;

/// Releases, and what is said about all of them.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// What is shown, e.g. `Rehearsal`.
    pub title: String,
    /// The releases, the oldest first.
    pub releases: Vec<ReleaseView>,
    /// What was found about the last releases, if several were rehearsed at once.
    pub at_once: Option<AtOnce>,
    /// The flavors that did not run, because a phase before them failed.
    pub not_run: Vec<String>,
    /// Remarks.
    pub notes: Vec<String>,
}

impl Overview {
    /// The phases of all releases.
    pub fn phases(&self) -> impl Iterator<Item = &PhaseView> {
        self.releases.iter().flat_map(|release| &release.phases)
    }

    /// The tasks of all releases.
    pub fn tasks(&self) -> impl Iterator<Item = &TaskView> {
        self.releases.iter().flat_map(|release| &release.tasks)
    }

    /// The releases that are asked for: the last one, or those that were rehearsed at once.
    #[must_use]
    pub fn newest(&self) -> &[ReleaseView] {
        let count = self.at_once.as_ref().map_or(1, |all| all.rows.len());
        let earlier = self.releases.len().saturating_sub(count);
        self.releases.get(earlier..).unwrap_or_default()
    }

    /// What must hold in the phases, and between releases.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        let between = self.at_once.iter().flat_map(|all| &all.rules);
        self.phases().flat_map(|phase| &phase.rules).chain(between)
    }

    /// Whether all checks pass and no task is red.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.rules().all(Rule::holds) && !self.tasks().any(TaskView::is_red)
    }
}

/// What was found about releases that were rehearsed at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AtOnce {
    /// The heads of the table.
    pub heads: Vec<String>,
    /// A row for each release, in their order.
    pub rows: Vec<Vec<String>>,
    /// What must hold between them.
    pub rules: Vec<Rule>,
    /// Remarks.
    pub notes: Vec<String>,
}

/// One release.
#[derive(Debug, Clone, Default)]
pub struct ReleaseView {
    /// Its number among those that were rehearsed at once, from 1.
    pub number: Option<usize>,
    /// The product; empty if no task names one.
    pub product: String,
    /// The version; empty if it is not known.
    pub version: String,
    /// The number of the build; 0 if it is not known.
    pub build_number: u64,
    /// The revisions that its tasks are made of.
    pub revisions: BTreeSet<String>,
    /// Its phases, in order.
    pub phases: Vec<PhaseView>,
    /// Its tasks, by kind and label.
    pub tasks: Vec<TaskView>,
    /// The checks that nothing has made yet because they need a later task.
    pub deferred: Vec<String>,
}

impl ReleaseView {
    /// What the release is called.
    #[must_use]
    pub fn name(&self) -> String {
        let build = match self.build_number {
            0 => String::new(),
            number => format!("build {number}"),
        };
        let parts = [self.product.as_str(), self.version.as_str(), build.as_str()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let name = parts.join(" ");
        match (self.number, name.is_empty()) {
            (None, true) => "release".to_owned(),
            (None, false) => name,
            (Some(number), true) => format!("release {number}"),
            (Some(number), false) => format!("release {number}: {name}"),
        }
    }
}

/// Something that must hold in a phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What must hold.
    pub rule: String,
    /// What breaks it; empty if it holds.
    pub breaches: Vec<String>,
}

impl Rule {
    /// Whether it holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.breaches.is_empty()
    }
}

/// One phase: a push, or a promotion.
#[derive(Debug, Clone, Default)]
pub struct PhaseView {
    /// Its name: `push`, or the flavors.
    pub name: String,
    /// The decision or action task, which is also its group.
    pub task_id: String,
    /// How many tasks it created, without those in `rebuilt`.
    pub created: usize,
    /// How many tasks it created although an earlier phase had them.
    pub rebuilt: usize,
    /// How many tasks it reused, by where they are from.
    pub reused: BTreeMap<Origin, usize>,
    /// How many tasks optimization removed.
    pub removed: usize,
    /// What must hold.
    pub rules: Vec<Rule>,
    /// Remarks.
    pub notes: Vec<String>,
    /// The chain of created tasks that takes longest, from the first one on.
    pub chain: Vec<Step>,
    /// The worker pools of the created tasks, by name.
    pub pools: BTreeMap<String, Pool>,
}

impl PhaseView {
    /// How many tasks it reused.
    #[must_use]
    pub fn reused(&self) -> usize {
        self.reused.values().sum()
    }

    /// The most seconds that the longest chain takes.
    #[must_use]
    pub fn chain_seconds(&self) -> u64 {
        let seconds = self.chain.iter().filter_map(|step| step.seconds);
        seconds.fold(0, u64::saturating_add)
    }
}

/// Where a reused task is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// An earlier phase of the release, by its number.
    Phase(usize),
    /// Another graph, found by the index.
    Elsewhere,
}

/// A task in a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its label.
    pub label: String,
    /// How many seconds it may run; `None` if its definition does not say.
    pub seconds: Option<u64>,
}

/// The use of a worker pool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pool {
    /// How many tasks it runs.
    pub tasks: usize,
    /// How many it runs at one time, if each starts as soon as it can and runs as long as it may.
    pub at_once: usize,
}

/// What became of a task in a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was created.
    Created,
    /// One that exists is used.
    Reused(Origin),
    /// Optimization removed it.
    Removed,
}

/// A task in a phase.
#[derive(Debug, Clone)]
pub struct Event {
    /// The number of the phase.
    pub phase: usize,
    /// What became of the task.
    pub fate: Fate,
    /// Its taskId; empty if it was removed.
    pub task_id: String,
    /// Whether it was selected itself, and not only as a dependency.
    pub is_target: bool,
    /// A task that depends on it, on the way to one that was selected.
    pub needed_by: Option<String>,
    /// What optimization has found, as `optimizations.log` says without the label.
    pub reasons: Vec<String>,
}

/// A label.
#[derive(Debug, Clone, Default)]
pub struct TaskView {
    /// The label.
    pub label: String,
    /// The kind.
    pub kind: String,
    /// The product; empty if there is none.
    pub product: String,
    /// The platform; empty if there is none.
    pub platform: String,
    /// The locale, or the locales of a part; empty if there is none.
    pub locale: String,
    /// The phase of the release that the task belongs to; empty if there is none.
    pub shipping_phase: String,
    /// What became of it, by phase.
    pub events: Vec<Event>,
    /// Its state, if a phase of the release created it.
    pub state: Option<TaskState>,
    /// The worker pool that it would run in in production.
    pub pool: String,
    /// How many seconds it may run.
    pub seconds: Option<u64>,
    /// The labels that it depends on.
    pub dependencies: Vec<String>,
    /// The release system and the action of a staged task; empty for others.
    pub system: String,
    /// What a staged task has reported.
    pub report: Option<Report>,
}

impl TaskView {
    /// Whether the task has failed.
    #[must_use]
    pub fn is_red(&self) -> bool {
        let reported = |report: &Report| !report.problems.is_empty();
        self.state.is_some_and(TaskState::is_failure) || self.report.as_ref().is_some_and(reported)
    }

    /// The name of the release system; empty if the task is not staged.
    #[must_use]
    pub fn system_name(&self) -> &str {
        self.system.split(": ").next().unwrap_or_default()
    }

    /// Whether a phase created the task although an earlier one had done so.
    #[must_use]
    pub fn is_rebuilt(&self) -> bool {
        self.created().count() > 1
    }

    /// Where it was created.
    pub fn created(&self) -> impl Iterator<Item = &Event> {
        let events = self.events.iter();
        events.filter(|event| event.fate == Fate::Created)
    }

    /// The state for people: of tasks that no phase created, what became of them.
    #[must_use]
    pub fn state_name(&self) -> &'static str {
        match (self.state, self.events.last().map(|event| event.fate)) {
            (Some(state), _) => state.name(),
            (None, Some(Fate::Removed)) => "removed",
            (None, Some(Fate::Reused(_))) => "reused",
            (None, _) => "unknown",
        }
    }
}

/// What a staged task has reported.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The release system, and the action if the system has several.
    pub system: String,
    /// What was checked, and how often.
    pub checked: Vec<(String, u64)>,
    /// What production would have done.
    pub would: Vec<String>,
    /// What could not be checked.
    pub unchecked: Vec<String>,
    /// What is unusual.
    pub warnings: Vec<String>,
    /// Why the task is red.
    pub problems: Vec<String>,
}
