//! The HTTP server: finds the method for a request, performs it and creates the response.
//!
//! In the order of the real services: find the method, read the body, identify the caller, check
//! the scope that the path determines, check path and query parameters, check the body against its
//! schema, and perform the method.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde_json::{Value, json};

use super::bucket;
use super::cors;
use super::json_body::{self, Body};
use super::request::HttpRequest;
use super::response::{error_response, json_response, reply_response, truncated_response};
use crate::sandbox::api::endpoint::{ApiCall, Endpoint, Reply};
use crate::sandbox::api::{
    artifacts, auth, claims, hawk, health, index, objects, purge_cache, roles, secrets, tasks,
    workers,
};
use crate::sandbox::auth::credentials::parse_scope_list;
use crate::sandbox::auth::hawk::{SignedRequest, payload_hash};
use crate::sandbox::auth::identify::{Auth, Caller};
use crate::sandbox::error::{ErrorCode, ServiceError};
use crate::sandbox::injected_fault::InjectedFault;
use crate::sandbox::pages;
use crate::sandbox::services::{Services, SharedServices};
use crate::sandbox::time::Moment;

/// The largest request body that is read.
const MAX_REQUEST_BYTES: usize = 2 << 30;

/// The services and their tables of methods.
const SERVICES: &[(&str, &[&[Endpoint]])] = &[
    (
        "queue",
        &[
            health::METHODS,
            tasks::METHODS,
            claims::METHODS,
            artifacts::METHODS,
            workers::METHODS,
        ],
    ),
    ("index", &[health::METHODS, index::METHODS]),
    (
        "auth",
        &[
            health::METHODS,
            auth::METHODS,
            roles::METHODS,
            hawk::METHODS,
        ],
    ),
    ("purge-cache", &[health::METHODS, purge_cache::METHODS]),
    ("object", &[health::METHODS, objects::METHODS]),
    ("secrets", &[health::METHODS, secrets::METHODS]),
];

/// Responds to a request; the header `Date` comes from the sandbox's clock.
pub(crate) async fn respond(
    State(shared): State<Arc<SharedServices>>,
    request: Request,
) -> Response {
    let mut response = respond_without_date(&shared, request).await;
    let date = shared.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::from_str(&date) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

async fn respond_without_date(shared: &SharedServices, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let resource = parts
        .uri
        .path_and_query()
        .map_or_else(|| "/".to_owned(), |resource| resource.to_string());
    let Ok(bytes) = axum::body::to_bytes(body, MAX_REQUEST_BYTES).await else {
        return json_response(
            500,
            &json!({"code": "InternalServerError", "message": "cannot read the request body"}),
        );
    };
    let method = parts.method.as_str().to_owned();
    let request = HttpRequest {
        method,
        resource,
        headers: parts.headers,
        bytes,
    };
    if !cors::is_local(request.header(&header::HOST).unwrap_or_default()) {
        return json_response(
            403,
            &json!({"code": "InsufficientScopes", "message": "the sandbox only accepts loopback addresses in the Host header"}),
        );
    }
    if cors::is_foreign_change(&request) {
        return json_response(
            403,
            &json!({"code": "InsufficientScopes", "message": "the sandbox only accepts changes from pages of this machine"}),
        );
    }
    let path = request.path().to_owned();
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
            api(shared, &request, rest, Some(task_id)).await
        }
        ["api", rest @ ..] => api(shared, &request, rest, None).await,
        ["content", ..] => bucket::respond(shared, &request),
        ["__version__"] => json_response(200, &health::version()),
        _ => pages::respond(shared, &request, parts)
            .or_else(|| pages::not_found(&request))
            .unwrap_or_else(unknown_path),
    }
}

fn unknown_path() -> Response {
    json_response(404, &json!({"error": "Not found"}))
}

/// Responds to a request for the API, with the headers that all its responses have.
async fn api(
    shared: &SharedServices,
    request: &HttpRequest,
    path: &[&str],
    task: Option<&str>,
) -> Response {
    let methods = methods_of(path);
    let mut response = match request.method.as_str() {
        "OPTIONS" if !methods.is_empty() => cors::options(&methods),
        _ => call_service(shared, request, path, task).await,
    };
    let id = shared.with(|services, _| Ok(services.new_slug("request")));
    cors::add_headers(request, &id.unwrap_or_default(), response.headers_mut());
    response
}

/// The HTTP methods that a path of the API has.
fn methods_of(path: &[&str]) -> Vec<&'static str> {
    let Some((service, rest)) = path.split_first() else {
        return Vec::new();
    };
    let tables = SERVICES.iter().filter(|(name, _)| name == service);
    let endpoints = tables.flat_map(|(_, tables)| tables.iter().flat_map(|table| table.iter()));
    let rest = rest.strip_prefix(&["v1"]).unwrap_or_default();
    let mut methods: Vec<&str> = endpoints
        .filter(|endpoint| endpoint.matches(endpoint.method, rest).is_some())
        .map(|endpoint| endpoint.method)
        .collect();
    methods.sort_unstable();
    methods.dedup();
    methods
}

