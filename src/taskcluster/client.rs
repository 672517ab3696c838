//! How the services are reached.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use taskcluster::{Auth, ClientBuilder, Credentials, Index, PurgeCache, Queue, Retry};

use super::packed::Creating;
use super::web::Web;
use crate::base::diagnostic::Diagnostic;
use crate::base::pause::pause;
use crate::ports::environment::Environment;

/// How long a client tries before it gives a call up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How often a call is repeated.
    pub repeats: usize,
    /// How often the creation of a task is repeated; whoever submits a graph repeats it further.
    pub create_repeats: usize,
    /// The longest that the pause before the first repeat may be; this doubles from repeat to repeat,
    /// and each pause lies anywhere below it.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// How long an answer may take.
    pub answer: Duration,
}

impl Default for Patience {
    /// An answer may take 90 seconds, since the queue answers after 60 when its messages are stuck. The
    /// proxy in a task repeats requests for up to 15 minutes, which would be too long to wait.
    fn default() -> Self {
        Self {
            repeats: 5,
            create_repeats: 0,
            first_pause: Duration::from_millis(400),
            longest_pause: Duration::from_secs(30),
            answer: Duration::from_secs(90),
        }
    }
}

impl Patience {
    /// The pauses before each repeat of what failed in a way that passes. They differ from process to
    /// process, so that those that failed together do not come back together.
    pub(super) fn pauses(
        &self,
        call: &str,
        repeats: usize,
    ) -> impl Iterator<Item = Duration> + Send {
        let seed = format!("{call} {}", RandomState::new().build_hasher().finish());
        let (first, longest) = (self.first_pause, self.longest_pause);
        (1..)
            .take(repeats)
            .map(move |tried| pause(first, longest, &seed, tried))
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
