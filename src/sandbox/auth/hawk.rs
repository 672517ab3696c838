//! Hawk: what a signature covers, and its form in headers and URLs.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::credentials::Credentials;
use crate::sandbox::crypto;
use crate::sandbox::time::Moment;

/// A request as a signature covers it.
#[derive(Debug, Clone)]
pub(crate) struct SignedRequest<'a> {
    /// The method in upper case.
    pub(crate) method: &'a str,
    /// The path with its query, as sent.
    pub(crate) resource: &'a str,
    /// The host from the header `Host`.
    pub(crate) host: &'a str,
    /// The port from the header `Host`.
    pub(crate) port: u16,
    /// The `Authorization` header.
    pub(crate) authorization: Option<&'a str>,
}

/// Signs a path for `GET` until a moment, and returns it with its `bewit`.
pub(crate) fn sign_path(
    credentials: &Credentials,
    host: &str,
    port: u16,
    path: &str,
    until: Moment,
) -> String {
    let request = SignedRequest {
        method: "GET",
        resource: path,
        host,
        port,
        authorization: None,
    };
    let expiry = until.timestamp().to_string();
    let mac = compute_mac(
        "bewit",
        &credentials.access_token,
        &expiry,
        "",
        &request,
        path,
        None,
        None,
    );
    let bewit =
        crypto::base64_url(format!("{}\\{expiry}\\{mac}\\", credentials.client_id).as_bytes());
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}bewit={bewit}")
}

/// Returns the hash of a body that a signature may include.
pub(crate) fn payload_hash(content_type: &str, body: &[u8]) -> String {
    let kind = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let mut hashed = format!("hawk.1.payload\n{kind}\n").into_bytes();
    hashed.extend_from_slice(body);
    hashed.push(b'\n');
    crypto::base64(&crypto::sha256(&hashed))
}

/// A signature in a URL.
pub(crate) struct Bewit {
    /// The encoded signature.
    pub(crate) value: String,
    /// The path and query without the signature.
    pub(crate) resource: String,
}

/// Extracts the signature from a URL.
pub(crate) fn extract_bewit(resource: &str) -> Option<Bewit> {
    let (path, query) = resource.split_once('?')?;
    let mut value = None;
    let rest: Vec<&str> = query
        .split('&')
        .filter(|part| match part.strip_prefix("bewit=") {
            Some(found) => {
                value = Some(percent_decode_str(found).decode_utf8_lossy().into_owned());
                false
            }
            None => true,
        })
        .collect();
    let resource = if rest.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", rest.join("&"))
    };
    value.map(|value| Bewit { value, resource })
}

#[expect(
    clippy::too_many_arguments,
    reason = "the fields of a Hawk signature are a fixed list"
)]
pub(crate) fn compute_mac(
    kind: &str,
    token: &str,
    ts: &str,
    nonce: &str,
    request: &SignedRequest<'_>,
    resource: &str,
    hash: Option<&str>,
    ext: Option<&str>,
) -> String {
    let text = format!(
        "hawk.1.{kind}\n{ts}\n{nonce}\n{}\n{resource}\n{}\n{}\n{}\n{}\n",
        request.method,
        request.host.to_ascii_lowercase(),
        request.port,
        hash.unwrap_or_default(),
        ext.unwrap_or_default()
            .replace('\\', "\\\\")
            .replace('\n', "\\n"),
    );
    crypto::base64(&crypto::hmac(token.as_bytes(), text.as_bytes()))
}

/// Parses the fields of an `Authorization` header.
pub(crate) fn parse_authorization(header: &str) -> Result<BTreeMap<String, String>, String> {
    let malformed = || "Bad Request: Bad header format".to_owned();
    let (scheme, mut rest) = header
        .split_once(char::is_whitespace)
        .ok_or_else(malformed)?;
    if !scheme.eq_ignore_ascii_case("hawk") {
        return Err("Unauthorized".to_owned());
    }
    let mut fields = BTreeMap::new();
    loop {
        rest = rest.trim_start_matches([' ', ',', '\t']);
        if rest.is_empty() {
            return Ok(fields);
        }
        let (name, after) = rest.split_once("=\"").ok_or_else(malformed)?;
        let (value, after) = after.split_once('"').ok_or_else(malformed)?;
        fields.insert(name.trim().to_owned(), value.to_owned());
        rest = after;
    }
}