async fn call_service(
    shared: &SharedServices,
    request: &HttpRequest,
    path: &[&str],
    task: Option<&str>,
) -> Response {
    let method = if request.method == "HEAD" {
        "GET"
    } else {
        &request.method
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
        return unknown_path();
    };
    let now = shared.now();
    let body = match json_body::read(&request.headers, &request.bytes) {
        Ok(body) => body,
        Err(error) => return error_response(endpoint, &params, &Value::Null, &error, now),
    };
    match prepare_call(shared, request, service, endpoint, &params, &body, task) {
        Ok(call) => match run_with_faults(shared, endpoint, &call).await {
            Ok(Some(reply)) => reply_response(reply),
            Ok(None) => truncated_response(),
            Err(error) => error_response(endpoint, &params, &body.value, &error, now),
        },
        Err(error) => error_response(endpoint, &params, &body.value, &error, now),
    }
}

fn prepare_call(
    shared: &SharedServices,
    request: &HttpRequest,
    service: &str,
    endpoint: &Endpoint,
    params: &BTreeMap<&'static str, String>,
    body: &Body,
    task: Option<&str>,
) -> Result<ApiCall, ServiceError> {
    let query = request.query();
    let caller = shared.with(|services, now| match task {
        Some(task) => services.task_caller(task, now),
        None => Ok(identify(services, endpoint, request, body, now)),
    })?;
    if let Some(scope) = endpoint.path_scope(params) {
        caller.authorize(&scope)?;
    }
    endpoint.check(service, params, &query)?;
    if let Some(schema) = endpoint.input {
        if !body.is_json {
            let kind = request.header(&header::CONTENT_TYPE);
            return Err(ServiceError::new(
                ErrorCode::MalformedPayload,
                format!(
                    "Payload must be JSON with content-type: application/json got content-type: {}",
                    kind.unwrap_or("null")
                ),
            ));
        }
        schema.check(&body.value)?;
    }
    let params = params.clone();
    Ok(ApiCall {
        params,
        query,
        body: body.value.clone(),
        caller,
        now: shared.now(),
    })
}

fn identify(
    services: &mut Services,
    endpoint: &Endpoint,
    request: &HttpRequest,
    body: &Body,
    now: Moment,
) -> Caller {
    let host = request.header(&header::HOST).unwrap_or_default();
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) => (name, port.parse().unwrap_or(80)),
        None => (host, 80),
    };
    let signed = SignedRequest {
        method: &request.method,
        resource: &request.resource,
        host: name,
        port,
        authorization: request.header(&header::AUTHORIZATION),
    };
    let caller = match endpoint.name {
        // These two are called by a client that exists only for them.
        "testAuthenticate" => {
            let scopes = body.value.get("clientScopes").and_then(parse_scope_list);
            Auth::of_tester(scopes.unwrap_or_default()).identify(&signed, now)
        }
        "testAuthenticateGet" => {
            let scopes = ["test:*", "auth:create-client:test:*"].map(str::to_owned);
            Auth::of_tester(scopes.to_vec()).identify(&signed, now)
        }
        _ => services.auth.identify(&signed, now),
    };
    if let Caller::Known {
        hash: Some(hash), ..
    } = &caller
    {
        let kind = request.header(&header::CONTENT_TYPE).unwrap_or_default();
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

/// Performs a method, with a fault if one is due. `None` means that the connection is lost.
async fn run_with_faults(
    shared: &SharedServices,
    endpoint: &Endpoint,
    call: &ApiCall,
) -> Result<Option<Reply>, ServiceError> {
    let failed = || {
        Err(ServiceError::internal(
            "Internal Server Error (injected fault)",
        ))
    };
    let forever = std::future::pending::<Result<Option<Reply>, ServiceError>>;
    let fault = shared.with(|services, _| Ok(services.injected_faults.next(endpoint.name)))?;
    match fault {
        None => run(shared, endpoint, call).await.map(Some),
        Some(InjectedFault::ErrorBeforeWrite) => failed(),
        Some(InjectedFault::ErrorAfterWrite) => {
            run(shared, endpoint, call).await?;
            failed()
        }
        Some(InjectedFault::LateReply(wait)) => {
            let reply = run(shared, endpoint, call).await;
            tokio::time::sleep(wait).await;
            reply.map(Some)
        }
        Some(InjectedFault::DisconnectBeforeWrite) => Ok(None),
        Some(InjectedFault::DisconnectAfterWrite) => {
            run(shared, endpoint, call).await.map(|_| None)
        }
        Some(InjectedFault::PartialWrite) => {
            run(shared, endpoint, call).await?;
            if let Some(id) = call.params.get("taskId") {
                shared.with(|services, _| {
                    services.queue.interrupt_creation(id);
                    Ok(())
                })?;
            }
            failed()
        }
        Some(InjectedFault::Conflict) => Err(ServiceError::conflict("Conflict (injected fault)")),
        Some(InjectedFault::ClockSkew) => Err(ServiceError::new(
            ErrorCode::AuthenticationFailed,
            "Unauthorized: Stale timestamp",
        )),
        Some(InjectedFault::MissingScopes) => Err(ServiceError::new(
            ErrorCode::InsufficientScopes,
            "Insufficient scopes (injected fault)",
        )),
        Some(InjectedFault::Hang) => forever().await,
        Some(InjectedFault::NoReply) => {
            run(shared, endpoint, call).await?;
            forever().await
        }
    }
}

async fn run(
    shared: &SharedServices,
    endpoint: &Endpoint,
    call: &ApiCall,
) -> Result<Reply, ServiceError> {
    let attempt = || {
        shared.with(|services, now| {
            let call = ApiCall {
                now,
                ..call.clone()
            };
            (endpoint.run)(services, &call)
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
