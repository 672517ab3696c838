//! Plain downloads: the content of artifacts, and URLs that carry their own signature.

use reqwest::redirect::{Attempt, Policy};

use super::failure::{describe, without_echo};
use super::retry::{Patience, Tries};
use super::server_clock;
use crate::base::value::Value;
use crate::ports::clock::{Clock, SystemClock};
use crate::ports::taskcluster::{ApiError, too_large};

/// How many redirections are followed.
const REDIRECTIONS: usize = 10;

/// Downloads without credentials.
pub(super) struct Web {
    client: reqwest::Client,
    patience: Patience,
}

impl Web {
    pub(super) fn new(patience: &Patience) -> Result<Self, reqwest::Error> {
        Ok(Self {
            client: reqwest::Client::builder()
                .redirect(Policy::custom(follow))
                .connect_timeout(patience.answer)
                .read_timeout(patience.answer)
                .build()?,
            patience: *patience,
        })
    }

    /// The content of `url`, unpacked when it was sent compressed.
    pub(super) async fn get(&self, call: &str, url: &str) -> Result<Vec<u8>, ApiError> {
        self.get_within(call, url, u64::MAX).await
    }

    /// The same, unless it has more than `limit` bytes.
    pub(super) async fn get_within(
        &self,
        call: &str,
        url: &str,
        limit: u64,
    ) -> Result<Vec<u8>, ApiError> {
        let mut tries = Tries::new(self.patience.retry, call);
        loop {
            let failed = match self.attempt(call, url, limit).await {
                Ok(content) => return Ok(content),
                Err(error) => error,
            };
            if !tries.wait(&failed).await {
                return Err(failed);
            }
        }
    }

    /// By how many seconds the clock of this machine is ahead of that of a server, if it reports a date.
    pub(super) async fn ahead(&self, url: &str) -> Option<i64> {
        let response = self.client.get(url).send().await.ok()?;
        let theirs = server_clock::date(response.headers())?;
        Some(SystemClock.now().seconds_since(theirs))
    }

    async fn attempt(&self, call: &str, url: &str, limit: u64) -> Result<Vec<u8>, ApiError> {
        let failed = |status: Option<u16>, message: String| ApiError {
            call: call.to_owned(),
            status,
            message,
        };
        // Broken redirections are a response, and the next one would be the same.
        let lost = |error: reqwest::Error| {
            let status = error.is_redirect().then_some(303);
            failed(status, describe(error))
        };
        let response = self.client.get(url).send().await.map_err(lost)?;
        let status = response.status();
        if status.is_success() {
            let content = within(response, limit).await.map_err(lost)?;
            return content.ok_or_else(|| too_large(call, limit));
        }
        // Storage responds in its own formats; services report errors in JSON.
        let error_body = response.json::<Value>().await.ok();
        let message = error_body
            .as_ref()
            .and_then(|body| body.get("message")?.as_str())
            .map(without_echo)
            .unwrap_or_else(|| {
                status
                    .canonical_reason()
                    .unwrap_or("the download failed")
                    .to_owned()
            });
        Err(failed(Some(status.as_u16()), message))
    }
}

/// The content of a response, unpacked when it was sent compressed; `None` if it has more than `limit` bytes.
/// A response that says so is not read at all.
pub async fn within(
    mut response: reqwest::Response,
    limit: u64,
) -> Result<Option<Vec<u8>>, reqwest::Error> {
    if response
        .content_length()
        .is_some_and(|length| length > limit)
    {
        return Ok(None);
    }
    let mut content = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let length = content.len().saturating_add(chunk.len());
        if u64::try_from(length).is_ok_and(|length| length > limit) {
            return Ok(None);
        }
        content.extend_from_slice(&chunk);
    }
    Ok(Some(content))
}

/// Follows redirections, but never from https to http.
fn follow(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let was_encrypted = attempt
        .previous()
        .last()
        .is_some_and(|url| url.scheme() == "https");
    if was_encrypted && attempt.url().scheme() != "https" {
        attempt.error("redirected from https to http")
    } else if attempt.previous().len() > REDIRECTIONS {
        attempt.error("too many redirects")
    } else {
        attempt.follow()
    }
}
