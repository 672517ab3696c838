//! Clients that need another product than they ask for.

/// The product for clients on versions of Windows that newer products do not support.
pub const OLD_WINDOWS: &str = "firefox-esr115-latest-ssl";

/// Versions before the certificates were changed in 2024.
const BEFORE_2024_RELEASE: &str = "127.0";
const BEFORE_2024_BETA: &str = "127.0b9";
const BEFORE_2024_NIGHTLY: &str = "firefox-nightly-pre2024";

/// Whether a client names Windows 7, 8 or 8.1.
#[must_use]
pub fn is_old_windows(user_agent: &str) -> bool {
    let names = ["Windows NT 6.1", "Windows NT 6.2", "Windows NT 6.3"];
    names.iter().any(|name| user_agent.contains(name))
}

/// Whether a client names Windows for 64 bits.
#[must_use]
pub fn is_windows_64(user_agent: &str) -> bool {
    user_agent.contains("Win64") || user_agent.contains("WOW64")
}

/// Whether a request comes from a page of a site that knows what its visitors need.
#[must_use]
pub fn is_trusted_page(referrer: &str) -> bool {
    let sites = ["https://www.mozilla.org/", "https://www.firefox.com/"];
    sites.iter().any(|site| referrer.starts_with(site))
}

/// Whether a client is a stub installer that accepts only certificates from before 2024.
#[must_use]
pub fn is_stub_before_2024(user_agent: &str) -> bool {
    user_agent == "NSIS InetBgDL (Mozilla)"
}

/// The product for such a stub installer.
#[must_use]
pub fn product_before_2024(product: &str) -> String {
    let partner = product
        .strip_prefix("partner-firefox-release-unitedinternet-")
        .and_then(|rest| rest.strip_suffix("-latest"));
    if let Some(partner) = partner {
        return format!("firefox-{BEFORE_2024_RELEASE}-unitedinternet-{partner}");
    }
    let Some(link) = product.strip_prefix("firefox-") else {
        return product.to_owned();
    };
    let (link, end) = match link.strip_suffix("-ssl") {
        Some(link) => (link, "-ssl"),
        None => (link, ""),
    };
    match link {
        "nightly-latest" | "nightly-latest-l10n" => format!("{BEFORE_2024_NIGHTLY}{end}"),
        "beta-latest" => format!("firefox-{BEFORE_2024_BETA}{end}"),
        "devedition-latest" => format!("devedition-{BEFORE_2024_BETA}{end}"),
        "latest" => format!("firefox-{BEFORE_2024_RELEASE}{end}"),
        _ => product.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_stubs_get_old_products() {
        for (asked, given) in [
            ("firefox-latest", "firefox-127.0"),
            ("firefox-latest-ssl", "firefox-127.0-ssl"),
            ("firefox-beta-latest-ssl", "firefox-127.0b9-ssl"),
            ("firefox-devedition-latest", "devedition-127.0b9"),
            (
                "firefox-nightly-latest-l10n-ssl",
                "firefox-nightly-pre2024-ssl",
            ),
            (
                "partner-firefox-release-unitedinternet-gmx-latest",
                "firefox-127.0-unitedinternet-gmx",
            ),
            (
                "partner-firefox-release-other-gmx-latest",
                "partner-firefox-release-other-gmx-latest",
            ),
            ("firefox-esr-latest", "firefox-esr-latest"),
            ("thunderbird-latest", "thunderbird-latest"),
            ("firefox", "firefox"),
        ] {
            assert_eq!(product_before_2024(asked), given);
        }
    }
}
