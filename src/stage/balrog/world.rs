//! All that Balrog's answers depend on.

use std::collections::{BTreeMap, BTreeSet};

use super::allowlist::Allowlist;
use super::rule::Rule;
use crate::base::value::Value;

/// What is in Balrog's database and configuration.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// The rules, by number. Of several that match with the same priority, the first one counts.
    pub rules: Vec<Rule>,
    /// The releases, by name.
    pub releases: BTreeMap<String, Release>,
    /// The releases that clients may be pinned to.
    pub pins: BTreeMap<PinKey, String>,
    /// The products and channels for which updates are shut off.
    pub shutoffs: BTreeSet<(String, String)>,
    /// The hosts that updates may be served from.
    pub allowlist: Allowlist,
    /// What URLs begin with that are told about forced requests.
    pub special_force_hosts: Vec<String>,
}

/// A release that may be offered.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Release {
    /// The product.
    pub product: String,
    /// What is offered: platforms, locales, files.
    pub blob: Value,
    /// Whether it must not be changed.
    pub read_only: bool,
}

/// What a release is pinned by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PinKey {
    /// The product.
    pub product: String,
    /// The channel.
    pub channel: String,
    /// The version, e.g. `78.` or `78.8.`.
    pub version: String,
}

/// Why a world cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is missing or has another form than rules and releases of Balrog")]
pub struct Malformed(pub &'static str);

impl World {
    /// Reads a world: a mapping with `rules`, `releases` by name with `blob` and `product`, and perhaps
    /// `pinnable`, `shutoffs`, `allowlist` and `special_force_hosts`.
    ///
    /// # Errors
    /// [`Malformed`] names what has another form.
    pub fn read(value: &Value) -> Result<Self, Malformed> {
        let list = |name: &'static str| match &value[name] {
            Value::Null => Ok(Vec::new()),
            Value::Array(items) => Ok(items.iter().collect()),
            _ => Err(Malformed(name)),
        };
        let text = |value: &Value, name: &'static str, field: &str| {
            value[field]
                .as_str()
                .map(str::to_owned)
                .ok_or(Malformed(name))
        };
        let releases = match &value["releases"] {
            Value::Null => None,
            Value::Object(releases) => Some(releases),
            _ => return Err(Malformed("releases")),
        };
        let releases = releases.into_iter().flatten().map(|(name, release)| {
            let release = Release {
                product: text(release, "releases", "product")?,
                blob: release["blob"].clone(),
                read_only: release["read_only"] == true,
            };
            Ok((name.to_string(), release))
        });
        let pins = list("pinnable")?.into_iter().map(|pin| {
            let key = PinKey {
                product: text(pin, "pinnable", "product")?,
                channel: text(pin, "pinnable", "channel")?,
                version: text(pin, "pinnable", "version")?,
            };
            Ok((key, text(pin, "pinnable", "mapping")?))
        });
        let shutoffs = list("shutoffs")?.into_iter().map(|row| {
            Ok((
                text(row, "shutoffs", "product")?,
                text(row, "shutoffs", "channel")?,
            ))
        });
        let hosts = list("special_force_hosts")?.into_iter();
        let hosts = hosts.map(|host| {
            host.as_str()
                .map(str::to_owned)
                .ok_or(Malformed("special_force_hosts"))
        });
        let mut world = Self {
            rules: list("rules")?.into_iter().map(Rule::read).collect(),
            releases: releases.collect::<Result<_, _>>()?,
            pins: pins.collect::<Result<_, _>>()?,
            shutoffs: shutoffs.collect::<Result<_, _>>()?,
            allowlist: Allowlist::read(&value["allowlist"]),
            special_force_hosts: hosts.collect::<Result<_, _>>()?,
        };
        world.sort_rules();
        Ok(world)
    }

    /// Puts the rules in the order of the database.
    pub fn sort_rules(&mut self) {
        self.rules.sort_by_key(|rule| rule.rule_id);
    }
}
