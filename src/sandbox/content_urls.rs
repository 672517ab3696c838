//! Where the content of artifacts is served: keys, paths, signatures.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::crypto;
use super::services::{self, Services};

/// What stays readable in the path of a content URL.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');

/// The key under which the content of an artifact is kept.
pub(crate) fn content_key(task_id: &str, run_id: usize, name: &str) -> String {
    format!("{task_id}/{run_id}/{name}")
}

/// The name of an artifact's object in the object service.
pub(crate) fn object_name(task_id: &str, run_id: usize, name: &str) -> String {
    format!("t/{task_id}/{run_id}/{name}")
}

/// The path at which content is served; content that is not public needs a signature, as every upload does.
pub(crate) fn content_path(key: &str, action: Option<&str>) -> String {
    let path = format!("/content/{}", utf8_percent_encode(key, PATH));
    match action {
        None => path,
        Some(action) => format!("{path}?{action}={}", content_signature(key, action)),
    }
}

/// The signature that allows an action on content.
pub(crate) fn content_signature(key: &str, action: &str) -> String {
    let token = services::queue_credentials().access_token;
    crypto::base64_url(&crypto::hmac(
        token.as_bytes(),
        format!("{action}\n{key}").as_bytes(),
    ))
}

/// The URL at which the content of an artifact can be read.
pub(crate) fn content_url(services: &Services, key: &str, name: &str) -> String {
    let action = (!name.starts_with("public/")).then_some("read");
    format!(
        "{}{}",
        services::root_url(services.address),
        content_path(key, action)
    )
}
