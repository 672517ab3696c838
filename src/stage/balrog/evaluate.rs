//! Which release a client is offered.

use super::blob::Blob;
use super::blob::offer::Serve;
use super::fault::Fault;
use super::matching::fallback_channel;
use super::query::{Force, Query};
use super::rule::Rule;
use super::version::Pin;
use super::world::{PinKey, World};

/// What the rules say about a request.
#[derive(Debug, Clone)]
pub struct Outcome<'w> {
    /// The rule that counts.
    pub rule: Option<&'w Rule>,
    /// What follows.
    pub decision: Decision<'w>,
}

/// What follows from the rules.
#[derive(Debug, Clone)]
pub enum Decision<'w> {
    /// Updates are shut off for the product and channel.
    ShutOff,
    /// No rule matches.
    NoRule,
    /// The rule names no release.
    NoMapping,
    /// The background rate leaves the client out, and there is no fallback for those.
    LeftOut,
    /// The release is not newer than what the client has, or has nothing for its platform.
    NotServed {
        /// The name of the release.
        release: &'w str,
    },
    /// The client is offered a release.
    Offered {
        /// The name that the release has in the rules.
        release: &'w str,
        /// What it offers.
        blob: Blob<'w>,
    },
}

/// The rules that match a request, in the order of the database.
///
/// # Errors
/// Those of [`Rule::is_match`].
pub fn matching_rules<'w>(
    world: &'w World,
    query: &Query,
    fallback: &str,
) -> Result<Vec<&'w Rule>, Fault> {
    let mut matching = Vec::new();
    for rule in world.rules.iter().filter(|rule| rule.is_candidate(query)) {
        if rule.is_match(query, fallback)? {
            matching.push(rule);
        }
    }
    Ok(matching)
}

/// Decides which release a client is offered. `die` is the number from 0 to 99 that is compared with a rule's
/// background rate.
///
/// # Errors
/// [`Fault::BadData`] if the request or a rule cannot be read; [`Fault::Broken`] if a release is missing or
/// broken.
pub fn evaluate<'w>(world: &'w World, query: &Query, die: u8) -> Result<Outcome<'w>, Fault> {
    let fallback = fallback_channel(&query.channel);
    let is_off = |channel: &str| {
        let mut shutoffs = world.shutoffs.iter();
        shutoffs.any(|(product, off)| *product == query.product && off == channel)
    };
    let without_rule = |decision| {
        Ok(Outcome {
            rule: None,
            decision,
        })
    };
    if is_off(&query.channel) || is_off(fallback) {
        return without_rule(Decision::ShutOff);
    }
    let mut first: Option<&Rule> = None;
    for rule in matching_rules(world, query, fallback)? {
        if first.is_none_or(|first| rule.priority > first.priority) {
            first = Some(rule);
        }
    }
    match first {
        Some(rule) => Ok(Outcome {
            rule: Some(rule),
            decision: apply(world, query, rule, die)?,
        }),
        None => without_rule(Decision::NoRule),
    }
}

/// What a rule says about a request that it matches.
fn apply<'w>(
    world: &'w World,
    query: &Query,
    rule: &'w Rule,
    die: u8,
) -> Result<Decision<'w>, Fault> {
    let named = |mapping: &'w Option<String>| mapping.as_deref().filter(|name| !name.is_empty());
    let Some(mut name) = named(&rule.mapping) else {
        return Ok(Decision::NoMapping);
    };
    let is_left_out = query.force != Some(Force::Mapping)
        && rule.background_rate < 100
        && (query.force == Some(Force::Fallback) || i64::from(die) >= rule.background_rate);
    if is_left_out {
        let Some(fallback) = named(&rule.fallback_mapping) else {
            return Ok(Decision::LeftOut);
        };
        name = fallback;
    }
    let mut blob = blob(world, name, rule)?;
    match blob.should_serve(query)? {
        Serve::No => return Ok(Decision::NotServed { release: name }),
        Serve::Yes => {}
        Serve::Unpinned => {
            if let Some(pinned) = pinned(world, query)? {
                name = pinned;
                blob = self::blob(world, name, rule)?;
                if blob.should_serve(query)? == Serve::No {
                    return Ok(Decision::NotServed { release: name });
                }
            }
        }
    }
    Ok(Decision::Offered {
        release: name,
        blob,
    })
}

fn blob<'w>(world: &'w World, name: &str, rule: &Rule) -> Result<Blob<'w>, Fault> {
    let release = world.releases.get(name).ok_or_else(|| {
        Fault::broken(format!(
            "rule {} leads to the release `{name}`, which does not exist",
            rule.rule_id
        ))
    })?;
    Blob::read(&release.blob)
}

/// The release that the version is pinned to which the client asks for.
fn pinned<'w>(world: &'w World, query: &Query) -> Result<Option<&'w str>, Fault> {
    let Some(pin) = &query.pin else {
        return Ok(None);
    };
    let key = PinKey {
        product: query.product.clone(),
        channel: fallback_channel(&query.channel).to_owned(),
        version: Pin::read(pin)?.written(),
    };
    Ok(world.pins.get(&key).map(String::as_str))
}
