//! What the update server has, as the effects of tasks say it.
//!
//! | space | key | value |
//! |---|---|---|
//! | `balrog-release` | `NAME` | `product`, `read_only`, and as `blob` all but the next two |
//! | `balrog-release-urls` | `NAME CHANNEL` | where the channel finds the files |
//! | `balrog-release-locale` | `NAME PLATFORM LOCALE` | the data of the locale |
//! | `balrog-rule` | alias or id | all columns |
//! | `balrog-scheduled` | alias or id | all columns as they will be, with `when` in milliseconds |
//! | `balrog-pin` | `PRODUCT CHANNEL PIN` | `product`, `channel`, `version`, `mapping`, and `when` if it is scheduled |
//! | `balrog-domain` | host | the products whose files it may have |
//! | `balrog-required-signoff` | `PRODUCT CHANNEL ROLE` | `product`, `channel`, `role`, `signoffs_required` |
//!
//! A release is in three spaces because tasks that do not wait for each other add channels and locales to it.

pub mod world;

use std::collections::BTreeMap;

use crate::base::value::{Object, Value, json};
use crate::stage::balrog::allowlist::Allowlist;
use crate::stage::merged::Merged;

/// The space of releases.
pub const RELEASES: &str = "balrog-release";
/// The space of the addresses of releases.
pub const URLS: &str = "balrog-release-urls";
/// The space of the locales of releases.
pub const LOCALES: &str = "balrog-release-locale";
/// The space of rules.
pub const RULES: &str = "balrog-rule";
/// The space of scheduled changes.
pub const SCHEDULED: &str = "balrog-scheduled";
/// The space of pins.
pub const PINS: &str = "balrog-pin";
/// The space of the hosts that updates may be served from.
pub const DOMAINS: &str = "balrog-domain";
/// The space of the sign-offs that changes of rules need.
pub const SIGNOFFS: &str = "balrog-required-signoff";

/// The hosts that updates may be served from, if anything is known about them.
#[must_use]
pub fn allowlist(merged: &Merged) -> Option<Allowlist> {
    let domains = merged.space(DOMAINS);
    let domains: Object = domains
        .map(|(host, entry)| (host, entry.value.clone()))
        .collect();
    (!domains.is_empty()).then(|| Allowlist::read(&Value::Object(domains)))
}

/// The key of a locale of a release.
#[must_use]
pub fn locale_key(name: &str, platform: &str, locale: &str) -> String {
    format!("{name} {platform} {locale}")
}

/// The key of the addresses of a channel of a release.
#[must_use]
pub fn urls_key(name: &str, channel: &str) -> String {
    format!("{name} {channel}")
}

/// A release.
#[derive(Debug, Clone, Default)]
pub struct Release {
    /// The product; empty if only locales of it are known.
    pub product: String,
    /// All of its data, if only locales are known these alone.
    pub blob: Object,
    /// Whether it is protected from changes.
    pub read_only: bool,
}

impl Release {
    fn read(value: &Value) -> Self {
        Self {
            product: value["product"].as_str().unwrap_or_default().to_owned(),
            blob: value["blob"].as_object().cloned().unwrap_or_default(),
            read_only: value["read_only"] == true,
        }
    }
}

/// A release without its locales.
#[must_use]
pub fn base(merged: &Merged, name: &str) -> Option<Release> {
    let mut release = Release::read(&merged.get(RELEASES, name)?.value);
    for (key, entry) in merged.space(URLS) {
        if let Some((of, channel)) = key.rsplit_once(' ')
            && of == name
        {
            below(&mut release.blob, "fileUrls").insert(channel, entry.value.clone());
        }
    }
    Some(release)
}

/// All releases, by name.
#[must_use]
pub fn releases(merged: &Merged) -> BTreeMap<String, Release> {
    let named = merged.space(RELEASES);
    let named = named.map(|(name, entry)| (name.to_owned(), Release::read(&entry.value)));
    let mut releases: BTreeMap<String, Release> = named.collect();
    for (key, entry) in merged.space(URLS) {
        if let Some((name, channel)) = key.rsplit_once(' ')
            && let Some(release) = releases.get_mut(name)
        {
            below(&mut release.blob, "fileUrls").insert(channel, entry.value.clone());
        }
    }
    for (key, entry) in merged.space(LOCALES) {
        let mut parts = key.rsplitn(3, ' ');
        if let (Some(locale), Some(platform), Some(name)) =
            (parts.next(), parts.next(), parts.next())
        {
            let blob = &mut releases.entry(name.to_owned()).or_default().blob;
            let platform = below(below(blob, "platforms"), platform);
            below(platform, "locales").insert(locale, entry.value.clone());
        }
    }
    releases
}

/// A mapping in another, made if there is none.
fn below<'o>(map: &'o mut Object, key: &str) -> &'o mut Object {
    if !map[key].is_object() {
        map.insert(key, Value::Object(Object::new()));
    }
    match map.get_mut(key) {
        Some(Value::Object(below)) => below,
        _ => unreachable!("made above"),
    }
}

/// A part of a release to note: space, key and value.
pub type Part = (&'static str, String, Value);

/// The parts of a release without its locales.
#[must_use]
pub fn parts(name: &str, release: &Release) -> Vec<Part> {
    let mut blob = release.blob.clone();
    let urls = blob.shift_remove("fileUrls").unwrap_or_default();
    if let Some(Value::Object(platforms)) = blob.get_mut("platforms") {
        for (_, platform) in platforms.iter_mut() {
            if let Value::Object(platform) = platform {
                platform.shift_remove("locales");
            }
        }
    }
    let base = json!({
        "product": release.product,
        "read_only": release.read_only,
        "blob": Value::Object(blob),
    });
    let mut parts = vec![(RELEASES, name.to_owned(), base)];
    for (channel, urls) in urls.as_object().into_iter().flatten() {
        parts.push((URLS, urls_key(name, channel), urls.clone()));
    }
    parts
}

/// The locales in the data of a release: platform, locale, data.
pub fn locales(blob: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let platforms = blob["platforms"].as_object().into_iter().flatten();
    platforms.flat_map(|(platform, data)| {
        let locales = data["locales"].as_object().into_iter().flatten();
        locales.map(move |(locale, data)| (platform.as_str(), locale.as_str(), data))
    })
}

/// The data of a locale of a release. An alias of a platform leads to it.
#[must_use]
pub fn locale<'m>(
    merged: &'m Merged,
    name: &str,
    platform: &str,
    locale: &str,
) -> Option<&'m Value> {
    let platforms = platforms(merged, name);
    let target = alias(platforms, platform).unwrap_or(platform);
    let own = merged.get(LOCALES, &locale_key(name, target, locale));
    own.map(|entry| &entry.value)
        .or_else(|| platforms[target]["locales"].get(locale))
}

/// The platforms of a release, without locales.
#[must_use]
pub fn platforms<'m>(merged: &'m Merged, name: &str) -> &'m Value {
    static NONE: Value = Value::Null;
    let release = merged.get(RELEASES, name);
    release.map_or(&NONE, |entry| &entry.value["blob"]["platforms"])
}

/// The platform that another one is an alias of.
#[must_use]
pub fn alias<'v>(platforms: &'v Value, platform: &str) -> Option<&'v str> {
    platforms[platform]["alias"].as_str()
}
