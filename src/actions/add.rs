//! Adds tasks of the full task graph that a push did not create, and rebuilds cached tasks.

use std::collections::BTreeSet;

use super::action::Call;
use super::create;
use super::existing::ExistingGraph;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::Label;
use crate::base::suggest;
use crate::base::value::{Value, json, truthy};
use crate::model::label_graph::LabelGraph;

/// The schema of the input of add-new-jobs.
#[must_use]
pub fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "tasks": create::tasks_schema(),
            "times": create::times_schema(Some(1)),
        },
    })
}

/// Creates the tasks of these labels and their dependencies.
///
/// # Errors
/// Every label that is not in the full task graph, or what cannot be created.
pub async fn new_jobs(call: Call<'_>) -> Outcome<()> {
    let Some(named) = call.input.get("tasks").and_then(Value::as_array) else {
        return Err(
            Diagnostic::user("the input of the action add-new-jobs has no `tasks`")
                .help("list the labels of the tasks to add")
                .into(),
        );
    };
    let existing = ExistingGraph::from_call(&call).await?;
    let requested = labels(named, &existing.graph, &existing.decision.to_string())?;
    let times = create::times(&call.input);
    let rounds = create::repeated_rounds(&call, &existing, &requested, times);
    create::rounds(&call, &rounds, None).await
}

/// Parses the labels in an input.
///
/// # Errors
/// Every label that the graph does not have.
pub fn labels(named: &[Value], graph: &LabelGraph, decision: &str) -> Outcome<BTreeSet<Label>> {
    let mut wrong = Diagnostics::new();
    let mut labels = BTreeSet::new();
    for name in named.iter().filter_map(Value::as_str) {
        match Label::parse(name) {
            Ok(label) if graph.get(&label).is_some() => {
                labels.insert(label);
            }
            _ => wrong.push(
                Diagnostic::user(format!(
                    "the full task graph of {decision} has no task `{name}`"
                ))
                .help(
                    suggest::nearest(name, graph.labels().map(Label::as_str)).map_or_else(
                        || "see runnable-jobs.json of the decision task".to_owned(),
                        |near| format!("did you mean `{near}`?"),
                    ),
                ),
            ),
        }
    }
    wrong.or_ok(labels)
}

/// Creates every cached task of the graph again.
///
/// # Errors
/// When the graph cannot be read, or a task cannot be created.
pub async fn cached_tasks(call: Call<'_>) -> Outcome<()> {
    let existing = ExistingGraph::from_call(&call).await?;
    let cached = existing
        .graph
        .tasks()
        .filter(|task| task.attribute("cached_task").is_some_and(truthy));
    let requested: BTreeSet<Label> = cached.map(|task| task.label.clone()).collect();
    if requested.is_empty() {
        tracing::info!("The graph of {} has no cached tasks", existing.decision);
        return Ok(());
    }
    let rounds = create::repeated_rounds(&call, &existing, &requested, 1);
    create::rounds(&call, &rounds, None).await
}
