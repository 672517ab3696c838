//! The queue's methods for artifacts.

use serde_json::{Value, json};

use super::endpoint::{ApiCall, Endpoint, PAGED, Reply};
use super::request_schemas;
use crate::sandbox::artifacts::artifact::{Artifact, Storage, parse_storage};
use crate::sandbox::auth::scopes::Expression;
use crate::sandbox::content_urls::{content_key, content_path, content_url, object_name};
use crate::sandbox::error::{ErrorCode, ServiceError};
use crate::sandbox::queue::definition::has_nul;
use crate::sandbox::services::{self, Services};
use crate::sandbox::time;

/// How long a signed upload URL is valid.
const UPLOAD_URL_SECONDS: i64 = 45 * 60;

/// The table of methods.
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
        run: |services, call| artifact_redirect(services, call, call.run_id()),
    },
    Endpoint {
        method: "GET",
        route: "/task/<taskId>/artifacts/<name*>",
        name: "getLatestArtifact",
        scope: None,
        query: &[],
        input: None,
        run: |services, call| {
            call.require_scope(format!("queue:get-artifact:{}", call.param("name")))?;
            let run_id = services.queue.latest_run_id(call.param("taskId"))?;
            artifact_redirect(services, call, run_id)
        },
    },
    Endpoint {
        method: "GET",
        route: "/task/<taskId>/runs/<runId>/artifacts",
        name: "listArtifacts",
        scope: Some("queue:list-artifacts:<taskId>:<runId>"),
        query: PAGED,
        input: None,
        run: |services, call| {
            let (id, run_id) = (call.param("taskId"), call.run_id());
            if run_id > services.queue.latest_run_id(id)? {
                return Err(ServiceError::not_found(format!(
                    "Task with taskId: `{id}` has no run with runId: {run_id}"
                )));
            }
            list_artifacts(services, call, run_id)
        },
    },
    Endpoint {
        method: "GET",
        route: "/task/<taskId>/artifacts",
        name: "listLatestArtifacts",
        scope: Some("queue:list-artifacts:<taskId>"),
        query: PAGED,
        input: None,
        run: |services, call| {
            let run_id = services.queue.latest_run_id(call.param("taskId"))?;
            list_artifacts(services, call, run_id)
        },
    },
    Endpoint {
        method: "GET",
        route: "/task/<taskId>/runs/<runId>/artifact-info/<name*>",
        name: "artifactInfo",
        scope: Some("queue:list-artifacts:<taskId>:<runId>"),
        query: &[],
        input: None,
        run: |services, call| artifact_info(services, call, call.run_id()),
    },
    Endpoint {
        method: "GET",
        route: "/task/<taskId>/artifact-info/<name*>",
        name: "latestArtifactInfo",
        scope: Some("queue:list-artifacts:<taskId>"),
        query: &[],
        input: None,
        run: |services, call| {
            let run_id = services.queue.latest_run_id(call.param("taskId"))?;
            artifact_info(services, call, run_id)
        },
    },
    Endpoint {
        method: "GET",
        route: "/task/<taskId>/runs/<runId>/artifact-content/<name*>",
        name: "artifact",
        scope: None,
        query: &[],
        input: None,
        run: |services, call| artifact_content(services, call, call.run_id()),
    },
    Endpoint {
        method: "GET",
        route: "/task/<taskId>/artifact-content/<name*>",
        name: "latestArtifact",
        scope: None,
        query: &[],
        input: None,
        run: |services, call| {
            call.require_scope(format!("queue:get-artifact:{}", call.param("name")))?;
            let run_id = services.queue.latest_run_id(call.param("taskId"))?;
            artifact_content(services, call, run_id)
        },
    },
];

