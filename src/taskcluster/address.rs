//! Which deployment requests go to, and with which credentials.

use taskcluster::Credentials;

use crate::base::diagnostic::Diagnostic;
use crate::ports::environment::Environment;

/// Where requests go, and in whose name.
#[derive(PartialEq)]
pub(super) struct Address {
    pub(super) root_url: String,
    pub(super) credentials: Option<Credentials>,
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
            "set `features.taskclusterProxy` in the payload of the task: tasks reach Taskcluster \
             through the proxy"
        } else {
            "set TASKCLUSTER_ROOT_URL, e.g. to https://firefox-ci-tc.services.mozilla.com"
        };
        return Err(Diagnostic::environment(
            "no Taskcluster deployment is configured: neither TASKCLUSTER_PROXY_URL nor \
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
        Diagnostic::environment(format!(
            "{variable} is not the URL of a Taskcluster deployment"
        ))
        .because(why)
        .help("use a URL such as https://firefox-ci-tc.services.mozilla.com")
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
                return Err(Diagnostic::environment(
                    "TASKCLUSTER_CERTIFICATE is not a JSON object",
                )
                .help("unset it for permanent credentials, or sign in again"));
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
                Diagnostic::environment(format!("{set} is set, but {unset} is not"))
                    .help("set both to sign requests, or neither to send them anonymously"),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Environment::new(variables.iter().map(owned))
    }

    fn root(variables: &[(&str, &str)]) -> Result<String, String> {
        address(&environment(variables))
            .map(|address| address.root_url)
            .map_err(|diagnostic| diagnostic.message)
    }

    #[test]
    fn the_proxy_takes_precedence_over_the_root_url() {
        let both = [
            ("TASKCLUSTER_PROXY_URL", "http://taskcluster"),
            ("TASKCLUSTER_ROOT_URL", "https://tc.example"),
            ("TASKCLUSTER_CLIENT_ID", "someone"),
            ("TASKCLUSTER_ACCESS_TOKEN", "hidden"),
        ];
        let found = address(&environment(&both));
        assert!(
            found
                .as_ref()
                .is_ok_and(|a| a.root_url == "http://taskcluster/")
        );
        assert!(found.is_ok_and(|a| a.credentials.is_none()));
        let found = address(&environment(&both[1..]));
        assert!(found.is_ok_and(|a| a.credentials.is_some()));
    }

    #[test]
    fn missing_credentials_are_reported() {
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
            Err("TASKCLUSTER_ACCESS_TOKEN is set, but TASKCLUSTER_CLIENT_ID is not".to_owned())
        );
    }
}
