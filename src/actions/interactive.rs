//! Creates a copy of a task that a person can log into.
//!
//! Somebody with a shell in a task has what the task has. So the copy has hardly any scopes, no
//! caches that others use, no artifacts that could be taken for the real ones, and no routes.

use super::create::{self, Round};
use super::{Call, existing, task_of};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::value::{Object, Value, json};
use crate::model::task::Task;

/// Workers that let people log in.
const WORKERS: &[&str] = &["docker-worker", "generic-worker"];

/// What scopes that are kept begin with: reading artifacts, and what the machine itself needs.
const HARMLESS: &[&str] = &[
    "queue:get-artifact:",
    "docker-worker:capability:device:",
    "generic-worker:os-group:",
];

/// How long somebody may stay at least, in seconds.
const LONG: u64 = 3 * 60 * 60;

/// The schema of the input.
#[must_use]
pub fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "notify": {
                "type": "string",
                "format": "email",
                "title": "Who to tell in an email about how to log in",
                "description": "Optional: an address that gets an email with a link when the task \
                                runs.",
            },
        },
        "additionalProperties": false,
    })
}

/// Creates the copy, and what it needs and does not exist.
///
/// # Errors
/// When the task is not in the graph, its worker lets nobody in, or it cannot be created.
pub async fn task(call: Call<'_>) -> Outcome<()> {
    let (_, definition) = task_of(&call, "create-interactive").await?;
    let existing = existing::of_call(&call).await?;
    let label = existing.label_of(&definition)?;
    let worker = existing
        .graph
        .get(&label)
        .map_or("", |task| worker_of(task));
    if !WORKERS.contains(&worker) {
        return Err(Diagnostic::user("its worker lets nobody in")
            .in_task(label.as_str())
            .help(format!(
                "tasks for {} can be made interactive",
                WORKERS.join(" and ")
            ))
            .into());
    }
    let address = call.input.get("notify").and_then(Value::as_str);
    let root = call.context.environment.root_url().unwrap_or_default();
    let modify = |task: &mut Task| {
        if task.label == label {
            open(task, address, root);
        }
    };
    let rounds = [Round {
        suffix: String::new(),
        wanted: [label.clone()].into(),
        existing: &existing,
        params: call.params,
        // The copy does not take the place of the task for later actions.
        own: false,
    }];
    create::rounds(&call, &rounds, Some(&modify)).await
}

fn worker_of(task: &Task) -> &str {
    let tags = task.task.get("tags");
    let worker = tags.and_then(|tags| tags.get("worker-implementation"));
    worker.and_then(Value::as_str).unwrap_or_default()
}

/// Makes the task one that a person can log into.
fn open(task: &mut Task, address: Option<&str>, root: &str) {
    let generic = worker_of(task) == "generic-worker";
    let after = |span: &str| json!({"relative-datestamp": span});
    let definition = &mut task.task;
    let scopes = definition.get("scopes").and_then(Value::as_array);
    let harmless = |scope: &&Value| {
        let scope = scope.as_str().unwrap_or_default();
        HARMLESS.iter().any(|start| scope.starts_with(start))
    };
    let scopes: Value = scopes
        .into_iter()
        .flatten()
        .filter(harmless)
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
            "subject": format!("{} can be logged into", task.label),
            "content": "The task that you asked for is running. Its page has a shell and a display.",
            "link": {
                "text": "The task",
                "href": {"task-reference": format!("{root}/tasks/<self>")},
            },
        });
        let extra = definition.entry("extra").or_insert_with(|| json!({}));
        extra["notify"] = json!({"email": text});
    }
    if let Some(Value::Object(payload)) = definition.get_mut("payload") {
        open_payload(payload, generic);
    }
}

fn open_payload(payload: &mut Object, generic: bool) {
    let longest = payload.get("maxRunTime").and_then(Value::as_u64);
    let longest = longest.unwrap_or_default().max(LONG);
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
