//! Publishes artifacts through the queue's API, as workers do.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream::{self, StreamExt};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};

use super::publish::Upload;
use crate::base::diagnostic::Diagnostic;
use crate::base::name::TaskId;

/// How many artifacts are published at the same time: as many as generic-worker does.
const AT_ONCE: usize = 10;

/// Publishes artifacts of a run of a task; returns the queue's refusals, by name.
///
/// `proxy` is the address of the task's proxy.
///
/// # Errors
/// When the queue cannot be reached.
pub async fn upload_all(
    proxy: &str,
    task_id: &TaskId,
    run_id: u64,
    uploads: Vec<Upload>,
) -> Result<Vec<String>, Diagnostic> {
    let http = reqwest::Client::new();
    let sent = stream::iter(uploads).map(|upload| {
        let http = http.clone();
        async move { upload_artifact(&http, proxy, (task_id, run_id), upload).await }
    });
    let sent: Vec<_> = sent.buffer_unordered(AT_ONCE).collect().await;
    let mut refused = Vec::new();
    for answer in sent {
        refused.extend(answer.map_err(|error| {
            Diagnostic::environment("cannot upload the artifacts to the sandbox").because(error)
        })?);
    }
    refused.sort();
    Ok(refused)
}

/// Publishes one artifact; returns why the queue refuses it, if it does.
async fn upload_artifact(
    http: &reqwest::Client,
    proxy: &str,
    (task_id, run_id): (&TaskId, u64),
    upload: Upload,
) -> Result<Option<String>, reqwest::Error> {
    let name = utf8_percent_encode(&upload.name, NON_ALPHANUMERIC);
    let address = format!("{proxy}api/queue/v1/task/{task_id}/runs/{run_id}/artifacts/{name}");
    let request_body = serde_json::json!({
        "storageType": "s3",
        "expires": upload.expires,
        "contentType": upload.content_type,
        "contentLength": upload.content.len(),
    });
    let answer = http.post(address).json(&request_body).send().await?;
    let status = answer.status();
    let body: serde_json::Value = answer.json().await?;
    let text = |key: &str| {
        body.get(key)
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
    };
    if !status.is_success() {
        let message = text("message").lines().next().unwrap_or_default();
        return Ok(Some(format!(
            "{}: {} {message}",
            upload.name,
            status.as_u16()
        )));
    }
    let mut request = http
        .put(text("putUrl"))
        .header(CONTENT_TYPE, &upload.content_type);
    let content = match upload.gzip.then(|| gzip(&upload.content)) {
        Some(Ok(compressed)) => {
            request = request.header(CONTENT_ENCODING, "gzip");
            compressed
        }
        _ => upload.content,
    };
    let answer = request.body(content).send().await?;
    let status = answer.status();
    Ok((!status.is_success()).then(|| {
        format!(
            "{}: the upload failed with {}",
            upload.name,
            status.as_u16()
        )
    }))
}

fn gzip(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content)?;
    encoder.finish()
}