fn create(services: &mut Services, call: &ApiCall) -> Result<Reply, ServiceError> {
    let (task_id, run_id, name) = (call.param("taskId"), call.run_id(), call.param("name"));
    if has_nul(&call.body) {
        return Err(ServiceError::internal(
            "unsupported Unicode escape sequence",
        ));
    }
    let fields = call.body.as_object().cloned().unwrap_or_default();
    let storage = parse_storage(call.text("storageType"), &fields)
        .ok_or_else(|| ServiceError::input("unknown storageType"))?;
    let storage = match storage {
        // Creating an object artifact again continues the first upload.
        Storage::Object { .. } => {
            let existing = services.queue.tasks.get(task_id).and_then(|task| {
                task.artifacts
                    .get(&(run_id, name.to_owned()))
                    .map(|existing| existing.storage.clone())
            });
            match existing {
                Some(Storage::Object { upload_id }) => Storage::Object { upload_id },
                _ => Storage::Object {
                    upload_id: services.new_slug("upload"),
                },
            }
        }
        other => other,
    };
    let content_type = match call.text("contentType") {
        "" => "application/binary",
        value => value,
    };
    let artifact = Artifact {
        present: !matches!(storage, Storage::Object { .. }),
        storage,
        content_type: content_type.to_owned(),
        content_length: call.body.get("contentLength").and_then(Value::as_u64),
        expires: time::parse(call.text("expires")).unwrap_or(call.now),
    };
    let artifact = services
        .queue
        .add_artifact(task_id, run_id, name, artifact, call.now)?;
    let key = content_key(task_id, run_id, name);
    Reply::ok(match &artifact.storage {
        Storage::S3 => json!({
            "storageType": "s3",
            "contentType": artifact.content_type,
            "expires": time::format(time::plus_seconds(call.now, UPLOAD_URL_SECONDS)),
            "putUrl": format!(
                "{}{}",
                services::root_url(services.address),
                content_path(&key, Some("write"))
            ),
        }),
        Storage::Object { upload_id } => {
            let object = object_name(task_id, run_id, name);
            let project = services
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

fn finish(services: &mut Services, call: &ApiCall) -> Result<Reply, ServiceError> {
    let (task_id, run_id, name) = (call.param("taskId"), call.run_id(), call.param("name"));
    let uploaded = services
        .store
        .content(&content_key(task_id, run_id, name))
        .is_some();
    let artifact = services
        .queue
        .tasks
        .get_mut(task_id)
        .and_then(|task| task.artifacts.get_mut(&(run_id, name.to_owned())))
        .ok_or_else(|| {
            ServiceError::not_found(format!(
                "Artifact with taskId `{task_id}`, runId {run_id}, name `{name}` not found"
            ))
        })?;
    let Storage::Object { upload_id } = &artifact.storage else {
        return Err(ServiceError::input("Only object artifacts can be finished"));
    };
    if artifact.present {
        return Ok(Reply::NoContent);
    }
    if upload_id != call.text("uploadId") {
        return Err(ServiceError::input(
            "given uploadId does not match that for the artifact",
        ));
    }
    if !uploaded {
        return Err(ServiceError::input(
            "Object storing artifact data does not exist",
        ));
    }
    artifact.present = true;
    services.queue.changed_tasks.insert(task_id.to_owned());
    Ok(Reply::NoContent)
}

/// Returns an artifact after following links; the caller needs a scope for each name on the way.
fn follow(
    services: &Services,
    call: &ApiCall,
    run_id: usize,
) -> Result<(String, Artifact), ServiceError> {
    let mut names = Vec::new();
    let mut name = call.param("name").to_owned();
    loop {
        names.push(name.clone());
        call.authorize(&Expression::all_of(
            names
                .iter()
                .map(|name| format!("queue:get-artifact:{name}")),
        ))?;
        let artifact = available_artifact(services, call.param("taskId"), run_id, &name)?;
        if artifact.expires < call.now {
            return Err(ServiceError::new(
                ErrorCode::ResourceExpired,
                "Artifact expired",
            ));
        }
        let Storage::Link { artifact: target } = &artifact.storage else {
            return Ok((name, artifact.clone()));
        };
        if names.contains(target) {
            return Err(ServiceError::input("Artifact leads to a link cycle"));
        }
        name.clone_from(target);
    }
}

fn available_artifact<'a>(
    services: &'a Services,
    task_id: &str,
    run_id: usize,
    name: &str,
) -> Result<&'a Artifact, ServiceError> {
    services
        .queue
        .tasks
        .get(task_id)
        .and_then(|task| task.artifacts.get(&(run_id, name.to_owned())))
        .filter(|artifact| artifact.present)
        .ok_or_else(|| ServiceError::not_found("Artifact not found"))
}

fn artifact_url(
    services: &Services,
    call: &ApiCall,
    run_id: usize,
    name: &str,
    artifact: &Artifact,
) -> String {
    match &artifact.storage {
        Storage::Reference { url } => url.clone(),
        _ => content_url(
            services,
            &content_key(call.param("taskId"), run_id, name),
            name,
        ),
    }
}

fn artifact_redirect(
    services: &mut Services,
    call: &ApiCall,
    run_id: usize,
) -> Result<Reply, ServiceError> {
    let (name, artifact) = follow(services, call, run_id)?;
    if let Storage::Error { reason, message } = &artifact.storage {
        let body = json!({"reason": reason, "message": message});
        return Ok(Reply::FailedArtifact(body));
    }
    let storage = artifact.storage.name();
    let location = artifact_url(services, call, run_id, &name, &artifact);
    let body = json!({"storageType": storage, "url": location});
    Ok(Reply::Redirect {
        location,
        storage: Some(storage),
        body,
    })
}

fn artifact_content(
    services: &mut Services,
    call: &ApiCall,
    run_id: usize,
) -> Result<Reply, ServiceError> {
    let (name, artifact) = follow(services, call, run_id)?;
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
            "url": artifact_url(services, call, run_id, &name, &artifact),
        }),
    })
}

fn artifact_info(
    services: &mut Services,
    call: &ApiCall,
    run_id: usize,
) -> Result<Reply, ServiceError> {
    let name = call.param("name");
    Reply::ok(available_artifact(services, call.param("taskId"), run_id, name)?.json(name))
}

fn list_artifacts(
    services: &mut Services,
    call: &ApiCall,
    run_id: usize,
) -> Result<Reply, ServiceError> {
    let tasks = services.queue.tasks.get(call.param("taskId")).into_iter();
    let artifacts = tasks.flat_map(|task| {
        task.artifacts
            .range((run_id, String::new())..(run_id + 1, String::new()))
    });
    call.reply_page("artifacts", artifacts, |((_, name), artifact)| {
        artifact.json(name)
    })
}
