//! Downloads a file from a URL that the user passes, e.g. parameters.

use std::time::Duration;

use crate::ports::taskcluster::ApiError;

/// How large a file may be; parameters have some kilobytes.
const LARGEST: usize = 16 * 1024 * 1024;

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The content at `url`, unpacked if it is gzipped.
///
/// # Errors
/// When it cannot be read, or is larger than 16 MiB.
pub async fn download(url: &str) -> Result<Vec<u8>, ApiError> {
    let failed = |status: Option<u16>, message: String| ApiError {
        call: format!("GET {url}"),
        status,
        message,
    };
    let client = reqwest::Client::builder().timeout(PATIENCE).build();
    let client = client.map_err(|error| failed(None, error.without_url().to_string()))?;
    let mut response = client.get(url).send().await.map_err(|error| {
        failed(
            error.status().map(|status| status.as_u16()),
            error.without_url().to_string(),
        )
    })?;
    let status = response.status();
    if !status.is_success() {
        let reason = status
            .canonical_reason()
            .unwrap_or("the download failed")
            .to_owned();
        return Err(failed(Some(status.as_u16()), reason));
    }
    let mut content = Vec::new();
    loop {
        let chunk = response.chunk().await;
        match chunk.map_err(|error| failed(None, error.without_url().to_string()))? {
            Some(chunk) if content.len() + chunk.len() > LARGEST => {
                return Err(failed(None, format!("it is larger than {LARGEST} bytes")));
            }
            Some(chunk) => content.extend_from_slice(&chunk),
            None => return Ok(content),
        }
    }
}
