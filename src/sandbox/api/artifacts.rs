//! The queue's methods on artifacts, and the buckets that hold their content.

use serde_json::{Map, Value, json};

use super::endpoint::{Call, Endpoint, PAGED, Reply};
use super::request_schemas;
use crate::sandbox::artifacts::artifact::{Artifact, Storage, storage_of};
use crate::sandbox::auth::scopes::Expression;
use crate::sandbox::content_urls::{content_key, content_path, content_url, object_name};
use crate::sandbox::error::{ApiError, Code};
use crate::sandbox::queue::definition::has_nul;
use crate::sandbox::queue::task::{Task, TaskState};
use crate::sandbox::services::{self, Core};
use crate::sandbox::time::{self, Moment};

/// How long after an exception artifacts are still taken, and how far in the past they may expire.
const GRACE_AFTER_EXCEPTION: i64 = 25 * 60;
const GRACE_OF_EXPIRY: i64 = 15 * 60;
/// How long a signed upload URL holds, in seconds.
const UPLOAD: i64 = 45 * 60;

/// The methods.
pub(crate) const METHODS: &[Endpoint] = &[
    Endpoint {
        method: "POST",
        route: "/task/<taskId>/runs/<runId>/artifacts/<name*>",
        name: "createArtifact",
        scope: Some("queue:create-artifact:<taskId>/<runId>"),
        query: &[],
        input: Some(&request_schemas::CREATE_ARTIFACT),
        run: create,
    },
    Endpoint {
        method: "PUT",
        route: "/task/<taskId>/runs/<runId>/artifacts/<name*>",
        name: "finishArtifact",
        scope: Some("queue:create-artifact:<taskId>/<runId>"),
        query: &[],
        input: Some(&request_schemas::FINISH_ARTIFACT),
        run: finish,
    },
    Endpoint {
        method: "GET",
        route: "/task/<taskId>/runs/<runId>/artifacts/<name*>",
        name: "getArtifact",
        scope: None,
        query: &[],
        input: None,
        run: |core, call| download(core, call, call.run_id()),
    },
    Endpoint {
        method: "GET",
        route: "/task/<taskId>/artifacts/<name*>",
        name: "getLatestArtifact",
        scope: None,
        query: &[],
        input: None,
        run: |core, call| {
            call.need(format!("queue:get-artifact:{}", call.param("name")))?;
            let run_id = latest(core, call.param("taskId"))?;
            download(core, call, run_id)
        },
    },
    Endpoint {
        method: "GET",
        route: "/task/<taskId>/runs/<runId>/artifacts",
        name: "listArtifacts",
        scope: Some("queue:list-artifacts:<taskId>:<runId>"),
        query: PAGED,
        input: None,
        run: |core, call| {
            let (id, run_id) = (call.param("taskId"), call.run_id());
            if run_id > latest(core, id)? {
                return Err(ApiError::not_found(format!(
                    "Task with taskId: `{id}` has no run with runId: {run_id}"
                )));
            }
            list(core, call, run_id)
        },
    },
    Endpoint {
        method: "GET",
        route: "/task/<taskId>/artifacts",
        name: "listLatestArtifacts",
        scope: Some("queue:list-artifacts:<taskId>"),
        query: PAGED,
        input: None,
        run: |core, call| {
            let run_id = latest(core, call.param("taskId"))?;
            list(core, call, run_id)
        },
    },
    Endpoint {
        method: "GET",
        route: "/task/<taskId>/runs/<runId>/artifact-info/<name*>",
        name: "artifactInfo",
        scope: Some("queue:list-artifacts:<taskId>:<runId>"),
        query: &[],
        input: None,
        run: |core, call| info(core, call, call.run_id()),
    },
    Endpoint {
        method: "GET",
        route: "/task/<taskId>/artifact-info/<name*>",
        name: "latestArtifactInfo",
        scope: Some("queue:list-artifacts:<taskId>"),
        query: &[],
        input: None,
        run: |core, call| {
            let run_id = latest(core, call.param("taskId"))?;
            info(core, call, run_id)
        },
    },
    Endpoint {
        method: "GET",
        route: "/task/<taskId>/runs/<runId>/artifact-content/<name*>",
        name: "artifact",
        scope: None,
        query: &[],
        input: None,
        run: |core, call| content(core, call, call.run_id()),
    },
    Endpoint {
        method: "GET",
        route: "/task/<taskId>/artifact-content/<name*>",
        name: "latestArtifact",
        scope: None,
        query: &[],
        input: None,
        run: |core, call| {
            call.need(format!("queue:get-artifact:{}", call.param("name")))?;
            let run_id = latest(core, call.param("taskId"))?;
            content(core, call, run_id)
        },
    },
];

