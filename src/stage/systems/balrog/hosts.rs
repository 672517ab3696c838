//! The hosts that updates may be served from.

use super::history::is_variant;
use crate::base::value::Value;
use crate::stage::balrog::allowlist::Allowlist;
use crate::stage::balrog::blob::Blob;
use crate::stage::balrog_state::{self, DOMAINS, releases};
use crate::stage::merged::Merged;

/// The hosts of production's archive and bouncer.
const PRODUCTION_HOSTS: &[&str] = &["archive.mozilla.org", "download.mozilla.org"];

/// The hosts of the staging servers, which the list of the staging server has beside those of production.
const STAGING_HOSTS: &[&str] = &[
    "bucketlister-delivery.stage.mozaws.net",
    "dev.bouncer.nonprod.webservices.mozgcp.net",
    "ftp.stage.mozaws.net",
];

/// The hosts that a release of a product may be served from, and what could not be checked about them. `own` is the
/// name of the release without a suffix.
///
/// The list is that of the state, if it has one. Else it is production's, with the hosts of staging if the task is
/// for a staging server. About other products than Mozilla's, it says nothing; they may use these hosts, and those of
/// their earlier releases.
pub fn allowlist(
    state: &Merged,
    (product, own): (&str, &str),
    is_staging: bool,
) -> (Allowlist, Option<String>) {
    if let Some(list) = balrog_state::allowlist(state) {
        return (list, None);
    }
    let mut list = Allowlist::production();
    let staging = if is_staging { STAGING_HOSTS } else { &[] };
    if list.knows(product) {
        for host in staging {
            list.allow(host, &[product]);
        }
        return (list, None);
    }
    for host in PRODUCTION_HOSTS.iter().chain(staging) {
        list.allow(host, &[product]);
    }
    let earlier = releases(state).into_iter();
    let earlier =
        earlier.filter(|(name, release)| release.product == product && !is_variant(name, own));
    let mut is_known = false;
    for (_, release) in earlier {
        let blob = Value::Object(release.blob);
        let urls = Blob::read(&blob).map(|blob| blob.urls());
        for url in urls.unwrap_or_default() {
            list.allow_host_of(url, &[product]);
            is_known = true;
        }
    }
    let unknown = (!is_known).then(|| {
        format!(
            "that Balrog lets {product} be served from its hosts: neither a list of hosts (`{DOMAINS}`) nor an earlier release is known, so it may use those of Mozilla's products"
        )
    });
    (list, unknown)
}
