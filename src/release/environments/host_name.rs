//! The names of hosts in texts.

use std::borrow::Cow;

/// A text in lower case, as hosts are compared.
pub(super) fn lower_case(text: &str) -> Cow<'_, str> {
    match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(text.to_ascii_lowercase()),
        false => Cow::Borrowed(text),
    }
}

/// What may be the name of a host in a text in lower case, also in an address that is written for a query.
pub(super) fn names_in(text: &str) -> Vec<String> {
    let text = text.replace("%2f", "/").replace("%3a", ":");
    let is_name = |sign: char| sign.is_ascii_alphanumeric() || sign == '-' || sign == '.';
    let names = text.split(|sign| !is_name(sign));
    // A point may end a sentence.
    let names = names.map(|name| name.trim_matches(['.', '-']));
    names
        .filter(|name| name.contains('.'))
        .map(str::to_owned)
        .collect()
}

/// Whether a name is that of a host, or for one that begins with `*.`, below it.
pub(super) fn is_host(name: &str, host: &str) -> bool {
    match host.strip_prefix("*.") {
        Some(domain) => name
            .strip_suffix(domain)
            .is_some_and(|before| before.ends_with('.')),
        None => name == host,
    }
}

/// The end of a host's name that every text with it has.
pub(super) fn domain(host: &str) -> String {
    let host = host.trim_start_matches("*.");
    let labels: Vec<&str> = host.rsplitn(3, '.').take(2).collect();
    let labels: Vec<&str> = labels.into_iter().rev().collect();
    labels.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole() {
        let names = |text: &str| names_in(&lower_case(text)).join(" ");
        assert_eq!(
            names("curl https://ftp.stage.mozaws.net/pub, x."),
            "ftp.stage.mozaws.net"
        );
        assert_eq!(names("See Archive.Mozilla.org."), "archive.mozilla.org");
        assert_eq!(
            names("https://a.example.com/?to=https%3A%2F%2Fb.example.com%2Fc"),
            "a.example.com b.example.com"
        );
        assert_eq!(names("no host"), "");
    }

    #[test]
    fn stars_stand_for_hosts_below() {
        let is_below = |name: &str| is_host(name, "*.nonprod.webservices.mozgcp.net");
        assert!(is_below("stage.x.nonprod.webservices.mozgcp.net"));
        assert!(!is_below("nonprod.webservices.mozgcp.net"));
        assert!(!is_below("my-nonprod.webservices.mozgcp.net"));
        assert!(is_host("x.internal", "*.internal"));
        assert!(!is_host("x.example.com", "example.com"));
    }

    #[test]
    fn domains_have_no_star() {
        assert_eq!(domain("*.internal"), "internal");
        assert_eq!(domain("*.stage.mozaws.net"), "mozaws.net");
        assert_eq!(domain("localhost"), "localhost");
    }
}
