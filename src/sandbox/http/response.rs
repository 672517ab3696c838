//! HTTP responses: JSON, errors, and truncated responses.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

use crate::sandbox::api::endpoint::{Endpoint, Reply};
use crate::sandbox::error::{ErrorCode, ServiceError};
use crate::sandbox::time::{self, Moment};

/// The header with the storage type of an artifact.
const STORAGE_TYPE: HeaderName = HeaderName::from_static("x-taskcluster-artifact-storage-type");

pub(crate) fn reply_response(reply: Reply) -> Response {
    match reply {
        Reply::Json(status, body) => json_response(status, &body),
        Reply::FailedArtifact(body) => {
            let mut response = json_response(424, &body);
            let headers = response.headers_mut();
            headers.insert(STORAGE_TYPE, HeaderValue::from_static("error"));
            response
        }
        Reply::NoContent => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            response
        }
        Reply::Redirect {
            location,
            storage,
            body,
        } => {
            let mut response = match body {
                Value::String(text) => plain_response(303, text),
                body => json_response(303, &body),
            };
            let headers = response.headers_mut();
            if let Ok(location) = HeaderValue::from_str(&location) {
                headers.insert(header::LOCATION, location);
            }
            if let Some(storage) = storage {
                headers.insert(STORAGE_TYPE, HeaderValue::from_static(storage));
            }
            response
        }
    }
}

pub(crate) fn error_response(
    endpoint: &Endpoint,
    params: &BTreeMap<&'static str, String>,
    payload: &Value,
    error: &ServiceError,
    now: Moment,
) -> Response {
    let (code, status) = (error.code.name(), error.code.status());
    let (method, time) = (endpoint.name, time::format(now));
    let message = format!(
        "{}\n\n---\n\n* method:     {method}\n* errorCode:  {code}\n* statusCode: {status}\n* time:       \
         {time}",
        error.message
    );
    let mut response = json_response(
        status,
        &json!({
            "code": code,
            "message": message,
            "requestInfo": {"method": method, "params": params, "payload": payload, "time": time},
        }),
    );
    if error.code == ErrorCode::AuthenticationFailed {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("hawk"));
    }
    response
}

/// Creates a response with a plain text.
pub(crate) fn plain_response(status: u16, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}

/// Creates a JSON response.
pub(crate) fn json_response(status: u16, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-store no-cache must-revalidate"),
    );
    response
}

/// Creates a response whose connection is lost before its end.
pub(crate) fn truncated_response() -> Response {
    let parts = [
        Ok("{"),
        Err(std::io::Error::other("connection lost (injected fault)")),
    ];
    let mut response = Response::new(Body::from_stream(futures_util::stream::iter(parts)));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("4096"));
    response
}
