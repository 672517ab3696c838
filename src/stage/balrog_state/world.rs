//! What the update server answers from, as the effects of tasks say it.

use std::collections::BTreeMap;

use super::{PINS, RULES, SCHEDULED, allowlist, releases};
use crate::base::value::Value;
use crate::stage::balrog::allowlist::Allowlist;
use crate::stage::balrog::blob::Blob;
use crate::stage::balrog::rule::Rule;
use crate::stage::balrog::world::{PinKey, Release, World};
use crate::stage::merged::Merged;

/// The columns that the change of a rule may change.
pub const CHANGED: [&str; 3] = ["mapping", "fallbackMapping", "backgroundRate"];

/// A change that is scheduled: the release that it offers, and when in milliseconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct Scheduled<'a> {
    /// The release.
    pub mapping: &'a str,
    /// When.
    pub when: i64,
}

/// Makes the world of all releases, rules and pins. `is_made` says which of the scheduled changes are made;
/// without a list of hosts in the state, production's counts, and releases of products that it does not know may
/// use their own hosts: they were checked when they were submitted.
#[must_use]
pub fn world(merged: &Merged, is_made: &dyn Fn(Scheduled<'_>) -> bool) -> World {
    let releases = releases(merged).into_iter();
    let releases = releases.filter(|(_, release)| !release.product.is_empty());
    let releases = releases.map(|(name, release)| {
        let release = Release {
            product: release.product,
            blob: Value::Object(release.blob),
            read_only: release.read_only,
        };
        (name, release)
    });
    let made = |value: &Value| {
        is_made(Scheduled {
            mapping: value["mapping"].as_str().unwrap_or_default(),
            when: value["when"].as_i64().unwrap_or_default(),
        })
    };
    let rules = merged.space(RULES).map(|(key, entry)| {
        let mut columns = entry.value.clone();
        let change = merged.get(SCHEDULED, key).map(|entry| &entry.value);
        if let Some(change) = change.filter(|change| made(change)) {
            for name in CHANGED {
                columns[name] = change[name].clone();
            }
        }
        Rule::read(&columns)
    });
    let pins = merged.space(PINS).filter_map(|(_, entry)| {
        let value = &entry.value;
        if value.get("when").is_some() && !made(value) {
            return None;
        }
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        let key = PinKey {
            product: text("product")?,
            channel: text("channel")?,
            version: text("version")?,
        };
        Some((key, text("mapping")?))
    });
    let mut world = World {
        rules: rules.collect(),
        releases: releases.collect(),
        pins: pins.collect(),
        ..World::default()
    };
    world.allowlist = allowlist(merged).unwrap_or_else(|| assumed(&world.releases));
    world.sort_rules();
    world
}

/// The list of production, on which products that it does not know have the hosts of their releases.
fn assumed(releases: &BTreeMap<String, Release>) -> Allowlist {
    let production = Allowlist::production();
    let mut list = production.clone();
    let unknown = releases.values();
    for release in unknown.filter(|release| !production.knows(&release.product)) {
        let urls = Blob::read(&release.blob).map(|blob| blob.urls());
        for url in urls.unwrap_or_default() {
            list.allow_host_of(url, &[&release.product]);
        }
    }
    list
}
