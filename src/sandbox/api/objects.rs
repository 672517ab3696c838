//! The object service: objects by name, among them the artifacts that the queue stores as objects.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256, Sha512};

use super::endpoint::{ApiCall, Endpoint, Reply};
use super::request_schemas;
use crate::base::digest;
use crate::sandbox::artifacts::artifact::Storage;
use crate::sandbox::artifacts::content::Content;
use crate::sandbox::content_urls::{content_path, object_key};
use crate::sandbox::crypto;
use crate::sandbox::error::ServiceError;
use crate::sandbox::kept::Object;
use crate::sandbox::services::{self, Services};
use crate::sandbox::time;

/// How long a signed URL is valid.
const URL_SECONDS: i64 = 60 * 60;

/// The table of methods.
pub(crate) const METHODS: &[Endpoint] = &[
    Endpoint {
        method: "PUT",
        route: "/upload/<name*>",
        name: "createUpload",
        scope: None,
        query: &[],
        input: Some(&request_schemas::CREATE_UPLOAD),
        run: create_upload,
    },
    Endpoint {
        method: "POST",
        route: "/finish-upload/<name*>",
        name: "finishUpload",
        scope: None,
        query: &[],
        input: Some(&request_schemas::FINISH_UPLOAD),
        run: finish_upload,
    },
    Endpoint {
        method: "PUT",
        route: "/start-download/<name*>",
        name: "startDownload",
        scope: Some("object:download:<name>"),
        query: &[],
        input: None,
        run: |services, call| {
            let found = finished(services, call)?;
            let (url, hashes) = (download_url(services, call), found.hashes);
            let methods = call.body.get("acceptDownloadMethods");
            if methods.and_then(|methods| methods.get("getUrl")).is_some() {
                let until = time::format(time::plus_seconds(call.now, URL_SECONDS));
                return Reply::ok(json!({
                    "method": "getUrl", "url": url, "expires": until, "hashes": hashes,
                }));
            }
            Reply::ok(json!({"method": "simple", "url": url}))
        },
    },
    Endpoint {
        method: "GET",
        route: "/metadata/<name*>",
        name: "object",
        scope: Some("object:download:<name>"),
        query: &[],
        input: None,
        run: |services, call| {
            let found = finished(services, call)?;
            Reply::ok(json!({
                "projectId": found.project, "expires": found.expires, "hashes": found.hashes,
            }))
        },
    },
    Endpoint {
        method: "GET",
        route: "/download/<name*>",
        name: "download",
        scope: Some("object:download:<name>"),
        query: &[],
        input: None,
        run: |services, call| {
            finished(services, call)?;
            Ok(Reply::see_other(download_url(services, call)))
        },
    },
];

fn unknown(call: &ApiCall) -> ServiceError {
    ServiceError::not_found(format!("Object \"{}\" not found", call.param("name")))
}

/// An object whose upload is finished.
struct Found {
    project: String,
    expires: String,
    hashes: Value,
}

/// The object of a call, if its upload is finished.
///
/// Uploads are kept in memory. After a restart, artifacts are still known from their tasks.
fn finished(services: &Services, call: &ApiCall) -> Result<Found, ServiceError> {
    let name = call.param("name");
    if let Some(object) = services.objects.get(name) {
        return match object.finished {
            true => Ok(Found {
                project: object.project.clone(),
                expires: object.expires.clone(),
                hashes: hashes(services, call, &object.hashes),
            }),
            false => Err(unknown(call)),
        };
    }
    let artifact = || {
        let mut parts = name.strip_prefix("t/")?.splitn(3, '/');
        let task = services.queue.tasks.get(parts.next()?)?;
        let run_id = parts.next()?.parse().ok()?;
        let key = (run_id, parts.next()?.to_owned());
        let artifact = task.artifacts.get(&key)?;
        let is_object = matches!(artifact.storage, Storage::Object { .. });
        (is_object && artifact.present).then(|| Found {
            project: task.definition.text("projectId").to_owned(),
            expires: time::format(artifact.expires),
            hashes: hashes(services, call, &BTreeMap::new()),
        })
    };
    artifact().ok_or_else(|| unknown(call))
}

fn authorize(call: &ApiCall) -> Result<(), ServiceError> {
    let (project, name) = (call.text("projectId"), call.param("name"));
    call.require_scope(format!("object:upload:{project}:{name}"))
}

/// The hashes in a request, by algorithm.
fn declared(call: &ApiCall) -> BTreeMap<String, String> {
    let hashes = call.body.get("hashes").and_then(Value::as_object);
    let hashes = hashes.into_iter().flatten();
    hashes
        .filter_map(|(name, hash)| Some((name.clone(), hash.as_str()?.to_owned())))
        .collect()
}

