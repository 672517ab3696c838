//! What browsers are told about responses of the API.
//!
//! The real services may be used by pages of every site. The credentials of a sandbox are public, so only pages that
//! come from this machine may use it.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;

use super::request::HttpRequest;
use super::response::plain_response;

const METHODS: &str = "OPTIONS,GET,HEAD,POST,PUT,DELETE,TRACE,CONNECT";
const HEADERS: &str = "X-Requested-With,Content-Type,Authorization,Accept,Origin,Cache-Control";
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none';";
/// The header with which a caller names what several requests belong to.
const TRACE: HeaderName = HeaderName::from_static("x-taskcluster-trace-id");

/// The response to `OPTIONS` for a path with these methods.
pub(super) fn options(methods: &[&str]) -> Response {
    let mut allowed = methods.to_vec();
    if allowed.contains(&"GET") {
        allowed.push("HEAD");
    }
    let allowed = allowed.join(", ");
    let value = HeaderValue::from_str(&allowed);
    let mut response = plain_response(200, allowed);
    if let Ok(value) = value {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}

/// Adds the headers that all responses of the API have; `id` is that of the request.
pub(super) fn add_headers(request: &HttpRequest, id: &str, headers: &mut HeaderMap) {
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    put("content-security-policy", POLICY);
    put("x-content-type-options", "nosniff");
    put("x-for-request-id", id);
    put("x-for-trace-id", request.header(&TRACE).unwrap_or(id));
    let origin = request.header(&header::ORIGIN).unwrap_or_default();
    put("vary", "Origin");
    if is_local_origin(origin) {
        put("access-control-allow-origin", origin);
        put("access-control-allow-methods", METHODS);
        put("access-control-allow-headers", HEADERS);
        put("access-control-max-age", "900");
    }
}

/// Returns whether an `Origin` is a page that comes from this machine.
fn is_local_origin(origin: &str) -> bool {
    let host = ["http://", "https://"]
        .iter()
        .find_map(|scheme| origin.strip_prefix(scheme));
    host.is_some_and(is_local)
}

/// Returns whether a request would change something for a page of another site. Browsers send some of these requests
/// without asking first, and a task's proxy needs no signature.
pub(super) fn is_foreign_change(request: &HttpRequest) -> bool {
    let reads = ["GET", "HEAD", "OPTIONS"].contains(&request.method.as_str());
    let origin = request.header(&header::ORIGIN);
    !reads && origin.is_some_and(|origin| !is_local_origin(origin))
}

/// Returns whether a host, with or without its port, names this machine. Otherwise a website could point its own name
/// here.
pub(super) fn is_local(host: &str) -> bool {
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
