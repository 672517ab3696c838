//! The HTTP side: from a request to a call of a method, and from its outcome to an answer.
//!
//! In the order of the real services: find the method, read the body, find out who calls, demand the scope that the
//! path tells, check parameters and query, check the body against its schema, run the method.

use super::auth::Caller;
use super::body::{self, Body};
use super::bucket;
use super::core::{Core, Shared};
use super::disturbance::Disturbance;
use super::error::{ApiError, Code};
use super::hawk::{Signed, payload_hash};
use super::health;
use super::pages;
use super::route::{Call, Endpoint, Reply};
use super::time::{self, Moment};
use super::{artifact_api, auth_api, index_api, object_api, purge_api, queue_api, work_api};
use axum::body::{Body as HttpBody, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The largest request that is read at all.
const LARGEST: usize = 2 << 30;

/// The services, each with its methods.
const SERVICES: &[(&str, &[&[Endpoint]])] = &[
    (
        "queue",
        &[
            health::METHODS,
            queue_api::METHODS,
            work_api::METHODS,
            artifact_api::METHODS,
        ],
    ),
    ("index", &[health::METHODS, index_api::METHODS]),
    ("auth", &[health::METHODS, auth_api::METHODS]),
    ("purge-cache", &[health::METHODS, purge_api::METHODS]),
    ("object", &[health::METHODS, object_api::METHODS]),
];

/// The request as far as it has been read.
pub(super) struct Incoming {
    pub(super) method: String,
    /// The path with its query, as sent.
    pub(super) resource: String,
    pub(super) headers: HeaderMap,
    pub(super) bytes: Bytes,
}

impl Incoming {
    pub(super) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The path without its query.
    pub(super) fn path(&self) -> &str {
        self.resource.split('?').next().unwrap_or_default()
    }

    /// The query options, decoded.
    pub(super) fn query(&self) -> BTreeMap<String, String> {
        let query = self.resource.split_once('?').map_or("", |(_, query)| query);
        query
            .split('&')
            .filter(|part| !part.is_empty())
            .map(|part| {
                let (name, value) = part.split_once('=').unwrap_or((part, ""));
                (decoded(name), decoded(value))
            })
            .collect()
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " "))
        .decode_utf8_lossy()
        .into_owned()
}

/// Answers one request; the date of the answer is that of the sandbox's clock.
pub(super) async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let mut response = answer_undated(&shared, request).await;
    let date = shared.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::from_str(&date) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

async fn answer_undated(shared: &Shared, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let resource = parts
        .uri
        .path_and_query()
        .map_or_else(|| "/".to_owned(), |resource| resource.to_string());
    let Ok(bytes) = axum::body::to_bytes(body, LARGEST).await else {
        return rendered(
            500,
            &json!({"code": "InternalServerError", "message": "unreadable body"}),
        );
    };
    let method = parts.method.as_str().to_owned();
    let incoming = Incoming {
        method,
        resource,
        headers: parts.headers,
        bytes,
    };
    if !is_local(incoming.header(&header::HOST).unwrap_or_default()) {
        return rendered(
            403,
            &json!({"code": "InsufficientScopes", "message": "the sandbox answers to loopback names only"}),
        );
    }
    let path = incoming.path().to_owned();
    let parts: Vec<&str> = path.split('/').skip_while(|part| part.is_empty()).collect();
    let parts = match parts.split_last() {
        Some((&"", rest)) => rest,
        _ => &parts[..],
    };
    match parts {
        ["proxy", task_id, rest @ ..] => {
            let rest: Vec<&str> = rest
                .iter()
                .skip_while(|part| part.is_empty())
                .copied()
                .collect();
            let rest = rest.strip_prefix(&["api"]).unwrap_or(&rest);
            service(shared, &incoming, rest, Some(task_id)).await
        }
        ["api", rest @ ..] => service(shared, &incoming, rest, None).await,
        ["content", ..] => bucket::answer(shared, &incoming),
        ["__version__"] => rendered(200, &health::version()),
        _ if incoming.method == "GET" || incoming.method == "HEAD" => {
            pages::answer(shared, parts).unwrap_or_else(|| unknown_path(&incoming))
        }
        _ => unknown_path(&incoming),
    }
}

/// Whether a `Host` names this machine; a web page elsewhere could else have its own name lead here.
fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || bare
            .parse()
            .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

