//! Earlier releases: what a release builds on, but no task of it has done.
//!
//! A staged task names the tasks that its history comes from, the oldest first. Each has either of these:
//!
//! - the artifact [`HISTORY`], a *bundle*: what is known of earlier releases, from wherever;
//! - a state: it is a task of an earlier staged release, and what counts is that release at this task.
//!
//! What a later one says replaces what an earlier one says. A release's own tasks replace all of it.
//!
//! A bundle is JSON, compressed with gzip: `{"version": 1, "origin": TEXT, "groups": [ID], "effects": [{"space": …,
//! "key": …, "value": …}]}`. `groups` are the task groups of the staged releases that it was made of, and may be missing.
//! The effects are those of states, and these:
//!
//! | Space | Key | Value |
//! | --- | --- | --- |
//! | [`RELEASES`] | `PRODUCT-VERSION` | `{"buildNumber": NUMBER}`: a release that was shipped |
//! | [`SOURCES`] | `REVISION:PATH` | the text of a file in a repository; a revision may be a tag |
//!
//! The value of a file in the space `archive` may have its `text`, if it is short. A file without text and
//! without the task and artifact of its content is known by its size and hashes alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::merged::Merged;
use super::report::Report;
use super::source::{NoState, Past, PastRead, Source, SourceError, read_lineage};
use super::state::{Effect, MAX_STATE, State, StateError, TaskRun, pack, unpack};
use crate::base::json;
use crate::base::name::TaskId;
use crate::base::value::{Value, json};

/// The artifact with a bundle.
pub const HISTORY: &str = "public/staging/history.json.gz";

/// The space of releases that were shipped.
pub const RELEASES: &str = "release";

/// The space of files in repositories.
pub const SOURCES: &str = "source";

/// The version of this form.
const VERSION: u64 = 1;

/// What is known of earlier releases.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bundle {
    /// Where it comes from, in words.
    pub origin: String,
    /// The task groups of earlier staged releases that it was made of, if it was.
    pub groups: Vec<TaskId>,
    /// What is known.
    pub effects: Vec<Effect>,
}

impl Bundle {
    /// The content of the artifact.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let effects = self.effects.iter().map(Effect::to_json);
        let value = json!({
            "version": VERSION,
            "origin": self.origin,
            "groups": self.groups.iter().map(TaskId::as_str).collect::<Vec<_>>(),
            "effects": effects.collect::<Value>(),
        });
        pack(&json::compact(&value))
    }

    /// Reads the content of the artifact.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn read(packed: &[u8]) -> Result<Self, StateError> {
        let value = unpack(packed, VERSION)?;
        let origin = value["origin"].as_str();
        let groups = match value.get("groups") {
            None => &[][..],
            Some(groups) => groups.as_array().ok_or(StateError::Field("groups"))?,
        };
        let groups = groups.iter().map(|id| {
            let id = id.as_str().and_then(|id| TaskId::parse(id).ok());
            id.ok_or(StateError::Field("groups"))
        });
        Ok(Self {
            groups: groups.collect::<Result<_, _>>()?,
            origin: origin.ok_or(StateError::Field("origin"))?.to_owned(),
            effects: Effect::read_all(&value)?,
        })
    }

    /// What it says, as the only history of a release; `task` has it as its artifact.
    #[must_use]
    pub fn merged(&self, task: &TaskId) -> Merged {
        let state = State {
            run: TaskRun {
                task_id: task.clone(),
                run_id: 0,
            },
            label: self.origin.clone(),
            revision: String::new(),
            decision: None,
            parents: Vec::new(),
            effects: self.effects.clone(),
        };
        Merged::new(&BTreeMap::from([(task.clone(), state.into())]))
    }

    /// Everything that a release looks like, which the tasks of these groups have made.
    #[must_use]
    pub fn of(merged: &Merged, groups: Vec<TaskId>, origin: impl Into<String>) -> Self {
        let spaces = merged.spaces();
        let effects = spaces.flat_map(|space| {
            merged.space(space).map(|(key, entry)| Effect {
                space: space.to_owned(),
                key: key.to_owned(),
                value: entry.value.clone(),
            })
        });
        Self {
            origin: origin.into(),
            groups,
            effects: effects.collect(),
        }
    }
}

/// Reads the history of a staged task; what is wrong with it is reported, except for conflicts within an earlier
/// release, which the result has.
pub fn read(tasks: &[TaskId], source: &dyn Source, report: &mut Report) -> Merged {
    let mut history = Merged::default();
    for task in tasks {
        match source.past(task, &|| of_task(task, source)) {
            Ok(past) => {
                report.checked(format!("history: {}", past.origin), past.merged.len());
                history.replace_with(past.merged.clone());
            }
            Err(reasons) => {
                for why in reasons {
                    report.problem(format!("the history of the task {task}: {why}"));
                }
            }
        }
    }
    history
}

fn of_task(task: &TaskId, source: &dyn Source) -> PastRead {
    match source.artifact(task, HISTORY, MAX_STATE) {
        Ok(artifact) => {
            let bundle = Bundle::read(&artifact.content);
            let bundle = bundle.map_err(|error| vec![error.to_string()])?;
            Ok(Arc::new(Past {
                merged: bundle.merged(task),
                origin: bundle.origin,
            }))
        }
        Err(SourceError::Missing { .. }) => {
            let mut wrong = Vec::new();
            let mut refuse = |_: &TaskId, why: NoState| wrong.push(why.to_string());
            let states = read_lineage([task.clone()], source, &mut refuse);
            match wrong.is_empty() {
                true => Ok(Arc::new(Past {
                    merged: Merged::new(&states),
                    origin: format!("the release at the task {task}"),
                })),
                false => Err(wrong),
            }
        }
        Err(error) => Err(vec![error.to_string()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_is_read_as_it_was_written() {
        let bundle = Bundle {
            origin: "a fixture".to_owned(),
            groups: vec![TaskId::parse("fN1SbArXTPSVFNUvaOlinQ").unwrap()],
            effects: vec![Effect {
                space: RELEASES.to_owned(),
                key: "firefox-92.0".to_owned(),
                value: json!({"buildNumber": 2}),
            }],
        };
        assert_eq!(Bundle::read(&bundle.write()), Ok(bundle));
        let other = pack("{\"version\": 2}");
        assert_eq!(
            Bundle::read(&other),
            Err(StateError::Version("2".to_owned()))
        );
        let other = pack("{\"version\": 1, \"origin\": \"\"}");
        assert_eq!(Bundle::read(&other), Err(StateError::Field("effects")));
    }
}
