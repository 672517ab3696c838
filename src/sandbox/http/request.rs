//! HTTP requests.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName};
use percent_encoding::percent_decode_str;

/// A request with its whole body.
pub(crate) struct HttpRequest {
    pub(crate) method: String,
    /// The path with its query, as sent.
    pub(crate) resource: String,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl HttpRequest {
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Returns the path without its query.
    pub(crate) fn path(&self) -> &str {
        self.resource.split('?').next().unwrap_or_default()
    }

    /// Returns the decoded query parameters.
    pub(crate) fn query(&self) -> BTreeMap<String, String> {
        let query = self.resource.split_once('?').map_or("", |(_, query)| query);
        parameters(query)
    }
}

/// Decodes a query, or a form that was sent.
pub(crate) fn parameters(text: &str) -> BTreeMap<String, String> {
    text.split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " "))
        .decode_utf8_lossy()
        .into_owned()
}
