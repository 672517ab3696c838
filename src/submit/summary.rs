//! The content of `submission.json`.

use std::collections::{BTreeMap, BTreeSet};

use super::execute::SubmitReport;
use super::leftovers::Cleared;
use super::standing::{Kept, Leftover, Wanted};
use crate::base::name::TaskId;
use crate::base::value::{Value, json};

/// What came of a submission, for people and for tools.
#[must_use]
pub fn submission_summary(
    wanted: &Wanted<'_>,
    kept: &BTreeMap<TaskId, Kept>,
    report: &SubmitReport,
    cleared: &Cleared,
) -> Value {
    let plan = wanted.plan;
    let mut standing: BTreeSet<&TaskId> = kept.keys().collect();
    standing.extend(report.created.iter().map(|one| &one.task_id));
    let tasks: Vec<Value> = plan
        .creations()
        .iter()
        .map(|creation| {
            let state = match standing.contains(&creation.task_id) {
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
    let leftovers = |list: &[Leftover]| -> Vec<Value> {
        list.iter()
            .map(|one| {
                json!({
                    "label": one.label.as_str(),
                    "taskId": one.task_id.as_str(),
                    "state": one.state,
                })
            })
            .collect()
    };
    let passed_over: Vec<Value> = wanted
        .passed_over
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
        "taskGroupId": wanted.ids.decision_task_id().as_str(),
        "complete": report.wanted == plan.len()
            && report.created.len() == plan.len()
            && cleared.wrong.is_empty(),
        "tasks": tasks,
        "cancelled": leftovers(&cleared.cancelled),
        "begun": leftovers(&cleared.begun),
        "alive": leftovers(&cleared.alive),
        "passedOver": passed_over,
    })
}
