//! How the services are reached.

use std::time::Duration;

use taskcluster::{Auth, ClientBuilder, Index, PurgeCache, Queue, Retry};

use super::address::Address;
use super::create::CreateClient;
use super::retry::Patience;
use super::server_clock::ServerClock;
use super::web::Web;

/// The requests of the crate are repeated here, where their answers are read too.
const ONCE: Retry = Retry {
    retries: 0,
    max_delay: Duration::ZERO,
    delay_factor: Duration::ZERO,
    randomization_factor: 0.0,
};

/// A client of one Taskcluster deployment, ready to call it.
pub(super) struct Ready {
    pub(super) queue: Queue,
    pub(super) creating: CreateClient,
    pub(super) index: Index,
    pub(super) auth: Auth,
    pub(super) purge_cache: PurgeCache,
    pub(super) web: Web,
    pub(super) patience: Patience,
    /// The time that responses have reported.
    pub(super) clock: ServerClock,
    /// A method that needs no credentials.
    pub(super) ping: String,
    /// Whether requests are signed here.
    pub(super) signs: bool,
    /// The access token, which no message may show.
    pub(super) secret: Option<String>,
}

impl Ready {
    /// Makes a client for each service.
    ///
    /// # Errors
    /// Why one cannot be made, e.g. without any certificates.
    pub(super) fn new(address: &Address, patience: &Patience) -> Result<Self, String> {
        Self::build(address, patience).map_err(|error| error.root_cause().to_string())
    }

    fn build(address: &Address, patience: &Patience) -> anyhow::Result<Self> {
        let builder = || {
            let builder = ClientBuilder::new(&address.root_url)
                .retry(ONCE)
                .timeout(patience.answer);
            match &address.credentials {
                Some(credentials) => builder.credentials(credentials.clone()),
                None => builder,
            }
        };
        let credentials = address.credentials.as_ref();
        Ok(Self {
            queue: Queue::new(builder())?,
            creating: CreateClient::new(&address.root_url, credentials, patience.answer)?,
            index: Index::new(builder())?,
            auth: Auth::new(builder())?,
            purge_cache: PurgeCache::new(builder())?,
            web: Web::new(patience)?,
            patience: *patience,
            clock: ServerClock::default(),
            ping: format!("{}api/queue/v1/ping", address.root_url),
            signs: credentials.is_some(),
            secret: credentials.map(|one| one.access_token.clone()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::address::address;
    use super::*;
    use crate::ports::environment::Environment;

    #[test]
    fn a_path_in_the_root_url_is_kept() {
        for url in [
            "http://127.0.0.1:1234/proxy/abc",
            "http://127.0.0.1:1234/proxy/abc/",
        ] {
            let variables = [("TASKCLUSTER_PROXY_URL".to_owned(), url.to_owned())];
            let environment = Environment::new(variables);
            let address = address(&environment).map_err(|error| error.message);
            let made = address
                .and_then(|address| Ready::new(&address, &Patience::default()))
                .map(|ready| (ready.queue.ping_url().ok(), ready.index.ping_url().ok()));
            assert_eq!(
                made,
                Ok((
                    Some("http://127.0.0.1:1234/proxy/abc/api/queue/v1/ping".to_owned()),
                    Some("http://127.0.0.1:1234/proxy/abc/api/index/v1/ping".to_owned()),
                ))
            );
        }
    }
}
