//! Task groups of a sandbox.

use std::collections::BTreeMap;

use super::read::with_parameters;
use crate::base::value::Value;
use crate::overview::{Group, Groups, Listed, PhaseSource, ReadError, ReleaseSource, phase_name};
use crate::sandbox::State;

/// What decisions and promotions have written, and other tasks have not.
const GRAPH: &str = "public/label-to-taskid.json";

/// Reads from a sandbox.
pub struct Sandboxed(pub State);

impl Groups for Sandboxed {
    fn tasks(&self, group: &str) -> Result<Group, ReadError> {
        let tasks = self.0.group_tasks(group).into_iter();
        let tasks = tasks.map(|task| Listed {
            task_id: task.task_id,
            state: task.state,
            definition: Value::from(task.definition),
            // Staged tasks of a rehearsal at release level do not say so in their definition.
            reports: true,
        });
        Ok(tasks.collect())
    }

    fn artifacts(&self, tasks: &[&str], name: &str) -> Result<Vec<Option<Vec<u8>>>, ReadError> {
        let read = |task: &&str| Some(self.0.artifact(task, None, name)?.bytes.to_vec());
        Ok(tasks.iter().map(read).collect())
    }
}

/// The releases of a sandbox, the oldest first: each push, and the promotions on top of it.
///
/// # Errors
/// Those of reading artifacts.
pub fn of_sandbox(state: &State) -> Result<Vec<ReleaseSource>, ReadError> {
    let mut releases: BTreeMap<String, Vec<(String, PhaseSource)>> = BTreeMap::new();
    for group in state.groups() {
        let Some(task) = state.task(&group.group_id) else {
            continue;
        };
        if state.artifact(&task.task_id, None, GRAPH).is_none() {
            continue;
        }
        let definition = Value::from(task.definition);
        let text = |key: &str| definition[key].as_str().unwrap_or_default().to_owned();
        let name = phase_name(&definition);
        let phase = PhaseSource {
            name: if name.is_empty() { task.label } else { name },
            task_id: task.task_id,
            ..PhaseSource::default()
        };
        let of_release = releases.entry(text("taskGroupId")).or_default();
        of_release.push((text("created"), phase));
    }
    let mut releases: Vec<Vec<(String, PhaseSource)>> = releases.into_values().collect();
    for phases in &mut releases {
        phases.sort_by(|one, other| (&one.0, &one.1.task_id).cmp(&(&other.0, &other.1.task_id)));
    }
    releases.sort_by(|one, other| {
        let first =
            |phases: &[(String, PhaseSource)]| phases.first().map(|(created, _)| created.clone());
        first(one).cmp(&first(other))
    });
    let groups = Sandboxed(state.clone());
    let releases = releases.into_iter().map(|phases| {
        let phases = phases.into_iter().map(|(_, phase)| phase);
        let source = ReleaseSource {
            phases: phases.collect(),
            ..ReleaseSource::default()
        };
        with_parameters(source, &groups)
    });
    releases.collect()
}
