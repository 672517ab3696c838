//! The names of hosts in texts.

/// Whether a text names a host, or for one that begins with `*.`, a host below it.
pub(super) fn names_host(text: &str, host: &str) -> bool {
    match host.strip_prefix('*') {
        Some(domain) => ends_a_name(text, domain),
        None => find(text, host).is_some(),
    }
}

/// Whether a name in a text ends in a domain, which begins with a point.
fn ends_a_name(text: &str, domain: &str) -> bool {
    text.match_indices(domain).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + domain.len()..);
        let after = after.and_then(|after| after.chars().next());
        before.is_some_and(|sign| sign.is_ascii_alphanumeric())
            && !after.is_some_and(|sign| sign.is_ascii_alphanumeric() || sign == '-')
    })
}

/// Where a text names a host, not as a part of a longer name.
pub(super) fn find(text: &str, host: &str) -> Option<usize> {
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
    fn stars_stand_for_hosts_below() {
        let names = |text: &str| names_host(text, "*.nonprod.webservices.mozgcp.net");
        assert!(names("https://stage.x.nonprod.webservices.mozgcp.net/a"));
        assert!(names("x.nonprod.webservices.mozgcp.net"));
        assert!(!names("https://nonprod.webservices.mozgcp.net"));
        assert!(!names("https://x.nonprod.webservices.mozgcp.network"));
    }
}
