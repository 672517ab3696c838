//! What a release may wrongly use of another one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::name::TaskId;
use crate::base::value::{Value, json};

/// A release that has ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Other {
    /// Its revision.
    pub revision: String,
    /// The taskId of each label.
    pub ids: BTreeMap<String, String>,
    /// The staged tasks that have passed.
    pub passed: Vec<TaskId>,
    /// The labels of the tasks of the release that is to have the leak, by taskId.
    pub labels: BTreeMap<String, String>,
}

/// The releases that have ended, by their numbers.
#[derive(Debug, Clone, Default)]
pub struct Others(Arc<Mutex<BTreeMap<usize, Other>>>);

impl Others {
    /// Adds a release that has ended.
    pub fn add(&self, number: usize, other: Other) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(number, other);
    }

    /// A release, if it has ended.
    pub fn get(&self, number: usize) -> Option<Other> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&number).cloned()
    }
}

/// Reads the state of a task of the other release.
pub fn foreign_state(staging: &mut Value, other: &Other) -> bool {
    let task = other.passed.first();
    match (task, &mut staging["from"]) {
        (Some(task), Value::Array(from)) => {
            from.push(Value::from(task.as_str()));
            true
        }
        _ => false,
    }
}

/// Publishes the files that a task with the same label has made for the other release.
pub fn foreign_file(staging: &mut Value, other: &Other) -> bool {
    let payload = &mut staging["payload"];
    let Some(own) = payload["upstreamArtifacts"][0]["taskId"].as_str() else {
        return false;
    };
    let own = own.to_owned();
    let label = other.labels.get(&own);
    let Some(id) = label.and_then(|label| other.ids.get(label)) else {
        return false;
    };
    if *id == own || !payload["artifactMap"].is_array() {
        return false;
    }
    for list in ["upstreamArtifacts", "artifactMap"] {
        if let Value::Array(entries) = &mut payload[list] {
            let of_task = entries.iter_mut().filter(|entry| entry["taskId"] == own);
            of_task.for_each(|entry| entry["taskId"] = json!(id));
        }
    }
    true
}

/// Tags the revision of the other release.
pub fn foreign_tag(staging: &mut Value, other: &Other) -> bool {
    let revision = &mut staging["payload"]["tag_info"]["revision"];
    if revision.as_str().is_none_or(|own| own == other.revision) {
        return false;
    }
    *revision = json!(other.revision);
    true
}