/// Enters an artifact; the answer is the one that then stands.
pub(crate) fn enter(
    core: &mut Core,
    task_id: &str,
    run_id: usize,
    name: &str,
    artifact: Artifact,
    now: Moment,
) -> Result<Artifact, ApiError> {
    if artifact.expires < time::plus_seconds(now, -GRACE_OF_EXPIRY) {
        return Err(ApiError::input("Expires must be in the future"));
    }
    let tasks = &mut core.queue.tasks;
    let task = tasks
        .get_mut(task_id)
        .ok_or_else(|| ApiError::input("Task not found"))?;
    check_run(task, run_id, &artifact, now)?;
    let key = (run_id, name.to_owned());
    if let Some(original) = task.artifacts.get(&key)
        && !original.allows(&artifact)
    {
        let properties = json!({
            "storageType": original.storage.name(),
            "contentType": original.content_type,
            "expires": time::format(original.expires),
        });
        return Err(ApiError::conflict(format!(
            "Artifact already exists with different properties, and none of the allowed exceptions \
             apply: {}",
            serde_json::to_string_pretty(&properties).unwrap_or_default()
        )));
    }
    let present = task
        .artifacts
        .get(&key)
        .is_some_and(|original| original.present);
    let artifact = Artifact {
        present: present || artifact.present,
        ..artifact
    };
    task.artifacts.insert(key, artifact.clone());
    core.queue.changed_tasks.insert(task_id.to_owned());
    Ok(artifact)
}

fn check_run(task: &Task, run_id: usize, artifact: &Artifact, now: Moment) -> Result<(), ApiError> {
    let run = task
        .runs
        .get(run_id)
        .ok_or_else(|| ApiError::input("Run not found"))?;
    if run.worker_group.is_none() || run.worker_id.is_none() {
        return Err(ApiError::input(
            "Run was not claimed by a worker and so no artifacts can exist",
        ));
    }
    if artifact.expires > task.definition.expires {
        return Err(ApiError::input(format!(
            "Artifact expires ({}) after the task expiration {} (task.expires < expires) - this is not \
             allowed, artifacts may not expire after the task they belong to expires",
            time::format(artifact.expires),
            time::format(task.definition.expires)
        )));
    }
    let recent = run
        .resolved
        .is_some_and(|resolved| resolved > time::plus_seconds(now, -GRACE_AFTER_EXCEPTION));
    if run.state == TaskState::Running || (run.state == TaskState::Exception && recent) {
        return Ok(());
    }
    Err(ApiError::conflict(format!(
        "Artifacts cannot be created for a task after it is resolved, unless it is resolved \
         'exception', and even in this case only up to 25 min past resolution.This to ensure that \
         artifacts have been uploaded before a task is 'completed' and output is consumed by a \
         dependent task\n\nTask status: {}",
        serde_json::to_string_pretty(&task.status()).unwrap_or_default()
    )))
}

