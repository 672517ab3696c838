//! Reads task groups.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::facts::{self, Attributes, Definition};
use super::figures;
use super::files::Files;
use super::model::{Event, Fate, Origin, PhaseView, ReleaseView, Report, Rule, TaskView};
use crate::base::json;
use crate::base::task_state::TaskState;
use crate::base::value::Value;

/// The artifact with the report of a staged task.
const REPORT: &str = "public/staging/report.json";

/// Why a group cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read {what}: {why}")]
pub struct ReadError {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}

/// A task of a group.
pub struct Listed {
    /// Its taskId.
    pub task_id: String,
    /// Its state.
    pub state: TaskState,
    /// Its definition.
    pub definition: Value,
    /// Whether it may have a report.
    pub reports: bool,
}

/// The tasks of a group.
pub type Group = Vec<Listed>;

/// Where groups are.
pub trait Groups {
    /// The tasks of a group.
    ///
    /// # Errors
    /// When they cannot be listed.
    fn tasks(&self, group: &str) -> Result<Group, ReadError>;

    /// The newest artifacts of tasks with this name, in the order of the tasks; `None` for those without one.
    ///
    /// # Errors
    /// When one cannot be read.
    fn artifacts(&self, tasks: &[&str], name: &str) -> Result<Vec<Option<Vec<u8>>>, ReadError>;
}

/// A phase to read.
#[derive(Debug, Clone, Default)]
pub struct PhaseSource {
    /// Its name.
    pub name: String,
    /// The decision or action task.
    pub task_id: String,
    /// What was checked.
    pub rules: Vec<Rule>,
    /// Remarks.
    pub notes: Vec<String>,
}

/// A release to read.
#[derive(Debug, Clone, Default)]
pub struct ReleaseSource {
    /// The version; empty if it is not known.
    pub version: String,
    /// The number of the build; 0 if it is not known.
    pub build_number: u64,
    /// The revision; empty if it is not known.
    pub revision: String,
    /// Its phases, in order.
    pub phases: Vec<PhaseSource>,
}

/// Reads a release.
///
/// # Errors
/// When a group or an artifact cannot be read. What is missing is left out.
pub fn collect(source: ReleaseSource, groups: &dyn Groups) -> Result<ReleaseView, ReadError> {
    let mut release = Collected::default();
    release.view.version = source.version;
    release.view.build_number = source.build_number;
    release
        .view
        .revisions
        .extend(Some(source.revision).filter(|revision| !revision.is_empty()));
    let own: BTreeSet<String> = source
        .phases
        .iter()
        .map(|phase| phase.task_id.clone())
        .collect();
    for phase in source.phases {
        release.add(phase, &own, groups)?;
    }
    Ok(release.finish())
}

#[derive(Default)]
struct Collected {
    view: ReleaseView,
    tasks: BTreeMap<String, TaskView>,
    /// The phase that created each task.
    created: BTreeMap<String, usize>,
    /// How many staged tasks name a product, version and number of the build as their release.
    named: BTreeMap<(String, String, u64), usize>,
}

impl Collected {
    fn add(
        &mut self,
        source: PhaseSource,
        phases: &BTreeSet<String>,
        groups: &dyn Groups,
    ) -> Result<(), ReadError> {
        let number = self.view.phases.len();
        let id = source.task_id.as_str();
        let mut files = Files::read(|name| {
            let mut found = groups.artifacts(&[id], &format!("public/{name}"))?;
            Ok::<_, ReadError>(found.pop().flatten())
        })?;
        let mut phase = PhaseView {
            name: source.name,
            task_id: source.task_id.clone(),
            rules: source.rules,
            notes: source.notes,
            ..PhaseView::default()
        };
        let listed = groups.tasks(id)?;
        // Promotions are in the group of the push.
        let listed = listed
            .into_iter()
            .filter(|task| !phases.contains(&task.task_id));
        let listed: Group = listed.collect();
        let ids: Vec<&str> = reporting(&listed);
        let reports = ids.iter().copied().zip(groups.artifacts(&ids, REPORT)?);
        let mut reports: BTreeMap<&str, Report> = reports
            .filter_map(|(id, content)| {
                let report = json::read(REPORT, &content?).ok()?;
                Some((id, facts::report(&report)))
            })
            .collect();
        let mut graph = Vec::new();
        for task in &listed {
            let definition = Definition::new(&task.definition);
            let label = match files.created.get(&task.task_id) {
                Some(label) => label.clone(),
                None => definition.label.clone(),
            };
            self.note_release(&definition);
            let report = reports.remove(task.task_id.as_str());
            self.note_created(number, &label, task, &definition, report, &files);
            graph.push(figures::Node {
                id: task.task_id.clone(),
                label,
                pool: definition.pool,
                seconds: definition.seconds,
                dependencies: definition.dependencies,
            });
        }
        let removed: Vec<String> = files.removed().map(str::to_owned).collect();
        for (label, id) in std::mem::take(&mut files.task_ids) {
            if self.created.get(&id) != Some(&number) {
                let from = self.created.get(&id);
                let origin = from.map_or(Origin::Elsewhere, |phase| Origin::Phase(*phase));
                *phase.reused.entry(origin).or_default() += 1;
                self.note(number, &label, Fate::Reused(origin), &id, &files);
            }
        }
        for label in removed {
            let exists = self.tasks.get(&label).is_some_and(|task| {
                let last = task.events.last();
                last.is_some_and(|event| event.phase == number)
            });
            if !exists {
                phase.removed += 1;
                self.note(number, &label, Fate::Removed, "", &files);
            }
        }
        let of_phase = |task: &&TaskView| task.created().any(|event| event.phase == number);
        let created = self.tasks.values().filter(of_phase);
        let (again, new): (Vec<&TaskView>, Vec<&TaskView>) = created.partition(|task| {
            let first = task.created().next();
            first.is_some_and(|event| event.phase < number)
        });
        phase.rebuilt = again.len();
        phase.created = new.len();
        (phase.chain, phase.pools) = figures::figures(&graph);
        self.view.phases.push(phase);
        Ok(())
    }

