//! Creates tasks, with large bodies compressed.
//!
//! The crate `taskcluster` sends bodies uncompressed, so this one request is made here. The proxy in a
//! task passes on the body and its `Content-Encoding`.

use std::io::Write;
use std::time::Duration;

use anyhow::Context;
use base64::Engine;
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::{Response, Url};
use taskcluster::Credentials;

use super::server_clock::ServerClock;
use crate::base::name::TaskId;
use crate::base::value::Value;

/// The size in bytes from which a body is compressed.
const LARGE: usize = 2048;

/// A body as it is sent.
pub(super) struct Body {
    bytes: Vec<u8>,
    packed: bool,
}

impl Body {
    pub(super) fn new(definition: &Value) -> Self {
        let plain = definition.to_string().into_bytes();
        let packed = if plain.len() < LARGE {
            None
        } else {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            let result = encoder.write_all(&plain);
            result.and_then(|()| encoder.finish()).ok()
        };
        match packed {
            Some(bytes) => Self {
                bytes,
                packed: true,
            },
            None => Self {
                bytes: plain,
                packed: false,
            },
        }
    }
}

/// Creates tasks, with the credentials of the client.
pub(super) struct CreateClient {
    http: reqwest::Client,
    root_url: String,
    signer: Option<hawk::Credentials>,
    /// What is signed along with a request: the certificate of temporary credentials.
    ext: Option<String>,
}

impl CreateClient {
    pub(super) fn new(
        root_url: &str,
        credentials: Option<&Credentials>,
        answer: Duration,
    ) -> anyhow::Result<Self> {
        let signer = credentials.map(|own| {
            let key = hawk::Key::new(&own.access_token, hawk::SHA256)?;
            let id = own.client_id.clone();
            anyhow::Ok(hawk::Credentials { id, key })
        });
        let certificate = credentials.and_then(|own| own.certificate.as_ref());
        let ext = certificate.map(|text| {
            let plain = format!("{{\"certificate\":{text}}}");
            base64::engine::general_purpose::STANDARD.encode(plain)
        });
        Ok(Self {
            http: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .timeout(answer)
                .build()?,
            root_url: root_url.to_owned(),
            signer: signer.transpose()?,
            ext,
        })
    }

    fn signature(&self, url: &Url) -> anyhow::Result<Option<String>> {
        let Some(signer) = &self.signer else {
            return Ok(None);
        };
        let host = url.host_str().context("the root URL has no host")?;
        let port = url
            .port_or_known_default()
            .context("the root URL has no port")?;
        let request = hawk::RequestBuilder::new("PUT", host, port, url.path())
            .ext(self.ext.as_deref())
            .request();
        Ok(Some(format!("Hawk {}", request.make_header(signer)?)))
    }

    /// Sends the definition of a task once; `clock` notes the date of the response.
    pub(super) async fn put(
        &self,
        clock: &ServerClock,
        task_id: &TaskId,
        body: &Body,
    ) -> anyhow::Result<()> {
        let url = format!("{}api/queue/v1/task/{task_id}", self.root_url);
        let url = Url::parse(&url)?;
        let signature = self.signature(&url)?;
        let mut request = self
            .http
            .put(url)
            .header(CONTENT_TYPE, "application/json")
            .body(body.bytes.clone());
        if body.packed {
            request = request.header(CONTENT_ENCODING, "gzip");
        }
        if let Some(signature) = signature {
            request = request.header(AUTHORIZATION, signature);
        }
        let response = request.send().await?;
        match response.error_for_status_ref() {
            // An incomplete or missing response does not show whether the task exists.
            Ok(_) => {
                clock.note(response.headers());
                response.json::<Value>().await.map(drop).map_err(Into::into)
            }
            Err(error) => Err(with_message(error, response).await),
        }
    }
}

/// Adds the message of the server to an error.
async fn with_message(error: reqwest::Error, response: Response) -> anyhow::Error {
    if error
        .status()
        .is_some_and(|status| status.is_server_error())
    {
        return error.into();
    }
    let error_body = response.json::<Value>().await.ok();
    let message = error_body
        .as_ref()
        .and_then(|body| body.get("message")?.as_str());
    match message {
        Some(message) => anyhow::Error::from(error).context(message.to_owned()),
        None => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_bodies_are_compressed() {
        let small = Body::new(&Value::from("a".repeat(LARGE - 3)));
        assert!(!small.packed && small.bytes.len() == LARGE - 1);
        let large = Body::new(&Value::from("a".repeat(LARGE)));
        assert!(large.packed && large.bytes.starts_with(&[0x1f, 0x8b]) && large.bytes.len() < 100);
    }
}
