//! The hosts of Mozilla's services in texts.

use super::host_name::find;
use super::services::SERVICES;
use super::tier::Tier;

/// The hosts of Mozilla's services, with who they are for.
fn hosts() -> impl Iterator<Item = (Tier, &'static str)> {
    SERVICES.iter().flat_map(|service| {
        let hosts = service.hosts.iter().filter(|host| !host.starts_with('*'));
        hosts.map(move |host| (service.tier, *host))
    })
}

/// The host of staging that a text names, as a whole name.
#[must_use]
pub fn staging_host(text: &str) -> Option<&'static str> {
    let mut others = hosts().filter(|(tier, _)| *tier != Tier::Production);
    others
        .find(|(_, host)| find(text, host).is_some())
        .map(|(_, host)| host)
}

/// A text with a mark in place of each host that is known.
#[must_use]
pub fn without_hosts(text: &str) -> String {
    let mut text = text.to_owned();
    for (_, host) in hosts() {
        while let Some(at) = find(&text, host) {
            text.replace_range(at..at + host.len(), "\0");
        }
    }
    // Services that are only reached safely in production.
    text.replace("http://\0", "https://\0")
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
