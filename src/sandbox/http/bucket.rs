//! Serves and accepts artifact content like a storage bucket.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use percent_encoding::percent_decode_str;

use super::request::HttpRequest;
use crate::sandbox::artifacts::artifact::Storage;
use crate::sandbox::artifacts::content::Content;
use crate::sandbox::content_urls::{OBJECTS, content_signature};
use crate::sandbox::error::ServiceError;
use crate::sandbox::services::SharedServices;

/// Responds to a request for `/content/<taskId>/<runId>/<name>`.
pub(crate) fn respond(shared: &SharedServices, request: &HttpRequest) -> Response {
    let path = request.path().trim_start_matches('/');
    let encoded = path.strip_prefix("content/").unwrap_or_default();
    let key = percent_decode_str(encoded).decode_utf8_lossy().into_owned();
    let query = request.query();
    let signed = |action: &str| {
        query
            .get(action)
            .is_some_and(|given| *given == content_signature(&key, action))
    };
    let name = key.splitn(3, '/').nth(2).unwrap_or_default();
    let is_public = name.starts_with("public/") && !key.starts_with(OBJECTS);
    match request.method.as_str() {
        "PUT" if signed("write") => put(shared, request, &key),
        "GET" | "HEAD" if is_public || signed("read") => get(shared, &key),
        "PUT" | "GET" | "HEAD" => plain(403, "the URL is not signed for this method"),
        _ => plain(405, "method not allowed; use GET, HEAD or PUT"),
    }
}

fn put(shared: &SharedServices, request: &HttpRequest, key: &str) -> Response {
    let header = |name| {
        request
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let content_type =
        header(header::CONTENT_TYPE).unwrap_or_else(|| "application/octet-stream".to_owned());
    let content_encoding = header(header::CONTENT_ENCODING);
    let outcome = shared.with(|services, _| {
        let mut put = |content_type: String| {
            let content = Content {
                bytes: request.bytes.clone(),
                content_type,
                content_encoding: content_encoding.clone(),
            };
            services
                .store
                .put_content(key, content)
                .map_err(|error| ServiceError::internal(error.to_string()))
        };
        if key.starts_with(OBJECTS) {
            return put(content_type.clone());
        }
        let mut parts = key.splitn(3, '/');
        let mut part = || parts.next().unwrap_or_default();
        let (task_id, run_id, name) = (part(), part().parse().unwrap_or(usize::MAX), part());
        let artifact = services
            .queue
            .tasks
            .get_mut(task_id)
            .and_then(|task| task.artifacts.get_mut(&(run_id, name.to_owned())))
            .ok_or_else(|| ServiceError::not_found("upload not found"))?;
        if artifact.storage == Storage::S3 && artifact.content_type != content_type {
            return Err(ServiceError::input(format!(
                "the artifact has the content type {} but the upload has {content_type}",
                artifact.content_type
            )));
        }
        put(artifact.content_type.clone())
    });
    match outcome {
        Ok(()) => plain(200, ""),
        Err(error) => plain(error.code.status(), &error.message),
    }
}

fn get(shared: &SharedServices, key: &str) -> Response {
    let Some(content) = shared.read(|services| services.store.content(key)) else {
        return plain(404, "content not found");
    };
    let mut response = Response::new(Body::from(content.bytes));
    let headers = response.headers_mut();
    let mut put = |name, text: &str| {
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(name, value);
        }
    };
    put(header::CONTENT_TYPE, &content.content_type);
    if let Some(encoding) = &content.content_encoding {
        put(header::CONTENT_ENCODING, encoding);
    }
    // Tasks write this content, so browsers must not treat it as a page of the sandbox.
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::CONTENT_SECURITY_POLICY, "sandbox");
    response
}

fn plain(status: u16, text: &str) -> Response {
    let mut response = Response::new(Body::from(text.to_owned()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}