fn create_upload(services: &mut Services, call: &ApiCall) -> Result<Reply, ServiceError> {
    authorize(call)?;
    let name = call.param("name");
    let created = Object {
        project: call.text("projectId").to_owned(),
        upload_id: call.text("uploadId").to_owned(),
        finished: false,
        expires: time::parse(call.text("expires")).map_or_else(String::new, time::format),
        hashes: BTreeMap::new(),
    };
    let object = services.objects.entry(name.to_owned()).or_insert(created);
    let same = object.project == call.text("projectId")
        && object.upload_id == call.text("uploadId")
        && time::parse(&object.expires) == time::parse(call.text("expires"))
        && !object.finished;
    if !same {
        return Err(ServiceError::conflict("Object already exists"));
    }
    add_hashes(object, declared(call))?;
    let upload_method = upload_method(services, call)?;
    Reply::ok(json!({
        "expires": call.text("expires"),
        "projectId": call.text("projectId"),
        "uploadId": call.text("uploadId"),
        "uploadMethod": upload_method,
    }))
}

/// Takes the content of an object, or tells where to put it.
fn upload_method(services: &mut Services, call: &ApiCall) -> Result<Value, ServiceError> {
    let key = object_key(call.param("name"));
    let methods = call.body.get("proposedUploadMethods");
    let proposed = |name: &str| methods.and_then(|methods| methods.get(name));
    let text = |method: &Value, name: &str| {
        let text = method.get(name).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    if let Some(inline) = proposed("dataInline") {
        let bytes = crypto::from_base64(&text(inline, "objectData"))
            .ok_or_else(|| ServiceError::input("objectData is not base64"))?;
        let content = Content {
            bytes: bytes.into(),
            content_type: text(inline, "contentType"),
            content_encoding: None,
        };
        services
            .store
            .put_content(&key, content)
            .map_err(|error| ServiceError::internal(error.to_string()))?;
        return Ok(json!({"dataInline": true}));
    }
    let Some(put) = proposed("putUrl") else {
        return Ok(json!({}));
    };
    let url = format!(
        "{}{}",
        services::root_url(services.address),
        content_path(&key, Some("write"))
    );
    Ok(json!({"putUrl": {
        "url": url,
        "expires": time::format(time::plus_seconds(call.now, URL_SECONDS)),
        "headers": {"Content-Type": text(put, "contentType")},
    }}))
}

fn finish_upload(services: &mut Services, call: &ApiCall) -> Result<Reply, ServiceError> {
    authorize(call)?;
    let (name, project) = (call.param("name"), call.text("projectId"));
    let uploaded = services.store.content(&object_key(name)).is_some();
    let object = services
        .objects
        .get_mut(name)
        .ok_or_else(|| unknown(call))?;
    if object.project != project {
        return Err(ServiceError::input(format!(
            "Object \"{name}\" does not have projectId {project}"
        )));
    }
    let hashes = declared(call);
    if object.finished {
        for (algorithm, hash) in &hashes {
            let problem = match object.hashes.get(algorithm) {
                Some(known) if known == hash => continue,
                Some(_) => format!("but with a different hash for algorithm {algorithm}"),
                None => format!("but without hash algorithm {algorithm}"),
            };
            return Err(ServiceError::conflict(format!(
                "Object \"{name}\" is already finished, {problem}"
            )));
        }
        return Reply::ok(json!({}));
    }
    if object.upload_id != call.text("uploadId") {
        return Err(ServiceError::conflict(format!(
            "Object \"{name}\" does not have uploadId {}",
            call.text("uploadId")
        )));
    }
    if !uploaded {
        return Err(ServiceError::input(format!(
            "Object \"{name}\" has no content yet"
        )));
    }
    add_hashes(object, hashes)?;
    object.finished = true;
    Reply::ok(json!({}))
}

fn add_hashes(object: &mut Object, hashes: BTreeMap<String, String>) -> Result<(), ServiceError> {
    for (algorithm, hash) in hashes {
        let known = object
            .hashes
            .entry(algorithm)
            .or_insert_with(|| hash.clone());
        if *known != hash {
            return Err(ServiceError::conflict(
                "Content hash already exists with a different value",
            ));
        }
    }
    Ok(())
}

/// The hashes with which clients verify a download: those that the uploader declared, or else those of the content.
///
/// Without any, official clients refuse the download.
fn hashes(services: &Services, call: &ApiCall, declared: &BTreeMap<String, String>) -> Value {
    if !declared.is_empty() {
        let hashes = declared.iter();
        let hashes: Map<String, Value> = hashes
            .map(|(algorithm, hash)| (algorithm.clone(), hash.as_str().into()))
            .collect();
        return Value::Object(hashes);
    }
    let content = services.store.content(&object_key(call.param("name")));
    content.map_or_else(
        || json!({}),
        |content| {
            json!({
                "sha256": digest::hex(&Sha256::digest(&content.bytes)),
                "sha512": digest::hex(&Sha512::digest(&content.bytes)),
            })
        },
    )
}

fn download_url(services: &Services, call: &ApiCall) -> String {
    let key = object_key(call.param("name"));
    let root = services::root_url(services.address);
    format!("{root}{}", content_path(&key, Some("read")))
}