fn create(core: &mut Core, call: &Call) -> Result<Reply, ApiError> {
    let (task_id, run_id, name) = (call.param("taskId"), call.run_id(), call.param("name"));
    if has_nul(&call.body) {
        return Err(ApiError::internal("unsupported Unicode escape sequence"));
    }
    let fields = call.body.as_object().cloned().unwrap_or_default();
    let storage = storage_of(call.text("storageType"), &fields)
        .ok_or_else(|| ApiError::input("unknown storageType"))?;
    let storage = match storage {
        // The upload of an object that was announced before goes on under its first name.
        Storage::Object { .. } => {
            let known = core.queue.tasks.get(task_id).and_then(|task| {
                task.artifacts
                    .get(&(run_id, name.to_owned()))
                    .map(|known| known.storage.clone())
            });
            match known {
                Some(Storage::Object { upload_id }) => Storage::Object { upload_id },
                _ => Storage::Object {
                    upload_id: core.fresh("upload"),
                },
            }
        }
        other => other,
    };
    let content_type = match call.text("contentType") {
        "" => "application/binary",
        given => given,
    };
    let artifact = Artifact {
        present: !matches!(storage, Storage::Object { .. }),
        storage,
        content_type: content_type.to_owned(),
        content_length: call.body.get("contentLength").and_then(Value::as_u64),
        expires: time::parse(call.text("expires")).unwrap_or(call.now),
    };
    let artifact = enter(core, task_id, run_id, name, artifact, call.now)?;
    let key = content_key(task_id, run_id, name);
    Reply::ok(match &artifact.storage {
        Storage::S3 => json!({
            "storageType": "s3",
            "contentType": artifact.content_type,
            "expires": time::format(time::plus_seconds(call.now, UPLOAD)),
            "putUrl": format!(
                "{}{}",
                services::root_url(core.address),
                content_path(&key, Some("write"))
            ),
        }),
        Storage::Object { upload_id } => {
            let object = object_name(task_id, run_id, name);
            let project = core
                .queue
                .tasks
                .get(task_id)
                .map_or("none", |task| task.definition.text("projectId"));
            let until = artifact
                .expires
                .min(time::plus_seconds(call.now, 24 * 60 * 60));
            let credentials = services::queue_credentials().temporary(
                &format!("artifact-upload/{task_id}/{run_id}"),
                call.now,
                until,
                &[format!("object:upload:{project}:{object}")],
            );
            json!({
                "storageType": "object",
                "name": object,
                "projectId": project,
                "uploadId": upload_id,
                "expires": time::format(artifact.expires),
                "credentials": credentials.json(),
            })
        }
        other => json!({"storageType": other.name()}),
    })
}

fn finish(core: &mut Core, call: &Call) -> Result<Reply, ApiError> {
    let (task_id, run_id, name) = (call.param("taskId"), call.run_id(), call.param("name"));
    let uploaded = core
        .store
        .content(&content_key(task_id, run_id, name))
        .is_some();
    let artifact = core
        .queue
        .tasks
        .get_mut(task_id)
        .and_then(|task| task.artifacts.get_mut(&(run_id, name.to_owned())))
        .ok_or_else(|| {
            ApiError::not_found(format!(
                "Artifact with taskId `{task_id}`, runId {run_id}, name `{name}` not found"
            ))
        })?;
    let Storage::Object { upload_id } = &artifact.storage else {
        return Err(ApiError::input("Only object artifacts can be finished"));
    };
    if artifact.present {
        return Ok(Reply::Nothing);
    }
    if upload_id != call.text("uploadId") {
        return Err(ApiError::input(
            "given uploadId does not match that for the artifact",
        ));
    }
    if !uploaded {
        return Err(ApiError::input(
            "Object storing artifact data does not exist",
        ));
    }
    artifact.present = true;
    core.queue.changed_tasks.insert(task_id.to_owned());
    Ok(Reply::Nothing)
}

/// The latest run of a task.
pub(crate) fn latest(core: &Core, task_id: &str) -> Result<usize, ApiError> {
    let task = core
        .queue
        .tasks
        .get(task_id)
        .ok_or_else(|| ApiError::not_found("Task not found"))?;
    let last = task.runs.len().checked_sub(1);
    last.ok_or_else(|| ApiError::not_found("Task doesn't have any runs"))
}

