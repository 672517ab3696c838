//! Rules: those of the release and its history, and the ones that are made up where there is no history.

use std::collections::BTreeMap;

use crate::base::value::{Object, Value, json, py_str};
use crate::stage::balrog::rule::Rule as Columns;
use crate::stage::balrog::signoffs::{Requirement, by_role, for_rule};
use crate::stage::balrog_state::world::CHANGED;
use crate::stage::balrog_state::{RULES, SCHEDULED, SIGNOFFS};
use crate::stage::keys::Hash;
use crate::stage::merged::Merged;

/// The rules of production that offer releases to users: id, product, channel. Their other columns are made up.
const PRODUCTION: &[(u64, &str, &str)] = &[
    (10, "Devedition", "aurora"),
    (32, "Firefox", "beta"),
    (145, "Firefox", "release"),
    (3090, "Firefox", "esr"),
    (18015, "Firefox", "esr"),
];

/// The sign-offs that are asked for where nothing else is known: role and number.
const ROLES: &[(&str, u64)] = &[("releng", 1), ("relman", 1)];

/// What the channels of nightly builds begin with: their releases change without sign-offs.
const NIGHTLY: &str = "nightly";

/// Made up rules have ids from here on.
const FIRST_ID: u64 = 1_000_000;

/// The columns of rules that are null unless something else is said, beside the [`CONDITIONS`].
const NULL_COLUMNS: &[&str] = &["mapping", "fallbackMapping", "comment"];

/// Whether users are on a channel, and not only those who test a release.
pub fn has_users(channel: &str) -> bool {
    !["localtest", "cdntest", "test"]
        .iter()
        .any(|word| channel.split('-').any(|part| part == *word))
}

/// The columns that only let some clients of a channel get what a rule offers.
const CONDITIONS: &[&str] = &[
    "version",
    "buildTarget",
    "buildID",
    "locale",
    "osVersion",
    "memory",
    "instructionSet",
    "distribution",
    "distVersion",
    "headerArchitecture",
    "mig64",
    "jaws",
];

/// Whether a rule is only for some clients of its channel.
pub fn has_conditions(rule: &Rule) -> bool {
    CONDITIONS
        .iter()
        .any(|column| !rule.columns[*column].is_null())
}

/// A rule with the key of its space.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its key.
    pub key: String,
    /// All of its columns.
    pub columns: Object,
}

impl Rule {
    /// A text of a column; empty if it is null.
    pub fn text(&self, column: &str) -> &str {
        self.columns[column].as_str().unwrap_or_default()
    }

    /// The rule in a line.
    pub fn to_line(&self) -> String {
        let column = |name: &str| py_str(&self.columns[name]);
        format!(
            "mapping {}, rate {}, fallback {}",
            column("mapping"),
            column("backgroundRate"),
            column("fallbackMapping")
        )
    }

    /// The rule with another release, changed once more.
    pub fn with(&self, columns: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        let mut rule = self.clone();
        for (name, value) in columns {
            rule.columns.insert(name, value);
        }
        let version = self.columns["data_version"].as_u64().unwrap_or(1);
        rule.columns
            .insert("data_version", version.saturating_add(1));
        rule
    }
}

/// The comment of rules that are made up: they say nothing about which other rules there are.
const MADE_UP: &str = "made up for a staged release without history";

impl Rule {
    /// Why Balrog would refuse the rule, or match it in an unexpected way.
    pub fn refusals(&self, name: &str) -> Vec<String> {
        let columns = Value::Object(self.columns.clone());
        let problems = Columns::column_problems(&columns).into_iter();
        let problems =
            problems.map(|problem| format!("the rule {name} as Balrog gets it: {problem}"));
        problems.collect()
    }

    /// Whether the rule was made up.
    pub fn is_made_up(&self) -> bool {
        self.text("comment") == MADE_UP
    }
}

/// All rules, by key. Changes that were scheduled by other releases have been signed off and made.
pub fn rules(merged: &Merged, is_own: impl Fn(&str) -> bool) -> BTreeMap<String, Rule> {
    let mut rules: BTreeMap<String, Rule> = BTreeMap::new();
    for (key, entry) in merged.space(RULES) {
        let columns = entry.value.as_object().cloned().unwrap_or_default();
        let key = key.to_owned();
        rules.insert(key.clone(), Rule { key, columns });
    }
    for (key, entry) in merged.space(SCHEDULED) {
        let mapping = entry.value["mapping"].as_str().unwrap_or_default();
        if !is_own(mapping)
            && let Some(rule) = rules.get_mut(key)
        {
            *rule = rule.with(CHANGED.map(|name| (name, entry.value[name].clone())));
        }
    }
    rules
}

/// Finds a rule by alias or id.
pub fn find<'r>(rules: &'r BTreeMap<String, Rule>, name: &str) -> Option<&'r Rule> {
    let is_it = |rule: &&Rule| {
        rule.key == name || rule.text("alias") == name || py_str(&rule.columns["rule_id"]) == name
    };
    rules.get(name).or_else(|| rules.values().find(is_it))
}

/// A rule with all its columns.
fn made(id: u64, alias: Option<&str>, product: &str, channel: &str) -> Rule {
    let mut columns = Object::from([
        ("rule_id", Value::from(id)),
        ("alias", alias.into()),
        ("priority", 90.into()),
        ("backgroundRate", 100.into()),
        ("update_type", "minor".into()),
        ("product", product.into()),
        ("channel", channel.into()),
        ("data_version", 1.into()),
    ]);
    for name in NULL_COLUMNS.iter().chain(CONDITIONS) {
        columns.insert(*name, Value::Null);
    }
    columns.insert("comment", Value::from(MADE_UP));
    Rule {
        key: alias.map_or_else(|| id.to_string(), str::to_owned),
        columns,
    }
}

