//! The hosts of release services, in staging and in production.

/// The hosts of staging, of Mozilla's services.
pub const STAGING: &[&str] = &[
    "addons-dev.allizom.org",
    "addons.allizom.org",
    "admin.dev.bouncer.nonprod.webservices.mozgcp.net",
    "admin.stage.balrog.nonprod.webservices.mozgcp.net",
    "balrog-admin-static-stage.stage.mozaws.net",
    "bucketlister-delivery.stage.mozaws.net",
    "dev.bouncer.nonprod.webservices.mozgcp.net",
    "ftp.stage.mozaws.net",
    "maven-default.stage.mozaws.net",
    "shipit.staging.mozilla-releng.net",
    "stage.autograph.nonprod.webservices.mozgcp.net",
    "stage.balrog.nonprod.cloudops.mozgcp.net",
    "stage.lando.nonprod.webservices.mozgcp.net",
    "stage.taskcluster.nonprod.cloudops.mozgcp.net",
];

/// The hosts of production, of Mozilla's services.
pub const PRODUCTION: &[&str] = &[
    "addons.mozilla.org",
    "admin.prod.bouncer.prod.webservices.mozgcp.net",
    "archive.mozilla.org",
    "aus2.mozilla.org",
    "aus3.mozilla.org",
    "aus4-admin.mozilla.org",
    "aus4.mozilla.org",
    "aus5.mozilla.org",
    "download.cdn.mozilla.net",
    "download.mozilla.org",
    "firefox-ci-tc.services.mozilla.com",
    "ftp.mozilla.org",
    "maven.mozilla.org",
    "prod.autograph.prod.webservices.mozgcp.net",
    "shipit.mozilla-releng.net",
];

/// The host of staging that a text names, as a whole name.
#[must_use]
pub fn staging_host(text: &str) -> Option<&'static str> {
    STAGING
        .iter()
        .copied()
        .find(|host| find(text, host).is_some())
}

/// A text with a mark in place of each host that is known.
#[must_use]
pub fn without_hosts(text: &str) -> String {
    let mut text = text.to_owned();
    for host in STAGING.iter().chain(PRODUCTION) {
        while let Some(at) = find(&text, host) {
            text.replace_range(at..at + host.len(), "\0");
        }
    }
    // Services that are only reached safely in production.
    text.replace("http://\0", "https://\0")
}

/// Where a text names a host, not as a part of a longer name.
fn find(text: &str, host: &str) -> Option<usize> {
    let is_name = |sign: char| sign.is_ascii_alphanumeric() || sign == '-' || sign == '.';
    let mut places = text.match_indices(host).map(|(at, _)| at);
    places.find(|at| {
        let before = text
            .get(..*at)
            .and_then(|before| before.chars().next_back());
        let after = text
            .get(at + host.len()..)
            .and_then(|after| after.chars().next());
        // A point may end a sentence, but not begin a host.
        !before.is_some_and(is_name) && !after.is_some_and(|sign| is_name(sign) && sign != '.')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_whole_names() {
        assert_eq!(
            staging_host("http://ftp.stage.mozaws.net/pub"),
            Some("ftp.stage.mozaws.net")
        );
        assert_eq!(staging_host("https://my-ftp.stage.mozaws.net"), None);
        assert_eq!(staging_host("https://archive.mozilla.org"), None);
        assert_eq!(
            without_hosts("http://ftp.stage.mozaws.net/a"),
            without_hosts("https://archive.mozilla.org/a")
        );
        assert_ne!(
            without_hosts("https://ftp.stage.mozaws.net/a"),
            without_hosts("https://archive.mozilla.org/b")
        );
        assert_ne!(
            without_hosts("https://other.mozaws.net/a"),
            without_hosts("https://archive.mozilla.org/a")
        );
    }
}