/// Finds an artifact, following links; the caller needs a scope for each name on the way.
fn follow(core: &Core, call: &Call, run_id: usize) -> Result<(String, Artifact), ApiError> {
    let mut names = Vec::new();
    let mut name = call.param("name").to_owned();
    loop {
        names.push(name.clone());
        call.authorize(&Expression::all(
            names
                .iter()
                .map(|name| format!("queue:get-artifact:{name}")),
        ))?;
        let artifact = present(core, call.param("taskId"), run_id, &name)?;
        if artifact.expires < call.now {
            return Err(ApiError::new(Code::ResourceExpired, "Artifact expired"));
        }
        let Storage::Link { artifact: target } = &artifact.storage else {
            return Ok((name, artifact.clone()));
        };
        if names.contains(target) {
            return Err(ApiError::input("Artifact leads to a link cycle"));
        }
        name.clone_from(target);
    }
}

fn present<'a>(
    core: &'a Core,
    task_id: &str,
    run_id: usize,
    name: &str,
) -> Result<&'a Artifact, ApiError> {
    core.queue
        .tasks
        .get(task_id)
        .and_then(|task| task.artifacts.get(&(run_id, name.to_owned())))
        .filter(|artifact| artifact.present)
        .ok_or_else(|| ApiError::not_found("Artifact not found"))
}

fn url_of(core: &Core, call: &Call, run_id: usize, name: &str, artifact: &Artifact) -> String {
    match &artifact.storage {
        Storage::Reference { url } => url.clone(),
        _ => content_url(core, &content_key(call.param("taskId"), run_id, name), name),
    }
}

fn download(core: &mut Core, call: &Call, run_id: usize) -> Result<Reply, ApiError> {
    let (name, artifact) = follow(core, call, run_id)?;
    if let Storage::Error { reason, message } = &artifact.storage {
        return Ok(Reply::Json(
            424,
            json!({"reason": reason, "message": message}),
        ));
    }
    let storage = artifact.storage.name();
    let location = url_of(core, call, run_id, &name, &artifact);
    let body = json!({"storageType": storage, "url": location});
    Ok(Reply::Redirect {
        location,
        storage: Some(storage),
        body,
    })
}

fn content(core: &mut Core, call: &Call, run_id: usize) -> Result<Reply, ApiError> {
    let (name, artifact) = follow(core, call, run_id)?;
    let storage = artifact.storage.name();
    Reply::ok(match &artifact.storage {
        Storage::Error { reason, message } => {
            json!({"storageType": storage, "reason": reason, "message": message})
        }
        Storage::Object { .. } => {
            let task_id = call.param("taskId");
            let object = object_name(task_id, run_id, &name);
            let credentials = services::queue_credentials().temporary(
                &format!("artifact-download/{task_id}/{run_id}"),
                call.now,
                time::plus_seconds(call.now, 60 * 60),
                &[format!("object:download:{object}")],
            );
            json!({"storageType": storage, "name": object, "credentials": credentials.json()})
        }
        _ => json!({
            "storageType": storage,
            "url": url_of(core, call, run_id, &name, &artifact),
        }),
    })
}

fn info(core: &mut Core, call: &Call, run_id: usize) -> Result<Reply, ApiError> {
    let name = call.param("name");
    Reply::ok(present(core, call.param("taskId"), run_id, name)?.json(name))
}

fn list(core: &mut Core, call: &Call, run_id: usize) -> Result<Reply, ApiError> {
    let mut answer = Map::new();
    let tasks = core.queue.tasks.get(call.param("taskId")).into_iter();
    let artifacts = tasks.flat_map(|task| {
        task.artifacts
            .range((run_id, String::new())..(run_id + 1, String::new()))
    });
    call.page()?.fill(
        &mut answer,
        "artifacts",
        artifacts,
        |((_, name), artifact)| artifact.json(name),
    );
    Reply::ok(Value::Object(answer))
}
