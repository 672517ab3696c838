//! The hosts that updates may be served from.

use std::collections::BTreeSet;

use super::files::host;
use super::history::is_variant;
use crate::base::value::{Object, Value};
use crate::stage::balrog::allowlist::Allowlist;
use crate::stage::balrog_state::{DOMAINS, releases};
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
    let domains = state.space(DOMAINS);
    let domains: Object = domains
        .map(|(host, entry)| (host, entry.value.clone()))
        .collect();
    if !domains.is_empty() {
        return (Allowlist::read(&Value::Object(domains)), None);
    }
    let mut list = Allowlist::production();
    let staging = if is_staging { STAGING_HOSTS } else { &[] };
    if list.knows(product) {
        for host in staging {
            list.allow(host, &[product]);
        }
        return (list, None);
    }
    let earlier = releases(state).into_iter();
    let earlier =
        earlier.filter(|(name, release)| release.product == product && !is_variant(name, own));
    let earlier: BTreeSet<String> = earlier
        .flat_map(|(_, release)| hosts_of(&release.blob))
        .collect();
    let unknown = earlier.is_empty().then(|| {
        format!(
            "that Balrog lets {product} be served from its hosts: neither a list of hosts (`{DOMAINS}`) nor an earlier release is known, so it may use those of Mozilla's products"
        )
    });
    let known = PRODUCTION_HOSTS.iter().chain(staging).copied();
    for host in known.chain(earlier.iter().map(String::as_str)) {
        list.allow(host, &[product]);
    }
    (list, unknown)
}

/// The hosts of the addresses of a release.
fn hosts_of(blob: &Object) -> BTreeSet<String> {
    let channels = blob["fileUrls"].as_object().into_iter().flatten();
    let kinds = channels.flat_map(|(_, kinds)| kinds.as_object().into_iter().flatten());
    let urls = kinds.flat_map(|(_, urls)| urls.as_object().into_iter().flatten());
    let hosts = urls.filter_map(|(_, url)| Some(host(url.as_str()?)?.to_owned()));
    hosts.collect()
}
