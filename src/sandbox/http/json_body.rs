//! Reads request bodies: compression, size limit, JSON.

use std::io::Read as _;

use axum::http::{HeaderMap, header};
use flate2::read::{GzDecoder, ZlibDecoder};
use serde_json::{Value, json};

use crate::sandbox::error::{ErrorCode, ServiceError};

/// The largest accepted JSON body in bytes; the real services reply 500 beyond it.
const MAX_JSON_BYTES: usize = 10 * 1024 * 1024;

/// The body of a request.
pub(crate) struct Body {
    /// Whether it was sent as JSON.
    pub(crate) is_json: bool,
    /// The decompressed text; empty unless the body is JSON.
    pub(crate) text: Vec<u8>,
    /// The value; an empty object if there is no body.
    pub(crate) value: Value,
}

/// Reads the body of a request.
pub(crate) fn read(headers: &HeaderMap, bytes: &[u8]) -> Result<Body, ServiceError> {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let kind = text(header::CONTENT_TYPE)
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    if !kind.eq_ignore_ascii_case("application/json") || bytes.is_empty() {
        // Bodies of other types are ignored.
        let is_json = kind.eq_ignore_ascii_case("application/json");
        return Ok(Body {
            is_json,
            text: Vec::new(),
            value: json!({}),
        });
    }
    let text = decompress(text(header::CONTENT_ENCODING).trim(), bytes)?;
    if text.is_empty() {
        return Ok(Body {
            is_json: true,
            text,
            value: json!({}),
        });
    }
    let value: Value = serde_json::from_slice(&text).map_err(|error| {
        let problem = error.to_string();
        // JavaScript accepts lone surrogates, but the database refuses them.
        if problem.contains("surrogate") || problem.contains("hex escape") {
            return ServiceError::internal("Internal Server Error: invalid surrogate in a string");
        }
        ServiceError::new(
            ErrorCode::MalformedPayload,
            format!("Failed to parse JSON: {problem}"),
        )
    })?;
    if !value.is_object() && !value.is_array() {
        return Err(ServiceError::new(
            ErrorCode::MalformedPayload,
            "Failed to parse JSON: Must be an object or array",
        ));
    }
    Ok(Body {
        is_json: true,
        text,
        value,
    })
}

fn decompress(encoding: &str, bytes: &[u8]) -> Result<Vec<u8>, ServiceError> {
    let most = MAX_JSON_BYTES as u64 + 1;
    let mut out = Vec::new();
    let read = match encoding {
        "" | "identity" => bytes.take(most).read_to_end(&mut out),
        "gzip" => GzDecoder::new(bytes).take(most).read_to_end(&mut out),
        "deflate" => ZlibDecoder::new(bytes).take(most).read_to_end(&mut out),
        other => {
            return Err(ServiceError::internal(format!(
                "unsupported content encoding \"{other}\""
            )));
        }
    };
    read.map_err(|error| ServiceError::internal(format!("unreadable body: {error}")))?;
    if out.len() > MAX_JSON_BYTES {
        return Err(ServiceError::internal("request entity too large"));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use std::io::Write as _;

    fn headers(encoding: &'static str) -> HeaderMap {
        HeaderMap::from_iter([
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json; charset=utf-8"),
            ),
            (header::CONTENT_ENCODING, HeaderValue::from_static(encoding)),
        ])
    }

    #[test]
    fn gzip_bodies_are_decoded() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(b"{\"a\": 1}").unwrap();
        let body = read(&headers("gzip"), &encoder.finish().unwrap()).unwrap();
        assert_eq!(body.value, json!({"a": 1}));
    }

    #[test]
    fn errors_have_the_codes_of_the_queue() {
        let code = |text: &[u8]| {
            read(&headers("identity"), text)
                .err()
                .map(|error| error.code)
        };
        assert_eq!(code(b"{}"), None);
        assert_eq!(code(b""), None);
        assert_eq!(code(b"{"), Some(ErrorCode::MalformedPayload));
        assert_eq!(code(b"1"), Some(ErrorCode::MalformedPayload));
        assert_eq!(
            code(b"{\"a\": \"\\ud800\"}"),
            Some(ErrorCode::InternalServerError)
        );
        let large = [b"[\"", "x".repeat(MAX_JSON_BYTES).as_bytes(), b"\"]"].concat();
        assert_eq!(code(&large), Some(ErrorCode::InternalServerError));
    }
}
