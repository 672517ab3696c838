//! The states of all tasks before a staged task.
//!
//! 1. The definition names the nearest staged tasks of the same graph, and the task that lists those of earlier
//!    graphs. Their states name the tasks that they were made on top of, and so on.
//! 2. A state names the runs of its parents. If one of them has been run again since, the state says what
//!    the release looked like before that, so the task that has left it must be run again first.
//! 3. All states should be of one revision. Several are unusual; a release is not shipped with them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::report::Report;
use super::source::{Source, read_lineage};
use super::state::{MAX_STATE, State, TaskRun};
use crate::base::json;
use crate::base::name::TaskId;
use crate::base::value::Value;
use crate::release::staged::{EARLIER, Staged};

/// The phase in which nothing may be left open.
const LAST_PHASE: &str = "ship";

/// The states before a task.
#[derive(Debug, Default)]
pub struct Before {
    /// All of them, by task.
    pub states: BTreeMap<TaskId, Arc<State>>,
    /// Those that the task is made on top of.
    pub parents: Vec<TaskRun>,
}

impl Before {
    /// Reads the states; what is wrong with them is reported.
    pub fn read(staged: &Staged, source: &dyn Source, report: &mut Report) -> Self {
        let mut before = Self::default();
        let mut direct: BTreeSet<TaskId> = staged.from.iter().cloned().collect();
        let listed = earlier(staged, source, report);
        direct.extend(listed.iter().cloned());
        before.states = read_lineage(direct.clone(), source, &mut |id, why| {
            report.problem(match why.is_missing() {
                true => format!(
                    "the staged task {id} has no state: it was not run by `snowman stage`, or its artifacts have \
                     expired; build it again in this graph (`rebuild_kinds`)"
                ),
                false => why.to_string(),
            });
        });
        let count = before.states.len();
        report.checked("the states of the tasks before this one", count);
        let parents = direct.iter().filter_map(|id| before.states.get(id));
        before.parents = parents.map(|state| state.run.clone()).collect();
        before.check_runs(report);
        before.check_releases(staged, &listed, report);
        before.check_revisions(staged, report);
        if let Some(original) = &staged.copy_of {
            report.warnings.push(format!(
                "this task is a copy of {original}: tasks that depend on the original do not see the changes of the copy"
            ));
        }
        before
    }

    /// Reports states that were made on top of a run that is not the last one.
    fn check_runs(&self, report: &mut Report) {
        for (id, state) in &self.states {
            for parent in &state.parents {
                let Some(now) = self.states.get(&parent.task_id) else {
                    continue;
                };
                if now.run.run_id != parent.run_id {
                    report.problem(format!(
                        "{} ({id}) was made on top of run {} of {} ({}), which has since been rerun (run {}): rerun \
                         {id}, and then this task",
                        state.label, parent.run_id, now.label, parent.task_id, now.run.run_id
                    ));
                }
            }
        }
    }

    /// Reports states of another release than this one and those that the promotion has named.
    fn check_releases(&self, staged: &Staged, listed: &[TaskId], report: &mut Report) {
        let Some(own) = &staged.decision else {
            return;
        };
        let decision = |id: &TaskId| self.states.get(id)?.decision.as_ref();
        let named: BTreeSet<&TaskId> = listed.iter().filter_map(decision).chain([own]).collect();
        for (id, state) in &self.states {
            let other = state.decision.as_ref().filter(|id| !named.contains(id));
            if let Some(other) = other {
                report.problem(format!(
                    "{} ({id}) belongs to the release of the decision task {other}, but this task to that of {own}: a \
                     release must not build on another one",
                    state.label
                ));
            }
        }
    }

    /// Reports states of several revisions.
    fn check_revisions(&self, staged: &Staged, report: &mut Report) {
        let mut revisions: BTreeMap<&str, String> = BTreeMap::new();
        for (id, state) in &self.states {
            let by = || format!("{} ({id})", state.label);
            revisions.entry(&state.revision).or_insert_with(by);
        }
        let own = staged.release.revision.as_str();
        revisions.insert(own, "this task".to_owned());
        if revisions.len() < 2 {
            return;
        }
        let list = revisions.iter();
        let list: Vec<String> = list
            .map(|(revision, by)| format!("{revision} ({by})"))
            .collect();
        let text = format!(
            "the release is made of {} revisions: {}",
            revisions.len(),
            list.join(", ")
        );
        match staged.phase.as_str() {
            LAST_PHASE => report.problem(format!("{text}; a release is shipped from one revision")),
            _ => report.warnings.push(text),
        }
    }
}

/// The staged tasks of earlier graphs.
fn earlier(staged: &Staged, source: &dyn Source, report: &mut Report) -> Vec<TaskId> {
    let Some(task) = &staged.earlier else {
        return Vec::new();
    };
    let read = source.artifact(task, EARLIER, MAX_STATE);
    let list = match read {
        Ok(artifact) => json::read(EARLIER, &artifact.content).ok(),
        Err(error) => {
            report.problem(error.to_string());
            return Vec::new();
        }
    };
    let map = list.as_ref().and_then(Value::as_object);
    let Some(map) = map else {
        report.problem(format!(
            "{EARLIER} of the task {task} is not a mapping of labels"
        ));
        return Vec::new();
    };
    let mut ids = Vec::new();
    for (label, id) in map {
        match id.as_str().and_then(|id| TaskId::parse(id).ok()) {
            Some(id) => ids.push(id),
            None => report.problem(format!(
                "{EARLIER} of the task {task} has no taskId for {label}"
            )),
        }
    }
    ids
}
