//! The content of `submission.json`.

use std::collections::{BTreeMap, BTreeSet};

use super::group::{Expected, Kept, ObsoleteTask};
use super::obsolete::CancelReport;
use super::report::SubmitReport;
use crate::base::name::TaskId;
use crate::base::value::{Value, json};

/// Builds the content of `submission.json`.
#[must_use]
pub fn submission_summary(
    expected: &Expected<'_>,
    kept: &BTreeMap<TaskId, Kept>,
    report: &SubmitReport,
    cancelled: &CancelReport,
) -> Value {
    let plan = expected.plan;
    let mut existing: BTreeSet<&TaskId> = kept.keys().collect();
    existing.extend(report.created.iter().map(|one| &one.task_id));
    let tasks: Vec<Value> = plan
        .creations()
        .iter()
        .map(|creation| {
            let state = match existing.contains(&creation.task_id) {
                true => "stands",
                false => "missing",
            };
            json!({
                "label": creation.label.as_str(),
                "taskId": creation.task_id.as_str(),
                "state": state,
            })
        })
        .collect();
    let obsolete = |list: &[ObsoleteTask]| -> Vec<Value> {
        list.iter()
            .map(|one| {
                json!({
                    "label": one.label.as_str(),
                    "taskId": one.task_id.as_str(),
                    "state": one.state.name(),
                })
            })
            .collect()
    };
    let taken: Vec<Value> = expected
        .taken
        .iter()
        .map(|one| {
            json!({
                "label": one.label.as_str(),
                "taskId": one.task_id.as_str(),
                "why": one.to_string(),
            })
        })
        .collect();
    json!({
        "taskGroupId": expected.ids.decision_task_id().as_str(),
        "complete": report.wanted == plan.len()
            && report.created.len() == plan.len()
            && cancelled.problems.is_empty(),
        "tasks": tasks,
        "cancelled": obsolete(&cancelled.cancelled),
        "begun": obsolete(&cancelled.started),
        "alive": obsolete(&cancelled.alive),
        "passedOver": taken,
    })
}
