//! How the services are reached.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use taskcluster::{Auth, ClientBuilder, Credentials, Index, PurgeCache, Queue, Retry};
use tokio::time::Instant;

use super::packed::Creating;
use super::server_clock::ServerClock;
use super::web::Web;
use crate::base::diagnostic::Diagnostic;
use crate::base::pause::RetryPolicy;
use crate::ports::environment::Environment;
use crate::ports::taskcluster::ApiError;

/// How long a client waits before it gives a call up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How a call is repeated while its failure passes.
    pub retry: RetryPolicy,
    /// For how long the creation of a task is repeated; whoever submits a graph repeats it further.
    pub create_budget: Duration,
    /// How long an answer may take.
    pub answer: Duration,
}

impl Patience {
    /// The patience of a decision or an action: an outage of half an hour does not fail it.
    pub const IN_TASK: Self = Self {
        retry: RetryPolicy {
            first_pause: Duration::from_millis(400),
            longest_pause: Duration::from_secs(30),
            budget: Duration::from_secs(30 * 60),
        },
        create_budget: Duration::ZERO,
        // The queue answers after 60 seconds when its messages are stuck. The proxy in a task repeats
        // requests for up to 15 minutes, which is too long to wait: a request that was lost on the
        // way would hold its task up as long. One that the proxy still holds does no harm when it
        // arrives later, since every call can be repeated.
        answer: Duration::from_secs(90),
    };

    /// The patience of somebody who waits at a terminal.
    pub const LOCAL: Self = Self {
        retry: RetryPolicy {
            budget: Duration::from_secs(15),
            ..Self::IN_TASK.retry
        },
        ..Self::IN_TASK
    };

    /// The patience for what this environment is that of: tasks have `TASK_ID`.
    pub(super) fn of(environment: &Environment) -> Self {
        match environment.filled("TASK_ID") {
            Some(_) => Self::IN_TASK,
            None => Self::LOCAL,
        }
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self::IN_TASK
    }
}

/// From which try on a failure is reported although the call is made again.
const REPORTED: u32 = 4;

/// The tries of one call.
pub(super) struct Tries {
    policy: RetryPolicy,
    seed: String,
    begun: Instant,
    failed: u32,
}

impl Tries {
    /// The tries of a call that is made now. Pauses differ from process to process, so that those that
    /// failed together do not come back together.
    pub(super) fn new(policy: RetryPolicy, call: &str) -> Self {
        Self {
            policy,
            seed: format!("{call} {}", RandomState::new().build_hasher().finish()),
            begun: Instant::now(),
            failed: 0,
        }
    }

    /// Waits until the call is to be made again; `false` when it is given up.
    pub(super) async fn wait(&mut self, error: &ApiError) -> bool {
        self.failed = self.failed.saturating_add(1);
        let failing = self.begun.elapsed();
        let pause = self.policy.pause(&self.seed, self.failed, failing);
        let Some(pause) = pause.filter(|_| error.is_passing()) else {
            return false;
        };
        if self.failed >= REPORTED {
            let left = self.policy.budget.saturating_sub(failing).as_secs();
            tracing::warn!("{error}; trying again, for {left} more seconds at most");
        }
        tokio::time::sleep(pause).await;
        true
    }
}

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
    pub(super) creating: Creating,
    pub(super) index: Index,
    pub(super) auth: Auth,
    pub(super) purge_cache: PurgeCache,
    pub(super) web: Web,
    pub(super) patience: Patience,
    /// What answers have said of the time.
    pub(super) clock: ServerClock,
    /// A method that anybody may call.
    pub(super) ping: String,
    /// Whether requests are signed here.
    pub(super) signs: bool,
    /// The access token, which no message may show.
    pub(super) secret: Option<String>,
}

/// Where requests go, and in whose name.
#[derive(PartialEq)]
pub(super) struct Address {
    pub(super) root_url: String,
    pub(super) credentials: Option<Credentials>,
}

impl Ready {
    /// Makes a client for each service.
    ///
    /// # Errors
    /// Why one cannot be made, e.g. without any certificates.
    pub(super) fn new(address: &Address, patience: &Patience) -> Result<Self, String> {
        Self::made(address, patience).map_err(|error| error.root_cause().to_string())
    }

