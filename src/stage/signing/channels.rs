//! Which MAR channel ids a certificate may sign.
//!
//! This is the configuration of the real workers, a table of theirs: each product has its own, and the
//! product is in the scope that names the certificate. The certificate for builds that are not released
//! signs every channel.

use crate::base::pattern::ShellPattern;

/// What the workers of a product sign.
struct Product {
    /// The first part of its scopes.
    prefix: &'static str,
    nightly: &'static [&'static str],
    release: &'static [&'static str],
}

static PRODUCTS: &[Product] = &[
    Product {
        prefix: "project:releng:signing:",
        nightly: &[
            "firefox-nightly-*",
            "firefox-mozilla-central",
            "firefox-mozilla-central-asan",
            "firefox-mozilla-aurora",
        ],
        release: &[
            "firefox-mozilla-beta",
            "firefox-mozilla-release",
            "firefox-mozilla-esr",
        ],
    },
    Product {
        prefix: "project:comm:thunderbird:releng:signing:",
        nightly: &["thunderbird-comm-central", "thunderbird-comm-central-asan"],
        release: &[
            "thunderbird-comm-beta",
            "thunderbird-comm-release",
            "thunderbird-comm-esr",
        ],
    },
    Product {
        prefix: "project:enterprise:releng:signing:",
        nightly: &["firefox-enterprise-nightly"],
        release: &["firefox-enterprise-release", "firefox-enterprise-beta"],
    },
    Product {
        prefix: "project:adhoc:releng:signing:",
        nightly: &["*"],
        release: &["*"],
    },
];

/// The patterns of the channel ids that the certificate in a scope signs; `None` when nothing is known
/// of the product or of the certificate.
#[must_use]
pub fn allowed(scope: &str) -> Option<&'static [&'static str]> {
    let (prefix, certificate) = scope.split_once("cert:")?;
    if certificate == "dep-signing" {
        return Some(&["*"]);
    }
    let product = PRODUCTS.iter().find(|product| product.prefix == prefix)?;
    match certificate {
        "nightly-signing" => Some(product.nightly),
        "release-signing" => Some(product.release),
        _ => None,
    }
}

/// Whether one of the patterns matches a channel id.
#[must_use]
pub fn accepts(patterns: &[&str], channel: &str) -> bool {
    let mut patterns = patterns.iter().map(|pattern| ShellPattern::new(pattern));
    patterns.any(|pattern| pattern.matches(channel))
}
