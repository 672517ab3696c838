//! Which task of a release has the defect.

use std::collections::{BTreeMap, BTreeSet};

use super::leaks::Other;
use super::table::{Defect, Kind};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::suggest;
use crate::base::time::{Span, Timestamp};
use crate::base::value::Value;
use crate::rehearse::artifacts::PhaseOutput;
use crate::rehearse::staged::StagedTasks;
use crate::sandbox::{RunOutcome, Sandbox, ServiceError};

/// What is to go wrong in a release, and what has already been made to.
#[derive(Debug, Clone, Default)]
pub struct Planting {
    /// The defect that a task is still to have.
    defect: Option<&'static Defect>,
    /// The labels of the tasks that are still to fail.
    fails: BTreeSet<String>,
    /// The labels of the tasks that were created.
    labels: BTreeSet<String>,
    /// Where the defect is, for the report.
    planted: Option<String>,
}

/// How long the entry of an index leads to a wrong task.
const EXPIRES: i64 = 24 * 60 * 60;

impl Planting {
    /// Plans a defect, and tasks that fail.
    pub fn new(defect: Option<&'static Defect>, fails: &[String]) -> Self {
        Self {
            defect,
            fails: fails.iter().cloned().collect(),
            ..Self::default()
        }
    }

    /// Whether a leak is still to be made.
    pub fn needs_other(&self) -> bool {
        self.defect.is_some_and(Defect::is_leak)
    }

    /// Lets tasks that a phase has created have the defect, or fail.
    ///
    /// # Errors
    /// When the sandbox fails.
    pub fn plant(
        &mut self,
        sandbox: &Sandbox,
        staged: &StagedTasks,
        output: &PhaseOutput,
        other: Option<&Other>,
        now: Timestamp,
    ) -> Result<(), ServiceError> {
        let state = sandbox.state();
        // By label, as taskIds differ in each rehearsal.
        let created = output.created.iter();
        let created: BTreeMap<&str, &str> = created
            .map(|(id, label)| (label.as_str(), id.as_str()))
            .collect();
        for (label, id) in &created {
            self.labels.insert((*label).to_owned());
            if self.fails.remove(*label) {
                state.set_outcome(id, RunOutcome::Failed);
            }
        }
        let Some(defect) = self.defect else {
            return Ok(());
        };
        if let (Kind::Route, Some(other)) = (defect.kind, other) {
            let Some((path, (_, id))) = foreign_path(sandbox, other).zip(created.first_key_value())
            else {
                return Ok(());
            };
            let until = now.plus(Span::seconds(EXPIRES)).moment();
            state.insert_index(&path, id, f64::MAX, until)?;
            self.planted = Some(format!("the index path {path}"));
            self.defect = None;
            return Ok(());
        }
        for (label, id) in created {
            let (Some(task), Ok(id)) = (state.task(id), TaskId::parse(id)) else {
                continue;
            };
            let Some(work) = staged.work_of(&id, &Value::from(task.definition)) else {
                continue;
            };
            let mut staging = work["extra"]["staging"].clone();
            if defect.apply(&mut staging, other) {
                let other = other.cloned();
                staged.plant(id, move |staging| {
                    defect.apply(staging, other.as_ref());
                });
                self.planted = Some(label.to_owned());
                self.defect = None;
                return Ok(());
            }
        }
        Ok(())
    }

    /// What was planted, for the report.
    ///
    /// # Errors
    /// When no task could have the defect, or be made to fail.
    pub fn finish(&self) -> Outcome<Option<String>> {
        if let Some(defect) = self.defect {
            let what = match defect.system {
                "" => "an index path of a staged task".to_owned(),
                system => format!("a task of {system} that can have it"),
            };
            return Err(Diagnostic::user(format!(
                "`--defect`: `{}` was planted nowhere: no rehearsed phase has {what}",
                defect.name
            ))
            .help("rehearse more flavors, or choose another defect")
            .into());
        }
        if let Some(label) = self.fails.first() {
            let created = self.labels.iter().map(String::as_str);
            return Err(Diagnostic::user(format!(
                "`--fail`: no rehearsed phase has created a task `{label}`"
            ))
            .help(suggest::hint(label, created))
            .into());
        }
        Ok(self.planted.clone())
    }
}

/// The first index path of a staged task of a release.
fn foreign_path(sandbox: &Sandbox, other: &Other) -> Option<String> {
    let state = sandbox.state();
    let tasks = other.passed.iter();
    let tasks = tasks.filter_map(|id| state.task(id.as_str()));
    let routes = tasks.flat_map(|task| {
        let routes = task.definition["routes"].as_array().cloned();
        routes.into_iter().flatten()
    });
    let paths = routes.filter_map(|route| Some(route.as_str()?.strip_prefix("index.")?.to_owned()));
    paths.min()
}