/// Makes up a rule of a test channel from its alias: the last word of `firefox-release-localtest` says which of
/// the channels of the release it is for. `None` if there is no such channel.
pub fn for_test_channel(alias: &str, product: &str, channels: &[String]) -> Option<Rule> {
    let kind = alias.rsplit('-').next().unwrap_or(alias);
    let mut fitting: Vec<&String> = channels
        .iter()
        .filter(|channel| !has_users(channel) && channel.split('-').any(|part| part == kind))
        .collect();
    // The channel of which most is in the alias; the shortest of several.
    let words = |channel: &str| {
        let parts = alias.split('-').collect::<Vec<_>>();
        channel
            .split('-')
            .filter(|part| parts.contains(part))
            .count()
    };
    fitting.sort_by_key(|channel| (usize::MAX - words(channel), channel.len()));
    let channel = fitting.first()?;
    let hash = Hash::Sha256.hex(alias.as_bytes());
    let digits = u64::from_str_radix(hash.get(..6).unwrap_or_default(), 16).unwrap_or_default();
    Some(made(FIRST_ID + digits, Some(alias), product, channel))
}

/// A rule of production by its id.
pub fn of_production(id: &str) -> Option<Rule> {
    let id: u64 = id.parse().ok()?;
    let mut known = PRODUCTION.iter();
    let (id, product, channel) = known.find(|(known, ..)| *known == id)?;
    Some(made(*id, None, product, channel))
}

/// Whether production has rules of a product.
pub fn is_of_production(product: &str) -> bool {
    PRODUCTION.iter().any(|(_, known, _)| *known == product)
}

/// Makes up a rule that offers a release to users, for a product of which nothing is known.
pub fn for_users(id: &Value, product: &str, channel: &str) -> Rule {
    match id.as_u64() {
        Some(number) => made(number, None, product, channel),
        None => made(FIRST_ID, id.as_str(), product, channel),
    }
}

/// Reports a channel that the versions of a release must not get to; `None` if there is nothing to report.
pub fn unfit_channel(version: &str, channel: &str) -> Option<String> {
    let base = channel.split(['-', '*']).next().unwrap_or(channel);
    let end = version.trim_end_matches(|sign: char| sign.is_ascii_digit());
    let wrong = match (end, base) {
        (end, "release" | "esr") => end.ends_with('a') || end.ends_with('b'),
        (end, "beta" | "aurora") => end.ends_with('a') || end.ends_with("esr"),
        _ => false,
    };
    let is_esr = version.ends_with("esr");
    let wrong = wrong || (base == "release" && is_esr) || (base == "esr" && !is_esr);
    wrong.then(|| format!("{version} is not a version for the channel `{channel}`"))
}

/// Who has to sign off a change of a rule: role and number. Where nothing is known of required sign-offs, some are
/// assumed for rules that users follow.
pub fn signoffs(merged: &Merged, rule: &Rule) -> BTreeMap<String, u64> {
    let known = merged.space(SIGNOFFS);
    let known: Vec<Requirement> = known
        .map(|(_, entry)| Requirement::read(&entry.value))
        .collect();
    if known.is_empty() {
        let channel = rule.text("channel");
        let is_guarded = has_users(channel) && !channel.starts_with(NIGHTLY);
        let roles = ROLES.iter().filter(|_| is_guarded);
        return roles
            .map(|(role, count)| ((*role).to_owned(), *count))
            .collect();
    }
    let [product, channel] = ["product", "channel"].map(|column| rule.columns[column].as_str());
    let needed = by_role(for_rule(&known, product, channel)).into_iter();
    needed
        .map(|(role, count)| (role.to_owned(), count))
        .collect()
}

/// Why a release cannot be changed: rules that need sign-offs offer it already, be it to those whom the background
/// rate leaves out.
pub fn obstacles(state: &Merged, name: &str) -> Vec<String> {
    let all = rules(state, |_| false);
    let offers = |rule: &&Rule| {
        ["mapping", "fallbackMapping"]
            .map(|of| rule.text(of))
            .contains(&name)
    };
    let guarded = all
        .values()
        .filter(offers)
        .filter(|rule| !signoffs(state, rule).is_empty());
    let why = guarded.map(|rule| {
        let channel = rule.text("channel");
        format!(
            "{name} is offered on the channel `{channel}` already, so Balrog refuses changes without sign-offs"
        )
    });
    why.collect()
}

/// Sign-offs in words.
pub fn in_words(needed: &BTreeMap<String, u64>) -> String {
    if needed.is_empty() {
        return "none".to_owned();
    }
    let roles = needed.iter();
    let roles: Vec<String> = roles
        .map(|(role, count)| format!("{role}: {count}"))
        .collect();
    roles.join(", ")
}

/// The effect of a pin: key and value.
pub fn pin(
    (product, channel, version): (&str, &str, &str),
    mapping: &str,
    when: Option<i64>,
) -> (String, Value) {
    let mut value = json!({
        "product": product,
        "channel": channel,
        "version": version,
        "mapping": mapping,
    });
    if let Some(when) = when {
        value["when"] = when.into();
    }
    (format!("{product} {channel} {version}"), value)
}
