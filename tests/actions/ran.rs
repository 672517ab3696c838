//! What tasks and programs leave behind.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use snowman::base::diagnostic::Outcome;
use snowman::base::name::TaskId;
use snowman::base::time::Timestamp;
use snowman::base::value::Object;
use snowman::config::parameters::Parameters;

/// A decision or action task that has run.
#[derive(Debug)]
pub struct Ran {
    pub task_id: TaskId,
    pub artifacts: BTreeMap<String, Vec<u8>>,
    pub outcome: Outcome<()>,
}

/// What an action is triggered with.
#[derive(Debug, Clone, Default)]
pub struct Trigger {
    pub callback: &'static str,
    pub group: Option<TaskId>,
    pub task: Option<TaskId>,
    pub input: Value,
}

/// The output of a program.
#[derive(Debug)]
pub struct CommandOutput {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// What went wrong.
    #[track_caller]
    pub fn error_text(&self) -> String {
        self.outcome.clone().unwrap_err().to_string()
    }

    /// The same, when nothing went wrong.
    #[track_caller]
    pub fn fine(self) -> Self {
        assert_eq!(self.outcome, Ok(()));
        self
    }

    #[track_caller]
    pub fn json(&self, name: &str) -> Value {
        let there: Vec<_> = self.artifacts.keys().collect();
        let text = self.artifacts.get(name);
        serde_json::from_slice(text.unwrap_or_else(|| unreachable!("no {name} in {there:?}")))
            .unwrap()
    }

    /// The taskId of each label in an artifact of that sort.
    #[track_caller]
    pub fn ids(&self) -> BTreeMap<String, String> {
        serde_json::from_value(self.json("label-to-taskid.json")).unwrap()
    }

    #[track_caller]
    pub fn id(&self, label: &str) -> TaskId {
        TaskId::parse(&self.ids()[label]).unwrap()
    }

    pub fn parameters(&self) -> Object {
        Parameters::read("parameters.yml", &self.artifacts["parameters.yml"]).unwrap()
    }
}

/// Labels, for comparisons.
pub fn set<'a>(labels: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    labels.into_iter().map(str::to_owned).collect()
}

/// The moment in a field of a definition.
pub fn moment(definition: &Value, field: &str) -> Timestamp {
    Timestamp::parse(definition[field].as_str().unwrap()).unwrap()
}