    fn made(address: &Address, patience: &Patience) -> anyhow::Result<Self> {
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
            creating: Creating::new(&address.root_url, credentials, patience.answer)?,
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

/// Where the environment says that requests go.
///
/// # Errors
/// A diagnostic when it names no deployment, or in a way that cannot be used.
pub(super) fn address(environment: &Environment) -> Result<Address, Diagnostic> {
    if let Some(proxy) = environment.filled("TASKCLUSTER_PROXY_URL") {
        return Ok(Address {
            root_url: root_url("TASKCLUSTER_PROXY_URL", proxy)?,
            credentials: None,
        });
    }
    let Some(root) = environment.filled("TASKCLUSTER_ROOT_URL") else {
        let help = if environment.filled("TASK_ID").is_some() {
            "tasks reach Taskcluster through the proxy: set `features.taskclusterProxy` in the \
             payload of the task"
        } else {
            "set TASKCLUSTER_ROOT_URL, e.g. to https://firefox-ci-tc.services.mozilla.com"
        };
        return Err(Diagnostic::environment(
            "it is not known where Taskcluster is: neither TASKCLUSTER_PROXY_URL nor \
             TASKCLUSTER_ROOT_URL is set",
        )
        .help(help));
    };
    Ok(Address {
        root_url: root_url("TASKCLUSTER_ROOT_URL", root)?,
        credentials: credentials(environment)?,
    })
}

/// The URL with a slash at its end, without which its last part would be lost when paths are joined.
fn root_url(variable: &str, url: &str) -> Result<String, Diagnostic> {
    let wrong = |why: &str| {
        Diagnostic::environment(format!("{variable} is no URL of a Taskcluster deployment"))
            .because(why)
            .help("it looks like https://firefox-ci-tc.services.mozilla.com")
    };
    let no_address = "it does not begin with https:// or http:// and a host";
    let parsed = reqwest::Url::parse(url).map_err(|_| wrong(no_address))?;
    if !matches!(parsed.scheme(), "http" | "https") || parsed.host_str().is_none() {
        return Err(wrong(no_address));
    }
    if parsed.query().is_some() || parsed.fragment().is_some() {
        return Err(wrong("it has a query or a fragment"));
    }
    Ok(format!("{}/", url.trim_end_matches('/')))
}

fn credentials(environment: &Environment) -> Result<Option<Credentials>, Diagnostic> {
    let id = environment.filled("TASKCLUSTER_CLIENT_ID");
    let token = environment.filled("TASKCLUSTER_ACCESS_TOKEN");
    let certificate = environment.filled("TASKCLUSTER_CERTIFICATE");
    match (id, token) {
        (Some(id), Some(token)) => {
            if let Some(text) = certificate
                && serde_json::from_str::<crate::base::value::Object>(text).is_err()
            {
                return Err(
                    Diagnostic::environment("TASKCLUSTER_CERTIFICATE is no JSON mapping")
                        .help("unset it for permanent credentials, or sign in again"),
                );
            }
            Ok(Some(Credentials {
                client_id: id.to_owned(),
                access_token: token.to_owned(),
                certificate: certificate.map(str::to_owned),
            }))
        }
        (None, None) => Ok(None),
        (id, _) => {
            let (set, unset) = if id.is_some() {
                ("TASKCLUSTER_CLIENT_ID", "TASKCLUSTER_ACCESS_TOKEN")
            } else {
                ("TASKCLUSTER_ACCESS_TOKEN", "TASKCLUSTER_CLIENT_ID")
            };
            Err(
                Diagnostic::environment(format!("{set} is set and {unset} is not"))
                    .help("set both to sign requests, or neither to make them anonymously"),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Environment {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Environment::new(variables.iter().map(owned))
    }

    fn root(variables: &[(&str, &str)]) -> Result<String, String> {
        address(&of(variables))
            .map(|address| address.root_url)
            .map_err(|diagnostic| diagnostic.message)
    }

    #[test]
    fn the_proxy_goes_before_the_root_url() {
        let both = [
            ("TASKCLUSTER_PROXY_URL", "http://taskcluster"),
            ("TASKCLUSTER_ROOT_URL", "https://tc.example"),
            ("TASKCLUSTER_CLIENT_ID", "someone"),
            ("TASKCLUSTER_ACCESS_TOKEN", "hidden"),
        ];
        let found = address(&of(&both));
        assert!(
            found
                .as_ref()
                .is_ok_and(|a| a.root_url == "http://taskcluster/")
        );
        assert!(found.is_ok_and(|a| a.credentials.is_none()));
        let found = address(&of(&both[1..]));
        assert!(found.is_ok_and(|a| a.credentials.is_some()));
    }

    #[test]
    fn a_path_in_the_root_url_is_kept() {
        for url in [
            "http://127.0.0.1:1234/proxy/abc",
            "http://127.0.0.1:1234/proxy/abc/",
        ] {
            let environment = of(&[("TASKCLUSTER_PROXY_URL", url)]);
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

    #[test]
    fn what_is_missing_is_told() {
        assert!(root(&[]).is_err_and(|m| m.contains("neither")));
        assert!(root(&[("TASKCLUSTER_ROOT_URL", "tc.example")]).is_err());
        assert!(root(&[("TASKCLUSTER_ROOT_URL", "file:///etc")]).is_err());
        assert!(root(&[("TASKCLUSTER_ROOT_URL", "https://tc.example/?a=b")]).is_err());
        let half = [
            ("TASKCLUSTER_ROOT_URL", "https://tc.example"),
            ("TASKCLUSTER_ACCESS_TOKEN", "hidden"),
        ];
        assert_eq!(
            root(&half),
            Err("TASKCLUSTER_ACCESS_TOKEN is set and TASKCLUSTER_CLIENT_ID is not".to_owned())
        );
    }

    #[test]
    fn credentials_do_not_show() {
        let environment = of(&[
            ("TASKCLUSTER_ROOT_URL", "https://tc.example"),
            ("TASKCLUSTER_CLIENT_ID", "someone"),
            ("TASKCLUSTER_ACCESS_TOKEN", "hidden"),
        ]);
        let shown = super::super::Client::connect(&environment).map(|client| format!("{client:?}"));
        assert!(shown.is_ok_and(|text| !text.contains("hidden") && text.contains("tc.example")));
    }
}
