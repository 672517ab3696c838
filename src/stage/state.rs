//! The state that a staged task leaves: what it has changed, and on top of which other states.
//!
//! A state holds the task's own [`Effect`]s alone. What a release looks like at some task is the fold over
//! the states of all tasks before it ([`super::merged`]), so no shared server holds it.

use std::io::Read;

use flate2::bufread::GzDecoder;
use flate2::{Compression, GzBuilder};

use crate::base::json;
use crate::base::name::TaskId;
use crate::base::value::{Value, json};

/// The version of this form.
const VERSION: u64 = 1;

/// The most bytes of a state, unpacked.
pub const MAX_STATE: u64 = 64 * 1024 * 1024;

/// A run of a task.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskRun {
    /// The task.
    pub task_id: TaskId,
    /// The run.
    pub run_id: u32,
}

/// Something that a task has changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// What it belongs to, e.g. `archive`.
    pub space: String,
    /// What was changed there, e.g. the path of a file.
    pub key: String,
    /// What it is now.
    pub value: Value,
}

/// The state that a task leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The run that has left it.
    pub run: TaskRun,
    /// The label of the task.
    pub label: String,
    /// The revision that its release is made of.
    pub revision: String,
    /// The decision task of its release; `None` if it is not known.
    pub decision: Option<TaskId>,
    /// The states that it was made on top of.
    pub parents: Vec<TaskRun>,
    /// What the task has changed, in order.
    pub effects: Vec<Effect>,
}

/// Why a state cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// It cannot be unpacked.
    #[error("the state is damaged: {0}")]
    Damaged(String),
    /// It is larger than a state may be.
    #[error("the state has more than {MAX_STATE} bytes")]
    TooLarge,
    /// It has another version.
    #[error("the state has version {0}, but this program reads version {VERSION}")]
    Version(String),
    /// A part of it is missing or not as it should be.
    #[error("the state has no valid `{0}`")]
    Field(&'static str),
}

/// Compresses the text of a state.
#[must_use]
pub fn pack(text: &str) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut packer = GzBuilder::new().read(text.as_bytes(), Compression::fast());
    // Memory does not fail.
    let _ = packer.read_to_end(&mut packed);
    packed
}

/// Reads what [`pack`] has made of a form with a version, of at most [`MAX_STATE`] bytes.
///
/// # Errors
/// [`StateError`].
pub fn unpack(packed: &[u8], version: u64) -> Result<Value, StateError> {
    let mut text = Vec::new();
    GzDecoder::new(packed)
        .take(MAX_STATE + 1)
        .read_to_end(&mut text)
        .map_err(|error| StateError::Damaged(error.to_string()))?;
    if text.len() as u64 > MAX_STATE {
        return Err(StateError::TooLarge);
    }
    let value = json::read("state", &text);
    let value = value.map_err(|error| StateError::Damaged(error.message.clone()))?;
    let found = value.get("version").cloned().unwrap_or_default();
    match found.as_u64() == Some(version) {
        true => Ok(value),
        false => Err(StateError::Version(found.to_string())),
    }
}

impl Effect {
    /// The effect as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({"space": self.space, "key": self.key, "value": self.value})
    }

    /// Reads the list `effects`.
    ///
    /// # Errors
    /// If it is missing, or an item is not as it should be.
    pub fn read_all(value: &Value) -> Result<Vec<Self>, StateError> {
        let wrong = || StateError::Field("effects");
        let effects = value["effects"].as_array().ok_or_else(wrong)?.iter();
        let effects = effects.map(|effect| {
            let text = |name: &str| effect[name].as_str().map(str::to_owned);
            Some(Self {
                space: text("space")?,
                key: text("key")?,
                value: effect.get("value")?.clone(),
            })
        });
        let effects: Option<Vec<Self>> = effects.collect();
        effects.ok_or_else(wrong)
    }
}

impl TaskRun {
    fn to_json(&self) -> Value {
        json!({"taskId": self.task_id.as_str(), "runId": self.run_id})
    }

    fn read(value: &Value, name: &'static str) -> Result<Self, StateError> {
        let task_id = value["taskId"].as_str();
        let task_id = task_id.and_then(|id| TaskId::parse(id).ok());
        let run_id = value["runId"].as_u64().and_then(|id| id.try_into().ok());
        match (task_id, run_id) {
            (Some(task_id), Some(run_id)) => Ok(Self { task_id, run_id }),
            _ => Err(StateError::Field(name)),
        }
    }
}

impl State {
    /// The content of the artifact.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let effects = self.effects.iter().map(Effect::to_json);
        let parents = self.parents.iter().map(TaskRun::to_json);
        let value = json!({
            "version": VERSION,
            "run": self.run.to_json(),
            "label": self.label,
            "revision": self.revision,
            "decision": self.decision.as_ref().map(TaskId::as_str),
            "parents": parents.collect::<Value>(),
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
        let list = |name: &'static str| value[name].as_array().ok_or(StateError::Field(name));
        let parents = list("parents")?.iter();
        let parents = parents.map(|parent| TaskRun::read(parent, "parents"));
        let text = |name: &'static str| match value[name].as_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(StateError::Field(name)),
        };
        Ok(Self {
            run: TaskRun::read(&value["run"], "run")?,
            label: text("label")?,
            revision: text("revision")?,
            // States of older versions do not have it.
            decision: match &value["decision"] {
                Value::Null => None,
                id => {
                    let id = id.as_str().and_then(|id| TaskId::parse(id).ok());
                    Some(id.ok_or(StateError::Field("decision"))?)
                }
            },
            parents: parents.collect::<Result<_, _>>()?,
            effects: Effect::read_all(&value)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(run_id: u32) -> TaskRun {
        TaskRun {
            task_id: TaskId::parse("fN1SbArXTPSVFNUvaOlinQ").unwrap(),
            run_id,
        }
    }

    fn state() -> State {
        State {
            run: run(1),
            label: "beetmover-linux".to_owned(),
            revision: "0123456789abcdef".to_owned(),
            decision: Some(run(0).task_id),
            parents: vec![run(0)],
            effects: vec![Effect {
                space: "archive".to_owned(),
                key: "pub/hail/a".to_owned(),
                value: json!({"size": 3}),
            }],
        }
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        assert_eq!(State::read(&state().write()), Ok(state()));
        assert_eq!(state().write(), state().write());
    }

    #[test]
    fn what_is_damaged_is_refused() {
        let whole = state().write();
        for end in [0, 1, 10, whole.len() / 2, whole.len() - 1] {
            let read = State::read(&whole[..end]);
            assert!(
                matches!(read, Err(StateError::Damaged(_))),
                "{end}: {read:?}"
            );
        }
        let pack = |text: &str| {
            let mut packed = Vec::new();
            let mut packer = GzBuilder::new().read(text.as_bytes(), Compression::fast());
            packer.read_to_end(&mut packed).unwrap();
            State::read(&packed)
        };
        assert_eq!(
            pack("{\"version\": 7}"),
            Err(StateError::Version("7".into()))
        );
        assert_eq!(pack("{\"version\": 1}"), Err(StateError::Field("parents")));
        assert!(matches!(pack("[1"), Err(StateError::Damaged(_))));
        let bomb = "a".repeat(MAX_STATE as usize + 10);
        assert_eq!(pack(&bomb), Err(StateError::TooLarge));
    }
}
