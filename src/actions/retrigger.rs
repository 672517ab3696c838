//! Creates tasks of a graph once more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;

use super::Call;
use super::callback::not_had;
use super::existing::{self, Existing};
use crate::base::diagnostic::{Diagnostic, Outcome, Standing};
use crate::base::json::compact;
use crate::base::name::{Label, TaskId};
use crate::base::time::Timestamp;
use crate::base::value::{Object, Value, truthy};
use crate::decision::{self, Phases, artifact};
use crate::model::label_graph::LabelGraph;
use crate::model::reference::resolve_dates;
use crate::model::task::Task;
use crate::ports::ids::DerivedIds;
use crate::submit::compare::difference;
use crate::target::TargetTaskGraph;

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
            "times": {
                "type": "integer",
                "default": 1,
                "minimum": 1,
                "maximum": 100,
                "title": "Times",
                "description": "How many times to run each task.",
            },
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

/// Creates the task that the action is triggered on once more, or several times, with what depends
/// on it if `downstream` is given.
///
/// # Errors
/// When the task may not be retriggered, is not in the graph, or cannot be created.
pub async fn task(call: Call<'_>) -> Outcome<()> {
    let taskcluster = call.world.taskcluster()?;
    let label = label_of(&call).await?;
    let existing = existing::fetch(
        taskcluster,
        call.graph_config,
        call.params,
        call.task_group_id.as_ref(),
    )
    .await?;
    if existing.graph.get(&label).is_none() {
        return Err(Diagnostic::user(format!(
            "the full task graph of {} has no task `{label}`",
            existing.decision
        ))
        .help("tasks of that graph can be retriggered")
        .into());
    }
    let allowed = existing
        .graph
        .get(&label)
        .is_some_and(|task| task.attribute("retrigger").is_some_and(truthy));
    let flag = |key: &str| call.input.get(key).is_some_and(truthy);
    if !flag("force") && !allowed {
        return Err(Diagnostic::user("the task should not be retriggered")
            .in_task(label.as_str())
            .help("tasks with the attribute `retrigger` can be; others with `force: true`, which the action `retrigger-disabled` takes")
            .into());
    }
    let wanted: BTreeSet<Label> = if flag("downstream") {
        let all = existing.graph.dag().reverse_closure([&label]);
        all.into_iter()
            .filter(|label| existing.label_to_taskid.contains_key(label))
            .collect()
    } else {
        BTreeSet::from([label])
    };
    let times = call.input.get("times").and_then(Value::as_u64).unwrap_or(1);
    create(&call, &existing, &wanted, times).await
}

async fn label_of(call: &Call<'_>) -> Outcome<Label> {
    let task_id = task_id(call)?;
    let task = call
        .world
        .taskcluster()?
        .task(task_id)
        .await
        .map_err(|error| {
            not_had(
                &format!("the task {task_id} cannot be had"),
                &error,
                "trigger the action on a task that exists",
            )
        })?;
    let name = task["metadata"]["name"].as_str().unwrap_or_default();
    Label::parse(name).map_err(|error| Diagnostic::user(error.to_string()).into())
}

fn task_id<'a>(call: &'a Call<'_>) -> Result<&'a TaskId, Diagnostic> {
    call.task_id.as_ref().ok_or_else(|| {
        Diagnostic::user("retrigger needs a task").help("trigger it on a task, or give --task-id")
    })
}

