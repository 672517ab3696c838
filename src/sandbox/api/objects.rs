//! The object service's methods for uploading and downloading artifacts.

use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha512};

use super::endpoint::{ApiCall, Endpoint, Reply};
use crate::base::digest;
use crate::sandbox::artifacts::artifact::Storage;
use crate::sandbox::artifacts::content::Content;
use crate::sandbox::content_urls::{content_key, content_path, content_url};
use crate::sandbox::crypto;
use crate::sandbox::error::ServiceError;
use crate::sandbox::services::{self, Services};
use crate::sandbox::time;

/// The table of methods.
pub(crate) const METHODS: &[Endpoint] = &[
    Endpoint {
        method: "PUT",
        route: "/upload/<name*>",
        name: "createUpload",
        scope: None,
        query: &[],
        input: None,
        run: create_upload,
    },
    Endpoint {
        method: "POST",
        route: "/finish-upload/<name*>",
        name: "finishUpload",
        scope: None,
        query: &[],
        input: None,
        run: |services, call| {
            authorize_upload(services, call)?;
            Ok(Reply::Json(200, json!({})))
        },
    },
    Endpoint {
        method: "PUT",
        route: "/start-download/<name*>",
        name: "startDownload",
        scope: Some("object:download:<name>"),
        query: &[],
        input: None,
        run: |services, call| {
            let url = download_url(services, call)?;
            let hashes = hashes(services, call)?;
            let methods = call.body.get("acceptDownloadMethods");
            if methods.and_then(|methods| methods.get("getUrl")).is_some() {
                let until = time::format(time::plus_seconds(call.now, 60 * 60));
                return Reply::ok(json!({
                    "method": "getUrl", "url": url, "expires": until, "hashes": hashes,
                }));
            }
            Reply::ok(json!({"method": "simple", "url": url}))
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
            let location = download_url(services, call)?;
            let body = json!({"url": location});
            Ok(Reply::Redirect {
                location,
                storage: None,
                body,
            })
        },
    },
];

struct Object {
    task_id: String,
    run_id: usize,
    name: String,
}

fn object(call: &ApiCall) -> Result<Object, ServiceError> {
    let parse = || {
        let mut parts = call.param("name").strip_prefix("t/")?.splitn(3, '/');
        Some(Object {
            task_id: parts.next()?.to_owned(),
            run_id: parts.next()?.parse().ok()?,
            name: parts.next()?.to_owned(),
        })
    };
    parse().ok_or_else(|| ServiceError::not_found("Object not found"))
}

fn authorize_upload(services: &Services, call: &ApiCall) -> Result<Object, ServiceError> {
    let object = object(call)?;
    let project = call.text("projectId");
    call.require_scope(format!("object:upload:{project}:{}", call.param("name")))?;
    let created = services
        .queue
        .tasks
        .get(&object.task_id)
        .and_then(|task| task.artifacts.get(&(object.run_id, object.name.clone())));
    match created.map(|artifact| &artifact.storage) {
        Some(Storage::Object { upload_id }) if upload_id == call.text("uploadId") => Ok(object),
        Some(_) => Err(ServiceError::conflict(
            "Object already exists with another upload",
        )),
        None => Err(ServiceError::not_found("Object not found")),
    }
}

fn create_upload(services: &mut Services, call: &ApiCall) -> Result<Reply, ServiceError> {
    let object = authorize_upload(services, call)?;
    let key = content_key(&object.task_id, object.run_id, &object.name);
    let methods = call.body.get("proposedUploadMethods");
    let text = |method: &Value, name: &str| {
        method
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let mut response = json!({
        "expires": call.text("expires"),
        "projectId": call.text("projectId"),
        "uploadId": call.text("uploadId"),
        "uploadMethod": {},
    });
    if let Some(inline) = methods.and_then(|methods| methods.get("dataInline")) {
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
        response["uploadMethod"] = json!({"dataInline": true});
    } else if let Some(put) = methods.and_then(|methods| methods.get("putUrl")) {
        let url = format!(
            "{}{}",
            services::root_url(services.address),
            content_path(&key, Some("write"))
        );
        response["uploadMethod"] = json!({"putUrl": {
            "url": url,
            "expires": time::format(time::plus_seconds(call.now, 45 * 60)),
            "headers": {"Content-Type": text(put, "contentType")},
        }});
    }
    Reply::ok(response)
}

/// Returns the hashes with which clients verify a download.
///
/// The real service stores the hashes that the uploader declares, which must be the same.
fn hashes(services: &Services, call: &ApiCall) -> Result<Value, ServiceError> {
    let object = object(call)?;
    let key = content_key(&object.task_id, object.run_id, &object.name);
    let content = services.store.content(&key);
    Ok(content.map_or_else(
        || json!({}),
        |content| {
            json!({
                "sha256": digest::hex(&Sha256::digest(&content.bytes)),
                "sha512": digest::hex(&Sha512::digest(&content.bytes)),
            })
        },
    ))
}

fn download_url(services: &Services, call: &ApiCall) -> Result<String, ServiceError> {
    let object = object(call)?;
    let key = content_key(&object.task_id, object.run_id, &object.name);
    match services.store.content(&key) {
        Some(_) => Ok(content_url(services, &key, &object.name)),
        None => Err(ServiceError::not_found("Object not found")),
    }
}
