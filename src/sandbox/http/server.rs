//! The HTTP side: from a request to a call of a method, and from its outcome to an answer.
//!
//! In the order of the real services: find the method, read the body, find out who calls, demand the scope that the
//! path tells, check parameters and query, check the body against its schema, run the method.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde_json::{Value, json};

use super::bucket;
use super::html;
use super::json_body::{self, Body};
use super::request::Incoming;
use super::response::{broken_off, refusal, rendered, success};
use crate::sandbox::api::endpoint::{Call, Endpoint, Reply};
use crate::sandbox::api::{artifacts, auth, claims, health, index, objects, purge_cache, tasks};
use crate::sandbox::auth::hawk::{Signed, payload_hash};
use crate::sandbox::auth::identify::Caller;
use crate::sandbox::error::{ApiError, Code};
use crate::sandbox::injected_fault::Disturbance;
use crate::sandbox::services::{Core, Shared};
use crate::sandbox::time::Moment;

/// The largest request that is read at all.
const LARGEST: usize = 2 << 30;

/// The services, each with its methods.
const SERVICES: &[(&str, &[&[Endpoint]])] = &[
    (
        "queue",
        &[
            health::METHODS,
            tasks::METHODS,
            claims::METHODS,
            artifacts::METHODS,
        ],
    ),
    ("index", &[health::METHODS, index::METHODS]),
    ("auth", &[health::METHODS, auth::METHODS]),
    ("purge-cache", &[health::METHODS, purge_cache::METHODS]),
    ("object", &[health::METHODS, objects::METHODS]),
];

/// Answers one request; the date of the answer is that of the sandbox's clock.
pub(crate) async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
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
            html::answer(shared, parts).unwrap_or_else(|| unknown_path(&incoming))
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
    let body = match json_body::read(&incoming.headers, &incoming.bytes) {
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
