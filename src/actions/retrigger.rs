//! Creates copies of tasks of a graph.

use std::collections::{BTreeMap, BTreeSet};

use super::action::{Call, triggering_task};
use super::create::{self, Round};
use super::custom::new_creation;
use super::existing::ExistingGraph;
use super::rerun;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::Label;
use crate::base::time::Timestamp;
use crate::base::value::{Object, Value, json, truthy};
use crate::ports::ids::DerivedIds;
use crate::submit::plan::Plan;
use crate::submit::submit_plan;

/// The schema of the input.
#[must_use]
pub fn schema(disabled: bool) -> Value {
    let mut schema = json!({
        "type": "object",
        "properties": {
            "downstream": {
                "type": "boolean",
                "description": "If true, downstream tasks from this one will be cloned as well. \
                                The dependencies will be updated to work with the new task at the root.",
                "default": false,
            },
            "times": create::times_schema(Some(1)),
        },
    });
    if disabled {
        schema["properties"]["force"] = json!({
            "type": "boolean",
            "default": false,
            "description": "This task should not be re-triggered. \
                            This can be overridden by passing `true` here.",
        });
    }
    schema
}

/// Creates one or more copies of the task that the action is triggered on; with `downstream`, of the
/// tasks that depend on it as well.
///
/// # Errors
/// When the task may not be retriggered, is not in the graph, or cannot be created.
pub async fn task(call: Call<'_>) -> Outcome<()> {
    let (_, definition) = triggering_task(&call, "retrigger").await?;
    let existing = ExistingGraph::from_call(&call).await?;
    let label = existing.label_of(&definition)?;
    let flag = |key: &str| call.input.get(key).is_some_and(truthy);
    if !flag("force") && !may_be_retriggered(&existing, &label) {
        return Err(Diagnostic::user("the task should not be retriggered")
            .in_task(label.as_str())
            .help("only tasks with the attribute `retrigger` can be retriggered; for others, use the action `retrigger-disabled` with `force: true`")
            .into());
    }
    let requested: BTreeSet<Label> = if flag("downstream") {
        let all = existing.graph.dag().reverse_closure([&label]);
        all.into_iter()
            .filter(|label| existing.label_to_taskid.contains_key(label))
            .collect()
    } else {
        BTreeSet::from([label])
    };
    let times = create::times(&call.input);
    let rounds = create::repeated_rounds(&call, &existing, &requested, times);
    create::rounds(&call, &rounds, None).await
}

fn may_be_retriggered(existing: &ExistingGraph, label: &Label) -> bool {
    let task = existing.graph.get(label);
    task.is_some_and(|task| task.attribute("retrigger").is_some_and(truthy))
}

/// The schema of the input of retrigger-multiple.
///
/// It is exactly that of taskgraph: `additionalProperties` is among the properties, where it forbids
/// a property of that name.
#[must_use]
pub fn multiple_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "requests": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "tasks": create::tasks_schema(),
                        "times": create::times_schema(None),
                    },
                    "additionalProperties": false,
                },
            },
            "additionalProperties": false,
        },
    })
}

/// Creates copies of tasks of several labels, `times` for each request; tasks that may not be
/// retriggered are rerun instead.
///
/// # Errors
/// When labels have no task to rerun, before anything is done; or when the queue refuses a call.
pub async fn multiple(call: Call<'_>) -> Outcome<()> {
    let existing = ExistingGraph::from_call(&call).await?;
    let requests = call.input.get("requests").and_then(Value::as_array);
    let mut wrong = Diagnostics::new();
    let mut to_rerun = Vec::new();
    let mut rounds = Vec::new();
    for (i, request) in requests.into_iter().flatten().enumerate() {
        let named = request.get("tasks").and_then(Value::as_array);
        let mut requested = BTreeSet::new();
        for name in named.into_iter().flatten().filter_map(Value::as_str) {
            match Label::parse(name) {
                Ok(label) if may_be_retriggered(&existing, &label) => {
                    requested.insert(label);
                }
                _ if existing.label_to_taskid.contains_key(name) => to_rerun.push(name),
                _ => wrong.push(rerun::never_created(&existing, name)),
            }
        }
        rounds.extend((0..create::times(request)).map(|j| Round {
            suffix: format!("{i}-{j}"),
            requested: requested.clone(),
            existing: &existing,
            params: call.params,
            on_triggered_graph: true,
        }));
    }
    wrong.or_ok(())?;
    for name in to_rerun {
        rerun::label(&call, &existing, name).await?;
    }
    create::rounds(&call, &rounds, None).await
}

/// Creates a copy of the decision, action or cron task that the action is triggered on.
///
/// # Errors
/// When it cannot be read or created, usually because of missing scopes.
pub async fn decision(call: Call<'_>) -> Outcome<()> {
    let (task_id, old) = triggering_task(&call, "retrigger").await?;
    let created = old["created"]
        .as_str()
        .and_then(Timestamp::parse)
        .ok_or_else(|| Diagnostic::user(format!("the task {task_id} has no creation date")))?;
    let mut definition = relative_dates(old, created);
    definition["schedulerId"] = json!(format!(
        "{}-level-{}",
        call.graph_config.trust_domain(),
        call.params.level()
    ));
    let name = definition["metadata"]["name"]
        .as_str()
        .unwrap_or("decision");
    let label = Label::parse(name).map_err(|error| Diagnostic::user(error.to_string()))?;
    let ids = DerivedIds::for_action(task_id.clone(), call.action_task.clone(), 0);
    let new_id = ids.id(&label, 0);
    let plan = Plan::new(vec![new_creation(&new_id, &definition, &BTreeMap::new())?]);
    tracing::info!("Creating task with taskId {new_id} for {label}");
    submit_plan(call.context.submit()?, call.events, &plan).await?;
    Ok(())
}

/// Returns the value with every date relative to `created`.
fn relative_dates(value: Value, created: Timestamp) -> Value {
    match value {
        Value::String(text) => match Timestamp::parse(&text) {
            Some(date) => {
                json!({"relative-datestamp": format!("{} seconds", date.seconds_since(created))})
            }
            None => Value::String(text),
        },
        Value::Array(items) => items
            .into_iter()
            .map(|item| relative_dates(item, created))
            .collect(),
        Value::Object(map) => map
            .into_iter()
            .map(|(key, item)| (key, relative_dates(item, created)))
            .collect::<Object>()
            .into(),
        other => other,
    }
}
