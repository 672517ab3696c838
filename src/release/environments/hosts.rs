//! The hosts of Mozilla's services in texts.

use super::host_name::{is_host, lower_case, names_in};
use super::services::SERVICES;
use super::tier::Tier;

/// The hosts of Mozilla's services, with who they are for.
fn hosts() -> impl Iterator<Item = (Tier, &'static str)> {
    SERVICES.iter().flat_map(|service| {
        let hosts = service.hosts.iter();
        hosts.map(move |host| (service.tier, *host))
    })
}

/// The host of staging or development that a text names, as a whole name.
#[must_use]
pub fn staging_host(text: &str) -> Option<String> {
    if !text.contains('.') {
        return None;
    }
    let mut names = names_in(&lower_case(text)).into_iter();
    names.find(|name| {
        let mut others = hosts().filter(|(tier, _)| *tier != Tier::Production);
        others.any(|(_, host)| is_host(name, host))
    })
}

/// A text with a mark in place of each host that is known by name.
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
        let staging = |text: &str| staging_host(text).unwrap_or_default();
        let host = "ftp.stage.mozaws.net";
        assert_eq!(staging("http://ftp.stage.mozaws.net/pub"), host);
        assert_eq!(staging("http://FTP.stage.mozaws.net/pub"), host);
        assert_eq!(staging("https://archive.mozilla.org"), "");
        assert_eq!(staging("https://ftp.stage.mozaws.net.example.com"), "");
        // Hosts of the same domain are staging's, too.
        assert_eq!(
            staging("https://my-ftp.stage.mozaws.net"),
            "my-ftp.stage.mozaws.net"
        );
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
