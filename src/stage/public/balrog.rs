//! Rules and releases, from Balrog's public API.

use std::collections::BTreeSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::read::{PublicError, Reader, Services, Wanted, read_json};
use crate::base::text::list_some;
use crate::base::value::Value;
use crate::stage::balrog::rule::Rule;

/// The most bytes of all rules of a product.
const MAX_RULES: u64 = 16 << 20;

/// The most bytes of a release.
const MAX_RELEASE: u64 = 64 << 20;

/// What is written with a percent sign in a part of an address.
const PART: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The columns of a rule that name a release.
const OFFERED: [&str; 2] = ["mapping", "fallbackMapping"];

/// The rules that clients of the channels may get, and those of the tests of these channels.
///
/// # Errors
/// When they cannot be read, or there are none.
pub fn rules(
    reader: &dyn Reader,
    services: &Services,
    wanted: &Wanted,
) -> Result<Vec<Value>, PublicError> {
    let product = utf8_percent_encode(&wanted.product, PART);
    let address = format!("{}/api/v1/rules?product={product}", services.balrog);
    let answer = read_json(reader, &address, MAX_RULES)?;
    let answer = answer.ok_or_else(|| PublicError::Missing {
        address: address.clone(),
        what: "it would be the rules of the product",
    })?;
    let wrong = |why: String| PublicError::Form {
        address: address.clone(),
        why,
    };
    let rules = answer["rules"].as_array();
    let rules = rules.ok_or_else(|| wrong("the answer has no list `rules`".to_owned()))?;
    let count = u64::try_from(rules.len()).unwrap_or(u64::MAX);
    if answer["count"].as_u64() != Some(count) {
        return Err(wrong(format!(
            "the answer has {count} rules, but says that there are {}",
            answer["count"]
        )));
    }
    let mut kept = Vec::new();
    let mut others = Vec::new();
    let mut keys = BTreeSet::new();
    for rule in rules.iter() {
        if rule["rule_id"].as_u64().is_none() {
            return Err(wrong("a rule has no `rule_id`".to_owned()));
        }
        if rule["product"]
            .as_str()
            .is_some_and(|of| of != wanted.product)
        {
            return Err(wrong(format!(
                "the rule {} is of the product {}",
                rule["rule_id"], rule["product"]
            )));
        }
        let problems = Rule::column_problems(rule);
        if !problems.is_empty() {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            return Err(wrong(format!(
                "the rule {}: {}",
                rule["rule_id"],
                problems.join(", ")
            )));
        }
        if !keys.insert(key(rule)) {
            return Err(wrong(format!("two rules are named {}", key(rule))));
        }
        let channel = rule["channel"].as_str();
        let concerns = |wanted: &String| channel.is_none_or(|channel| concerns(channel, wanted));
        if wanted.channels.iter().any(concerns) {
            kept.push(rule.clone());
        } else {
            others.extend(channel.map(str::to_owned));
        }
    }
    if kept.is_empty() {
        others.sort_unstable();
        others.dedup();
        return Err(PublicError::NoRules(format!(
            "Balrog has no rules of {} for {}: its rules are for {}",
            wanted.product,
            wanted.channels.join(", "),
            list_some(&others)
        )));
    }
    Ok(kept)
}

/// Whether a rule for a channel concerns another one: it is for the same, for one of its tests or partners, or its
/// pattern covers it.
fn concerns(channel: &str, wanted: &str) -> bool {
    let start = channel.strip_suffix('*');
    let is_below = |channel: &str| {
        let rest = channel.strip_prefix(wanted);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    match start {
        Some(start) => wanted.starts_with(start) || is_below(start),
        None => is_below(channel),
    }
}

/// The key of a rule.
pub fn key(rule: &Value) -> String {
    let alias = rule["alias"].as_str();
    alias.map_or_else(|| rule["rule_id"].to_string(), str::to_owned)
}

/// The releases that a rule offers.
pub fn offered(rule: &Value) -> Vec<String> {
    let names = OFFERED.iter().filter_map(|column| rule[*column].as_str());
    names.map(str::to_owned).collect()
}

/// A release; `None` if there is none.
///
/// # Errors
/// When it cannot be read, or is another one.
pub fn release(
    reader: &dyn Reader,
    services: &Services,
    name: &str,
) -> Result<Option<Value>, PublicError> {
    let part = utf8_percent_encode(name, PART);
    let address = format!("{}/api/v1/releases/{part}", services.balrog);
    let Some(blob) = read_json(reader, &address, MAX_RELEASE)? else {
        return Ok(None);
    };
    match blob["name"].as_str() {
        Some(found) if found == name => Ok(Some(blob)),
        _ => Err(PublicError::Form {
            address,
            why: format!("the name of the release is {}, not {name:?}", blob["name"]),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_concern_a_channel_its_tests_and_its_partners() {
        for (channel, is_it) in [
            ("release", true),
            ("release-localtest", true),
            ("release-cck-mozilla", true),
            ("release*", true),
            ("rel*", true),
            ("release-cdntest*", true),
            ("*", true),
            ("releases", false),
            ("beta", false),
            ("beta*", false),
        ] {
            assert_eq!(concerns(channel, "release"), is_it, "{channel}");
        }
    }
}
