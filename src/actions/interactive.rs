//! Creates a copy of a task that a person can log into.
//!
//! A person with a shell in a task can use everything that the task can. So the copy has hardly any
//! scopes, no shared caches, no artifacts that could be mistaken for the real ones, and no routes.

use super::action::{Call, triggering_task};
use super::create::{self, Round};
use super::existing::ExistingGraph;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::value::{Object, Value, json};
use crate::model::task::Task;

/// Workers with interactive tasks.
const INTERACTIVE_WORKERS: &[&str] = &["docker-worker", "generic-worker"];

/// The prefixes of the scopes that are kept: reading artifacts, and what the machine itself needs.
const KEPT_SCOPES: &[&str] = &[
    "queue:get-artifact:",
    "docker-worker:capability:device:",
    "generic-worker:os-group:",
];

/// The minimum of `maxRunTime`, in seconds.
const MIN_RUN_TIME: u64 = 3 * 60 * 60;

/// The schema of the input.
#[must_use]
pub fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "notify": {
                "type": "string",
                "format": "email",
                "title": "Email address",
                "description": "Optional: the address that receives an email with a link when \
                                the task is running.",
            },
        },
        "additionalProperties": false,
    })
}

/// Creates the copy, and its missing dependencies.
///
/// # Errors
/// When the task is not in the graph, its worker is not interactive, or it cannot be created.
pub async fn task(call: Call<'_>) -> Outcome<()> {
    let (_, definition) = triggering_task(&call, "create-interactive").await?;
    let existing = ExistingGraph::from_call(&call).await?;
    let label = existing.label_of(&definition)?;
    let worker = existing
        .graph
        .get(&label)
        .map_or("", |task| worker_implementation(task));
    if !INTERACTIVE_WORKERS.contains(&worker) {
        return Err(
            Diagnostic::user("its worker does not support interactive tasks")
                .in_task(label.as_str())
                .help(format!(
                    "only tasks of {} can be interactive",
                    INTERACTIVE_WORKERS.join(" and ")
                ))
                .into(),
        );
    }
    let address = call.input.get("notify").and_then(Value::as_str);
    let root = call.context.environment.root_url().unwrap_or_default();
    let modify = |task: &mut Task| {
        if task.label == label {
            make_interactive(task, address, root);
        }
    };
    let rounds = [Round {
        suffix: String::new(),
        requested: [label.clone()].into(),
        existing: &existing,
        params: call.params,
        // Later actions still see the original task.
        on_triggered_graph: false,
    }];
    create::rounds(&call, &rounds, Some(&modify)).await
}

fn worker_implementation(task: &Task) -> &str {
    let tags = task.task.get("tags");
    let worker = tags.and_then(|tags| tags.get("worker-implementation"));
    worker.and_then(Value::as_str).unwrap_or_default()
}

/// Makes a task interactive.
fn make_interactive(task: &mut Task, address: Option<&str>, root: &str) {
    let generic = worker_implementation(task) == "generic-worker";
    let after = |span: &str| json!({"relative-datestamp": span});
    let definition = &mut task.task;
    let scopes = definition.get("scopes").and_then(Value::as_array);
    let is_kept = |scope: &&Value| {
        let scope = scope.as_str().unwrap_or_default();
        KEPT_SCOPES.iter().any(|start| scope.starts_with(start))
    };
    let scopes: Value = scopes
        .into_iter()
        .flatten()
        .filter(is_kept)
        .cloned()
        .collect();
    let route = address.map(|address| format!("notify.email.{address}.on-running"));
    for (key, value) in [
        ("created", after("0 seconds")),
        ("deadline", after("12 hours")),
        ("expires", after("1 day")),
        ("retries", json!(0)),
        ("scopes", scopes),
        ("routes", route.into_iter().collect()),
    ] {
        definition.insert(key, value);
    }
    if address.is_some() {
        let text = json!({
            "subject": format!("{} is ready for login", task.label),
            "content": "The interactive task is running. Its page offers a shell and a display.",
            "link": {
                "text": "The task",
                "href": {"task-reference": format!("{root}/tasks/<self>")},
            },
        });
        let extra = definition.entry("extra").or_insert_with(|| json!({}));
        extra["notify"] = json!({"email": text});
    }
    if let Some(Value::Object(payload)) = definition.get_mut("payload") {
        make_payload_interactive(payload, generic);
    }
}

fn make_payload_interactive(payload: &mut Object, generic: bool) {
    let longest = payload.get("maxRunTime").and_then(Value::as_u64);
    let longest = longest.unwrap_or_default().max(MIN_RUN_TIME);
    payload.insert("maxRunTime", json!(longest));
    payload.shift_remove("cache");
    if let Some(Value::Array(mounts)) = payload.get_mut("mounts") {
        mounts.retain(|mount| mount.get("cacheName").is_none());
    }
    let none = if generic { json!([]) } else { json!({}) };
    payload.insert("artifacts", none);
    let features = payload.entry("features").or_insert_with(|| json!({}));
    if let Value::Object(features) = features {
        features.shift_remove("chainOfTrust");
        features.insert("interactive", json!(true));
    }
    let env = payload.entry("env").or_insert_with(|| json!({}));
    if let Value::Object(env) = env {
        env.shift_remove("TASKCLUSTER_CACHES");
        env.insert("TASKCLUSTER_INTERACTIVE", json!("true"));
    }
}
