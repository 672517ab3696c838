//! Keys, paths and signatures of artifact content.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::crypto;
use super::patterns;
use super::services::{self, Services};

/// Characters that are not percent-encoded in the path of a content URL.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');

/// Returns the key under which an artifact's content is stored.
pub(crate) fn content_key(task_id: &str, run_id: usize, name: &str) -> String {
    format!("{task_id}/{run_id}/{name}")
}

/// Returns the name of an artifact in the object service.
pub(crate) fn object_name(task_id: &str, run_id: usize, name: &str) -> String {
    format!("t/{task_id}/{run_id}/{name}")
}

/// Returns the key under which the content of an object is stored: that of the artifact if it is one.
pub(crate) fn object_key(name: &str) -> String {
    let artifact = name.strip_prefix("t/").filter(|artifact| {
        let (task, _) = artifact.split_once('/').unwrap_or_default();
        patterns::is_slug(task)
    });
    match artifact {
        Some(artifact) => artifact.to_owned(),
        // No taskId is the first part of this key.
        None => format!("{OBJECTS}{name}"),
    }
}

/// What the keys of objects begin with that are no artifacts.
pub(crate) const OBJECTS: &str = "object/";

/// Returns the path at which content is served, signed for `action` if one is given.
///
/// Uploads and content that is not public need a signature.
pub(crate) fn content_path(key: &str, action: Option<&str>) -> String {
    let path = format!("/content/{}", utf8_percent_encode(key, PATH));
    match action {
        None => path,
        Some(action) => format!("{path}?{action}={}", content_signature(key, action)),
    }
}

/// Returns the signature that allows an action on content.
pub(crate) fn content_signature(key: &str, action: &str) -> String {
    let token = services::queue_credentials().access_token;
    crypto::base64_url(&crypto::hmac(
        token.as_bytes(),
        format!("{action}\n{key}").as_bytes(),
    ))
}

/// Returns the URL at which an artifact's content can be read.
pub(crate) fn content_url(services: &Services, key: &str, name: &str) -> String {
    let action = (!name.starts_with("public/")).then_some("read");
    format!(
        "{}{}",
        services::root_url(services.address),
        content_path(key, action)
    )
}

#[cfg(test)]
mod tests {
    use super::{content_key, object_key, object_name};

    #[test]
    fn every_object_has_a_key_of_its_own() {
        let task = "Ff6zYs9nQRWmCrpEDVXbLA";
        let artifact = object_name(task, 0, "public/a");
        assert_eq!(object_key(&artifact), content_key(task, 0, "public/a"));
        let names = [
            "foo",
            "t/object/foo",
            "object/foo",
            "t/foo",
            "t/object/t/foo",
            "t//foo",
        ];
        let mut keys: Vec<String> = names.into_iter().map(object_key).collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), names.len(), "{keys:?}");
    }
}
