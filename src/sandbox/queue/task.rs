//! Tasks and their runs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::definition::Definition;
use crate::base::task_state::TaskState;
use crate::sandbox::artifacts::artifact::Artifact;
use crate::sandbox::time::{self, Moment};

/// The most runs that a task can have.
pub(crate) const MAX_RUNS: usize = 50;

/// One attempt at a task.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    pub(crate) state: TaskState,
    pub(crate) reason_created: String,
    pub(crate) reason_resolved: Option<String>,
    pub(crate) worker_group: Option<String>,
    pub(crate) worker_id: Option<String>,
    /// Whether the run was claimed by `claimWork`, not by `claimTask`.
    pub(crate) from_claim_work: bool,
    pub(crate) taken_until: Option<Moment>,
    pub(crate) scheduled: Moment,
    pub(crate) started: Option<Moment>,
    pub(crate) resolved: Option<Moment>,
}

impl Run {
    /// Creates a pending run.
    pub(crate) fn pending(reason: &str, now: Moment) -> Run {
        Run {
            state: TaskState::Pending,
            reason_created: reason.to_owned(),
            reason_resolved: None,
            worker_group: None,
            worker_id: None,
            from_claim_work: false,
            taken_until: None,
            scheduled: now,
            started: None,
            resolved: None,
        }
    }

    /// Returns the run as JSON for statuses.
    pub(crate) fn json(&self, run_id: usize) -> Value {
        let mut out = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                out.insert(name.to_owned(), value);
            }
        };
        let text = |text: &Option<String>| text.clone().map(Value::String);
        let date = |moment: Option<Moment>| moment.map(|m| Value::String(time::format(m)));
        put("runId", Some(run_id.into()));
        put("state", Some(self.state.name().into()));
        put("reasonCreated", Some(self.reason_created.clone().into()));
        put("reasonResolved", text(&self.reason_resolved));
        put("workerGroup", text(&self.worker_group));
        put("workerId", text(&self.worker_id));
        put("takenUntil", date(self.taken_until));
        put("scheduled", date(Some(self.scheduled)));
        put("started", date(self.started));
        put("resolved", date(self.resolved));
        Value::Object(out)
    }

    /// Reads a run from [`Run::json`].
    pub(crate) fn from_json(value: &Value) -> Option<Run> {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let date = |name: &str| text(name).and_then(|text| time::parse(&text));
        Some(Run {
            state: TaskState::from_name(&text("state")?)?,
            reason_created: text("reasonCreated")?,
            reason_resolved: text("reasonResolved"),
            worker_group: text("workerGroup"),
            worker_id: text("workerId"),
            from_claim_work: false,
            taken_until: date("takenUntil"),
            scheduled: date("scheduled")?,
            started: date("started"),
            resolved: date("resolved"),
        })
    }
}

/// A task on the queue.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) id: String,
    pub(crate) definition: Definition,
    pub(crate) runs: Vec<Run>,
    pub(crate) retries_left: u64,
    /// The dependencies that are not satisfied yet.
    pub(crate) waiting: BTreeSet<String>,
    /// The artifacts by run id and name.
    pub(crate) artifacts: BTreeMap<(usize, String), Artifact>,
    /// The rank and order of arrival of a pending task.
    pub(crate) pending_position: Option<(usize, u64)>,
}

impl Task {
    /// Creates a task without runs.
    pub(crate) fn new(id: &str, definition: Definition) -> Task {
        Task {
            id: id.to_owned(),
            retries_left: definition.retries(),
            waiting: definition
                .texts("dependencies")
                .into_iter()
                .map(str::to_owned)
                .collect(),
            definition,
            runs: Vec::new(),
            artifacts: BTreeMap::new(),
            pending_position: None,
        }
    }

    /// Returns the state of the latest run.
    pub(crate) fn state(&self) -> TaskState {
        self.runs
            .last()
            .map_or(TaskState::Unscheduled, |run| run.state)
    }

    /// Returns the status as JSON for responses.
    pub(crate) fn status(&self) -> Value {
        let mut out = Map::new();
        out.insert("taskId".to_owned(), Value::String(self.id.clone()));
        for name in [
            "provisionerId",
            "workerType",
            "taskQueueId",
            "schedulerId",
            "projectId",
            "taskGroupId",
            "priority",
            "deadline",
            "expires",
        ] {
            out.insert(
                name.to_owned(),
                Value::String(self.definition.text(name).to_owned()),
            );
        }
        out.insert("retriesLeft".to_owned(), self.retries_left.into());
        out.insert("state".to_owned(), self.state().name().into());
        let runs = self
            .runs
            .iter()
            .enumerate()
            .map(|(id, run)| run.json(id))
            .collect();
        out.insert("runs".to_owned(), Value::Array(runs));
        Value::Object(out)
    }

    /// Returns whether a run has satisfied dependents, given whether they accept any resolution.
    pub(crate) fn has_satisfied(&self, any_resolution: bool) -> bool {
        self.runs.iter().enumerate().any(|(id, run)| {
            let retried = self
                .runs
                .get(id + 1)
                .is_some_and(|next| next.reason_created != "rerun");
            run.state == TaskState::Completed
                || (any_resolution && run.state.is_resolved() && !retried)
        })
    }
}