    fn note_release(&mut self, definition: &Definition) {
        let Some((product, version, build_number, revision)) = &definition.release else {
            return;
        };
        let name = (product.clone(), version.clone(), *build_number);
        *self.named.entry(name).or_default() += 1;
        if !revision.is_empty() {
            self.view.revisions.insert(revision.clone());
        }
    }

    fn note_created(
        &mut self,
        phase: usize,
        label: &str,
        listed: &Listed,
        definition: &Definition,
        report: Option<Report>,
        files: &Files,
    ) {
        self.created.insert(listed.task_id.clone(), phase);
        let task = self.note(phase, label, Fate::Created, &listed.task_id, files);
        task.state = Some(listed.state);
        task.pool.clone_from(&definition.pool);
        task.seconds = definition.seconds;
        let reported = report.as_ref().map(|report| &report.system);
        let system = reported.filter(|system| !system.is_empty());
        task.system.clone_from(system.unwrap_or(&definition.system));
        task.report = report;
        if task.kind.is_empty() {
            task.kind.clone_from(&definition.kind);
        }
        if task.platform.is_empty() {
            task.platform.clone_from(&definition.platform);
        }
    }

    /// Notes what became of a label in a phase.
    fn note(
        &mut self,
        phase: usize,
        label: &str,
        fate: Fate,
        task_id: &str,
        files: &Files,
    ) -> &mut TaskView {
        let task = self.tasks.entry(label.to_owned()).or_default();
        if task.label.is_empty() {
            label.clone_into(&mut task.label);
        }
        if let Some(known) = files.attributes.get(label) {
            fill(task, known);
        }
        task.events.push(Event {
            phase,
            fate,
            task_id: task_id.to_owned(),
            is_target: files.targets.contains(label),
            needed_by: files.needed_by.get(label).cloned(),
            reasons: files.reasons.get(label).cloned().unwrap_or_default(),
        });
        task
    }

    fn finish(mut self) -> ReleaseView {
        let labels: BTreeSet<String> = self.tasks.keys().cloned().collect();
        for task in self.tasks.values_mut() {
            task.dependencies.retain(|to| labels.contains(to));
        }
        let mut tasks: Vec<TaskView> = self.tasks.into_values().collect();
        tasks.sort_by(|one, other| (&one.kind, &one.label).cmp(&(&other.kind, &other.label)));
        // Tasks are in no order; some may be of another product.
        if let Some((product, version, build_number)) = most_frequent(&self.named) {
            let view = &mut self.view;
            view.product.clone_from(product);
            if view.version.is_empty() {
                view.version.clone_from(version);
            }
            if view.build_number == 0 {
                view.build_number = *build_number;
            }
        }
        if self.view.product.is_empty() {
            self.view.product = most_frequent_product(&tasks);
        }
        ReleaseView { tasks, ..self.view }
    }
}

/// What was counted most often; of equal ones, the first.
fn most_frequent<T: Ord>(counts: &BTreeMap<T, usize>) -> Option<&T> {
    let most = counts
        .iter()
        .max_by_key(|(name, count)| (**count, Reverse(*name)));
    most.map(|(name, _)| name)
}

/// The product of most of the tasks that a phase created; of equal ones, the first.
fn most_frequent_product(tasks: &[TaskView]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for task in tasks.iter().filter(|task| task.state.is_some()) {
        *counts.entry(task.product.as_str()).or_default() += 1;
    }
    counts.remove("");
    most_frequent(&counts).map_or_else(String::new, |name| (*name).to_owned())
}

/// The tasks that may have a report.
fn reporting(listed: &[Listed]) -> Vec<&str> {
    let reporting = listed.iter().filter(|task| task.reports);
    reporting.map(|task| task.task_id.as_str()).collect()
}

fn fill(task: &mut TaskView, known: &Attributes) {
    for (own, known) in [
        (&mut task.kind, &known.kind),
        (&mut task.product, &known.product),
        (&mut task.platform, &known.platform),
        (&mut task.locale, &known.locale),
        (&mut task.shipping_phase, &known.shipping_phase),
    ] {
        if own.is_empty() {
            own.clone_from(known);
        }
    }
    if task.dependencies.is_empty() {
        let mut dependencies = known.dependencies.clone();
        dependencies.sort_unstable();
        dependencies.dedup();
        task.dependencies = dependencies;
    }
}