fn unknown_path(incoming: &Incoming) -> Response {
    let message = format!("Cannot {} {}", incoming.method, incoming.path());
    rendered(
        404,
        &json!({"code": "ResourceNotFound", "message": message}),
    )
}

async fn service(
    shared: &Shared,
    incoming: &Incoming,
    path: &[&str],
    task: Option<&str>,
) -> Response {
    let method = if incoming.method == "HEAD" {
        "GET"
    } else {
        &incoming.method
    };
    let found = path.split_first().and_then(|(service, rest)| {
        let (service, tables) = SERVICES.iter().find(|(name, _)| name == service)?;
        let rest = rest.strip_prefix(&["v1"])?;
        tables
            .iter()
            .flat_map(|table| table.iter())
            .find_map(|endpoint| {
                endpoint
                    .matches(method, rest)
                    .map(|params| (*service, endpoint, params))
            })
    });
    let Some((service, endpoint, params)) = found else {
        return unknown_path(incoming);
    };
    let now = shared.now();
    let body = match body::read(&incoming.headers, &incoming.bytes) {
        Ok(body) => body,
        Err(error) => return refusal(endpoint, &params, &Value::Null, &error, now),
    };
    match prepare(shared, incoming, service, endpoint, &params, &body, task) {
        Ok(call) => match disturbed(shared, endpoint, &call).await {
            Ok(Some(reply)) => success(reply),
            Ok(None) => broken_off(),
            Err(error) => refusal(endpoint, &params, &body.value, &error, now),
        },
        Err(error) => refusal(endpoint, &params, &body.value, &error, now),
    }
}

fn prepare(
    shared: &Shared,
    incoming: &Incoming,
    service: &str,
    endpoint: &Endpoint,
    params: &BTreeMap<&'static str, String>,
    body: &Body,
    task: Option<&str>,
) -> Result<Call, ApiError> {
    let query = incoming.query();
    let caller = shared.with(|core, now| match task {
        Some(task) => core.task_caller(task, now),
        None => Ok(identify(core, incoming, body, now)),
    })?;
    if let Some(scope) = endpoint.early(params) {
        caller.authorize(&scope)?;
    }
    endpoint.check(service, params, &query)?;
    if let Some(schema) = endpoint.input {
        if !body.is_json {
            let kind = incoming.header(&header::CONTENT_TYPE);
            return Err(ApiError::new(
                Code::MalformedPayload,
                format!(
                    "Payload must be JSON with content-type: application/json got content-type: {}",
                    kind.unwrap_or("null")
                ),
            ));
        }
        schema.check(&body.value)?;
    }
    let params = params.clone();
    Ok(Call {
        params,
        query,
        body: body.value.clone(),
        caller,
        now: shared.now(),
    })
}

fn identify(core: &mut Core, incoming: &Incoming, body: &Body, now: Moment) -> Caller {
    let host = incoming.header(&header::HOST).unwrap_or_default();
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) => (name, port.parse().unwrap_or(80)),
        None => (host, 80),
    };
    let signed = Signed {
        method: &incoming.method,
        resource: &incoming.resource,
        host: name,
        port,
        authorization: incoming.header(&header::AUTHORIZATION),
    };
    let caller = core.auth.identify(&signed, now);
    if let Caller::Known {
        hash: Some(hash), ..
    } = &caller
    {
        let kind = incoming.header(&header::CONTENT_TYPE).unwrap_or_default();
        let computed = payload_hash(kind, &body.text);
        if *hash != computed {
            return Caller::Refused {
                message: format!(
                    "Invalid payload hash: {hash}\nComputed payload hash: {computed}\nThis happens when \
                     your request carries a signed hash of the payload and the hash doesn't match the \
                     hash we've computed on the server-side."
                ),
            };
        }
    }
    caller
}