/// Creates the tasks of `wanted` once more, `times` times, in the group of the decision, and writes
/// the artifacts that later actions and Chain of Trust read.
async fn create(
    call: &Call<'_>,
    existing: &Existing,
    wanted: &BTreeSet<Label>,
    times: u64,
) -> Outcome<()> {
    let target = TargetTaskGraph {
        graph: adopted(call, existing, wanted)?,
        requested: wanted.clone(),
        do_not_optimize: wanted.clone(),
    };
    let phases = Phases {
        world: call.world,
        graph_config: call.graph_config,
        params: call.params,
        verify: false,
        artifacts: None,
    };
    let to_run: Value = wanted
        .iter()
        .map(|label| Value::from(label.as_str()))
        .collect();
    let mut graphs = Object::new();
    let mut label_to_taskid = BTreeMap::new();
    let mut rounds = Vec::new();
    for round in 0..times {
        let ids = DerivedIds::of_action(
            existing.decision.clone(),
            call.own.clone(),
            usize::try_from(round).unwrap_or(usize::MAX),
        );
        let optimized = phases
            .optimize_onto(&target, &ids, &existing.label_to_taskid)
            .await?;
        let json = optimized.graph.to_json();
        if times > 1 {
            let name = |base: &str| format!("{base}-{round}.json");
            artifact::write_json(call.artifacts, &name("task-graph"), &json)?;
            let labels = &optimized.label_to_taskid;
            artifact::write_label_to_taskid(call.artifacts, &name("label-to-taskid"), labels)?;
            artifact::write_json(call.artifacts, &name("to-run"), &to_run)?;
        }
        graphs.extend(json.as_object().cloned().unwrap_or_default());
        label_to_taskid.extend(optimized.label_to_taskid);
        rounds.push((ids, optimized.graph));
    }
    // What a later run of this action finds must name all tasks, so it is written before any is
    // created.
    artifact::write_json(call.artifacts, "task-graph.json", &Value::Object(graphs))?;
    artifact::write_label_to_taskid(call.artifacts, "label-to-taskid.json", &label_to_taskid)?;
    artifact::write_json(call.artifacts, "to-run.json", &to_run)?;
    let all = rounds.iter().map(|(_, graph)| graph.tasks().count()).sum();
    let mut before = 0;
    for (ids, graph) in &rounds {
        let created = decision::create(
            call.world,
            call.graph_config,
            call.params,
            graph,
            ids,
            call.events,
        )
        .await
        .map_err(|wrong| {
            let now = wrong.standing().map_or(0, |standing| standing.created);
            wrong.leaving(Standing {
                created: before + now,
                wanted: all,
            })
        })?;
        before += created.len();
    }
    tracing::info!("Scheduled {} tasks {times} times", wanted.len());
    Ok(())
}

/// The wanted tasks and what they need, as children of the action task: Chain of Trust finds what
/// created a task by `extra.parent` and by its dependencies.
fn adopted(call: &Call<'_>, existing: &Existing, wanted: &BTreeSet<Label>) -> Outcome<LabelGraph> {
    let needed = existing.graph.dag().closure(wanted);
    let tasks = existing
        .graph
        .tasks()
        .filter(|task| needed.contains(&task.label));
    let adopted = tasks.map(|task| {
        let mut definition = task.task.clone();
        let extra = definition.entry("extra").or_insert_with(|| json!({}));
        if let Value::Object(extra) = extra {
            extra.insert("parent".to_owned(), json!(call.own.as_str()));
        }
        if existing.decision != call.own {
            let list = definition
                .entry("dependencies")
                .or_insert_with(|| json!([]));
            if let Value::Array(list) = list {
                list.push(json!(call.own.as_str()));
            }
        }
        Arc::new(Task {
            task: definition,
            ..Task::clone(task)
        })
    });
    LabelGraph::set(adopted)?.with_edges()
}

/// Creates the decision, action or cron task that the action is triggered on once more.
///
/// # Errors
/// When it cannot be had or created; most likely its scopes are not held.
pub async fn decision(call: Call<'_>) -> Outcome<()> {
    let task_id = task_id(&call)?;
    let taskcluster = call.world.taskcluster()?;
    let had = |error| {
        not_had(
            &format!("the task {task_id} cannot be had"),
            &error,
            "trigger the action on a task that exists",
        )
    };
    let old = taskcluster.task(task_id).await.map_err(had)?;
    let created = old["created"]
        .as_str()
        .and_then(Timestamp::parse)
        .ok_or_else(|| Diagnostic::user(format!("the task {task_id} has no date of creation")))?;
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
    let ids = DerivedIds::of_action(task_id.clone(), call.own.clone(), 0);
    let new_id = ids.id(&label, 0);
    let body = resolve_dates(&definition, call.world.clock.now())
        .map_err(|error| Diagnostic::bug(error.to_string()))?;
    tracing::info!("Creating task with taskId {new_id} for {label}");
    tracing::debug!("{}", compact(&body));
    let Err(error) = taskcluster.create_task(&new_id, &body).await else {
        return Ok(());
    };
    if error.status == Some(409) {
        // An earlier run of this action may have created it.
        let there = taskcluster.task(&new_id).await;
        if there.is_ok_and(|there| difference(&definition, &there).is_none()) {
            tracing::info!("Task {new_id} for {label} stood already");
            return Ok(());
        }
    }
    Err(not_had(
        &format!("the task `{label}` was not created"),
        &error,
        "retriggering decision, action and cron tasks takes scopes of its own",
    )
    .into())
}

/// The value with every date in it counted from `created`.
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
            .collect(),
        other => other,
    }
}
