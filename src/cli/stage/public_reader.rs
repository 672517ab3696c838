//! Reads public data over HTTP, from declared hosts only.

use std::time::Duration;

use reqwest::redirect::{Action, Attempt, Policy};
use reqwest::{Client, Response, StatusCode, Url};
use tokio::runtime::Handle;

use crate::stage::public::read::{Reader, Unreadable};
use crate::taskcluster::{describe, within};

/// How many redirections are followed.
const REDIRECTIONS: usize = 5;

/// How long a server may take to go on with its answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long to wait before each further attempt after a failure that may pass.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(3)];

/// What servers see of this program.
const AGENT: &str = concat!("snowman/", env!("CARGO_PKG_VERSION"), " (staged releases)");

/// The hosts that may be read: each with its scheme and port.
#[derive(Debug, Clone, Default)]
pub struct Hosts(Vec<String>);

impl Hosts {
    /// Adds the host of an address.
    pub fn add(&mut self, address: &Url) {
        self.0.push(address.origin().ascii_serialization());
    }

    fn has(&self, address: &Url) -> bool {
        self.0.contains(&address.origin().ascii_serialization())
    }
}

/// Reads from these hosts. It must not be used by threads that run asynchronous code.
pub struct PublicReader {
    runtime: Handle,
    client: Client,
    hosts: Hosts,
}

impl PublicReader {
    /// A reader.
    ///
    /// # Errors
    /// When there is no encryption.
    pub fn new(runtime: Handle, hosts: Hosts) -> Result<Self, reqwest::Error> {
        let allowed = hosts.clone();
        let client = Client::builder()
            .redirect(Policy::custom(move |attempt| follow(&allowed, attempt)))
            .user_agent(AGENT)
            .connect_timeout(PATIENCE)
            .read_timeout(PATIENCE)
            .build()?;
        Ok(Self {
            runtime,
            client,
            hosts,
        })
    }

    /// The content, or why there is none, with the status if there is one.
    async fn read(
        &self,
        address: &Url,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, (String, Option<u16>)> {
        let without_status = |why: String| (why, None);
        let response = self.answer(address).await.map_err(without_status)?;
        match response.status() {
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::OK => {
                let content = within(response, limit).await;
                let content = content.map_err(|error| without_status(describe(error)))?;
                let content = content
                    .ok_or_else(|| without_status(format!("it has more than {limit} bytes")))?;
                Ok(Some(content))
            }
            other => Err((format!("the status is {other}"), Some(other.as_u16()))),
        }
    }

    /// The answer of a server that may need several attempts.
    async fn answer(&self, address: &Url) -> Result<Response, String> {
        let mut pauses = PAUSES.iter();
        loop {
            let answer = self.client.get(address.clone()).send().await;
            let may_pass = match &answer {
                Ok(response) => {
                    let status = response.status();
                    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
                }
                Err(error) => !error.is_redirect() && !error.is_builder(),
            };
            match pauses.next().filter(|_| may_pass) {
                Some(pause) => tokio::time::sleep(*pause).await,
                None => return answer.map_err(describe),
            }
        }
    }
}

impl Reader for PublicReader {
    fn get(&self, address: &str, limit: u64) -> Result<Option<Vec<u8>>, Unreadable> {
        let failed = |(why, status): (String, Option<u16>)| Unreadable {
            address: address.to_owned(),
            why,
            status,
        };
        let url = Url::parse(address).map_err(|error| failed((error.to_string(), None)))?;
        if !self.hosts.has(&url) {
            return Err(failed(("its host is not declared".to_owned(), None)));
        }
        self.runtime
            .block_on(self.read(&url, limit))
            .map_err(failed)
    }
}

/// Follows redirections to declared hosts.
fn follow(hosts: &Hosts, attempt: Attempt<'_>) -> Action {
    if attempt.previous().len() > REDIRECTIONS {
        return attempt.error("there are too many redirections");
    }
    match hosts.has(attempt.url()) {
        true => attempt.follow(),
        false => {
            // The rest of the address may be signed.
            let why = format!(
                "it redirects to {}, a host that `snowman.staging.public-data` does not declare",
                attempt.url().origin().ascii_serialization()
            );
            attempt.error(why)
        }
    }
}