/// Runs a method, unless something befalls the call; there is no reply when the connection breaks.
async fn disturbed(
    shared: &Shared,
    endpoint: &Endpoint,
    call: &Call,
) -> Result<Option<Reply>, ApiError> {
    let failed = || {
        Err(ApiError::internal(
            "Internal Server Error, as was asked for",
        ))
    };
    let forever = std::future::pending::<Result<Option<Reply>, ApiError>>;
    let befallen = shared.with(|core, _| Ok(core.disturbances.next(endpoint.name)))?;
    match befallen {
        None => run(shared, endpoint, call).await.map(Some),
        Some(Disturbance::Refused) => failed(),
        Some(Disturbance::AnswerLost) => {
            run(shared, endpoint, call).await?;
            failed()
        }
        Some(Disturbance::Late(wait)) => {
            let reply = run(shared, endpoint, call).await;
            tokio::time::sleep(wait).await;
            reply.map(Some)
        }
        Some(Disturbance::Dropped) => Ok(None),
        Some(Disturbance::BrokenOff) => run(shared, endpoint, call).await.map(|_| None),
        Some(Disturbance::HalfDone) => {
            run(shared, endpoint, call).await?;
            if let Some(id) = call.params.get("taskId") {
                shared.with(|core, _| {
                    core.queue.tear(id);
                    Ok(())
                })?;
            }
            failed()
        }
        Some(Disturbance::Conflict) => Err(ApiError::conflict("A conflict, as was asked for")),
        Some(Disturbance::Skewed) => Err(ApiError::new(
            Code::AuthenticationFailed,
            "Unauthorized: Stale timestamp",
        )),
        Some(Disturbance::Unscoped) => Err(ApiError::new(
            Code::InsufficientScopes,
            "The caller has lost its scopes, as was asked for",
        )),
        Some(Disturbance::Stuck) => forever().await,
        Some(Disturbance::Mute) => {
            run(shared, endpoint, call).await?;
            forever().await
        }
    }
}

/// An answer whose connection breaks before its end.
fn broken_off() -> Response {
    let parts = [
        Ok("{"),
        Err(std::io::Error::other("broken off, as was asked for")),
    ];
    let mut response = Response::new(HttpBody::from_stream(futures_util::stream::iter(parts)));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("4096"));
    response
}

async fn run(shared: &Shared, endpoint: &Endpoint, call: &Call) -> Result<Reply, ApiError> {
    let attempt = || {
        shared.with(|core, now| {
            let call = Call {
                now,
                ..call.clone()
            };
            (endpoint.run)(core, &call)
        })
    };
    if endpoint.name != "claimWork" {
        return attempt();
    }
    let end = tokio::time::Instant::now() + shared.workers.poll;
    loop {
        let changed = shared.changed.notified();
        let reply = attempt()?;
        let idle = matches!(
            &reply,
            Reply::Json(_, body) if body.get("tasks").and_then(Value::as_array).is_some_and(Vec::is_empty)
        );
        if !idle || tokio::time::timeout_at(end, changed).await.is_err() {
            return Ok(reply);
        }
    }
}

fn success(reply: Reply) -> Response {
    match reply {
        Reply::Json(status, body) => rendered(status, &body),
        Reply::Nothing => {
            let mut response = Response::new(HttpBody::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            response
        }
        Reply::Redirect {
            location,
            storage,
            body,
        } => {
            let mut response = rendered(303, &body);
            let headers = response.headers_mut();
            if let Ok(location) = HeaderValue::from_str(&location) {
                headers.insert(header::LOCATION, location);
            }
            if let Some(storage) = storage {
                headers.insert(
                    HeaderName::from_static("x-taskcluster-artifact-storage-type"),
                    HeaderValue::from_static(storage),
                );
            }
            response
        }
    }
}

fn refusal(
    endpoint: &Endpoint,
    params: &BTreeMap<&'static str, String>,
    payload: &Value,
    error: &ApiError,
    now: Moment,
) -> Response {
    let (code, status) = (error.code.name(), error.code.status());
    let (method, time) = (endpoint.name, time::format(now));
    let message = format!(
        "{}\n\n---\n\n* method:     {method}\n* errorCode:  {code}\n* statusCode: {status}\n* time:       \
         {time}",
        error.message
    );
    let mut response = rendered(
        status,
        &json!({
            "code": code,
            "message": message,
            "requestInfo": {"method": method, "params": params, "payload": payload, "time": time},
        }),
    );
    if error.code == Code::AuthenticationFailed {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("hawk"));
    }
    response
}

/// An answer in JSON.
pub(super) fn rendered(status: u16, body: &Value) -> Response {
    let mut response = Response::new(HttpBody::from(body.to_string()));
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
