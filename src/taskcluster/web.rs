//! Plain downloads: the content of artifacts, and URLs that carry their own signature.

use reqwest::redirect::{Attempt, Policy};

use super::failure::{describe, without_echo};
use super::retry::{Patience, Tries};
use super::server_clock;
use crate::base::value::Value;
use crate::ports::clock::{Clock, SystemClock};
use crate::ports::taskcluster::ApiError;

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
        let mut tries = Tries::new(self.patience.retry, call);
        loop {
            let failed = match self.attempt(call, url).await {
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

    async fn attempt(&self, call: &str, url: &str) -> Result<Vec<u8>, ApiError> {
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
            return Ok(response.bytes().await.map_err(lost)?.to_vec());
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
