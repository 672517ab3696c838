//! How a release task differs between staging and production: every field, and why it may.
//!
//! The same task is made for both, and only the environment may differ: the hosts of services, scopes, pools,
//! the rules of the update server, certificates, and what follows a parameter that is another one. Anything
//! else that differs was not rehearsed.

use std::collections::BTreeSet;

use super::environments::without_hosts;
use crate::base::path::ValuePath;
use crate::base::value::{Value, json};

/// Why a field differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// It names a host of a service.
    Host,
    /// It is a scope.
    Scope,
    /// It is the worker pool.
    Pool,
    /// It names rules of the update server.
    Rule,
    /// It names a certificate.
    Certificate,
    /// It contains the values of parameters that differ.
    Parameters(Vec<&'static str>),
    /// Nothing explains it.
    Unknown,
}

impl Because {
    /// The reason in words; empty if there is none.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Host => "a host".to_owned(),
            Self::Scope => "a scope".to_owned(),
            Self::Pool => "the worker pool".to_owned(),
            Self::Rule => "a rule of the update server".to_owned(),
            Self::Certificate => "a certificate".to_owned(),
            Self::Parameters(names) => {
                let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                match quoted.as_slice() {
                    [name] => format!("the parameter {name}"),
                    names => format!("the parameters {}", names.join(" and ")),
                }
            }
            Self::Unknown => String::new(),
        }
    }
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The field.
    pub path: ValuePath,
    /// Its value in staging; `None` if it is missing.
    pub staging: Option<Value>,
    /// Its value in production; `None` if it is missing.
    pub production: Option<Value>,
    /// Why it differs.
    pub because: Because,
}

impl Difference {
    /// The difference for programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "field": self.path.to_string(),
            "staging": self.staging.clone(),
            "production": self.production.clone(),
            "because": self.because.text(),
        })
    }
}

/// A parameter with its values in staging and in production.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The parameter.
    pub name: &'static str,
    /// Its value in staging.
    pub staging: String,
    /// Its value in production.
    pub production: String,
}

/// The fields of payloads with rules of the update server.
const RULES: &[&str] = &[
    "rules_to_update",
    "publish_rules",
    "rule_ids",
    "rule_id",
    "rules",
];

/// The fields of payloads and of environments of tasks that name certificates.
const CERTIFICATES: &[&str] = &[
    "certificate_alias",
    "override-certs",
    "SIGNING_CERT",
    "hardened-sign-config",
    "provisioning-profile-config",
];

/// The parts of a definition that are compared.
const PARTS: &[&str] = &[
    "provisionerId",
    "workerType",
    "taskQueueId",
    "scopes",
    "payload",
];

/// All fields in which the definitions of a task differ.
#[must_use]
pub fn differences(staging: &Value, production: &Value, changed: &[Changed]) -> Vec<Difference> {
    let mut found = Vec::new();
    for part in PARTS {
        let path = ValuePath::keys([*part]);
        let because = match *part {
            "scopes" => Some(Because::Scope),
            "payload" => None,
            _ => Some(Because::Pool),
        };
        let sides = (staging.get(part), production.get(part));
        compare(&path, sides, because.as_ref(), changed, &mut found);
    }
    found
}

fn compare(
    path: &ValuePath,
    (staging, production): (Option<&Value>, Option<&Value>),
    because: Option<&Because>,
    changed: &[Changed],
    found: &mut Vec<Difference>,
) {
    if staging == production {
        return;
    }
    match (staging, production) {
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            let more = other.keys().filter(|key| !one.contains_key(key));
            for key in one.keys().chain(more) {
                let named = because.cloned().or_else(|| of_key(key));
                let sides = (one.get(key), other.get(key));
                compare(&path.key(key), sides, named.as_ref(), changed, found);
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) if one.len() == other.len() => {
            for (at, (one, other)) in one.iter().zip(other.iter()).enumerate() {
                compare(
                    &path.index(at),
                    (Some(one), Some(other)),
                    because,
                    changed,
                    found,
                );
            }
        }
        _ => found.push(Difference {
            path: path.clone(),
            staging: staging.cloned(),
            production: production.cloned(),
            because: because
                .cloned()
                .unwrap_or_else(|| of_texts(staging, production, changed)),
        }),
    }
}

/// Why a field with this name may differ.
fn of_key(key: &str) -> Option<Because> {
    if RULES.contains(&key) {
        return Some(Because::Rule);
    }
    CERTIFICATES.contains(&key).then_some(Because::Certificate)
}

/// Why two texts may differ.
fn of_texts(staging: Option<&Value>, production: Option<&Value>, changed: &[Changed]) -> Because {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let (Some(one), Some(other)) = (text(staging), text(production)) else {
        return Because::Unknown;
    };
    let (without, of_production) = (without_hosts(&one), without_hosts(&other));
    if without == of_production {
        return Because::Host;
    }
    match explaining(&without, &of_production, changed) {
        Some(names) => Because::Parameters(names),
        None => Because::Unknown,
    }
}

/// The parameters whose values explain how a text of staging differs from that of production; `None` if they
/// do not explain it.
///
/// Both texts are read from the left. A character that both have is passed over, and so is the value of a parameter,
/// that of staging here and that of production there, where it stands alone. Not every `1` is the level.
fn explaining(staging: &str, production: &str, changed: &[Changed]) -> Option<Vec<&'static str>> {
    // The places that both texts are read to, with the parameters before them.
    let mut open = vec![(0, 0, BTreeSet::new())];
    let mut known = BTreeSet::new();
    while let Some((one, other, used)) = open.pop() {
        if !known.insert((one, other)) {
            continue;
        }
        let (rest, of_production) = (&staging[one..], &production[other..]);
        if rest.is_empty() && of_production.is_empty() {
            return Some(used.into_iter().collect());
        }
        for Changed {
            name,
            staging: before,
            production: after,
        } in changed
        {
            let is_there = !before.is_empty()
                && rest.starts_with(before.as_str())
                && of_production.starts_with(after.as_str());
            if is_there
                && stands_alone(staging, one, before)
                && stands_alone(production, other, after)
            {
                let mut used = used.clone();
                used.insert(*name);
                open.push((one + before.len(), other + after.len(), used));
            }
        }
        let character = rest.chars().next();
        if let Some(character) = character.filter(|character| of_production.starts_with(*character))
        {
            open.push((
                one + character.len_utf8(),
                other + character.len_utf8(),
                used,
            ));
        }
    }
    None
}

/// Whether a value at this place of a text is neither a part of a longer word nor of a version.
fn stands_alone(text: &str, at: usize, value: &str) -> bool {
    let ends = |edge: Option<char>, beyond: &mut dyn Iterator<Item = char>| match beyond.next() {
        None => true,
        Some('.') if edge.is_some_and(|character| character.is_ascii_digit()) => !beyond
            .next()
            .is_some_and(|character| character.is_ascii_digit()),
        Some(character) => !character.is_alphanumeric(),
    };
    ends(value.chars().next(), &mut text[..at].chars().rev())
        && ends(
            value.chars().next_back(),
            &mut text[at + value.len()..].chars(),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(staging: &Value, production: &Value) -> Vec<(String, String)> {
        let changed = [Changed {
            name: "project",
            staging: "try".to_owned(),
            production: "hail-release".to_owned(),
        }];
        let found = differences(staging, production, &changed);
        found
            .iter()
            .map(|one| (one.path.to_string(), one.because.text()))
            .collect()
    }

    #[test]
    fn each_difference_has_its_reason() {
        let staging = json!({
            "workerType": "hail-1-beetmover",
            "scopes": ["bucket:dep"],
            "payload": {
                "archive": "https://ftp.stage.mozaws.net/pub",
                "branch": "try",
                "rules_to_update": ["hail-dep"],
                "version": "94.0",
                "list": ["a", "b"],
                "only": true,
            },
            "extra": {"ignored": 1},
        });
        let production = json!({
            "workerType": "hail-3-beetmover",
            "scopes": ["bucket:release"],
            "payload": {
                "archive": "https://archive.mozilla.org/pub",
                "branch": "hail-release",
                "rules_to_update": ["hail"],
                "version": "94.1",
                "list": ["a"],
            },
            "extra": {"ignored": 2},
        });
        let pairs = [
            ("workerType", "the worker pool"),
            ("scopes[0]", "a scope"),
            ("payload.archive", "a host"),
            ("payload.branch", "the parameter `project`"),
            ("payload.rules_to_update[0]", "a rule of the update server"),
            ("payload.version", ""),
            ("payload.list", ""),
            ("payload.only", ""),
        ];
        let expected = pairs.map(|(field, because)| (field.to_owned(), because.to_owned()));
        assert_eq!(found(&staging, &production), expected);
        assert!(found(&staging, &staging).is_empty());
    }
    #[test]
    fn parameters_explain_only_their_own_values() {
        let changed = |name, staging: &str, production: &str| Changed {
            name,
            staging: staging.to_owned(),
            production: production.to_owned(),
        };
        let changed = [
            changed("level", "1", "3"),
            changed("project", "try", "try-release"),
        ];
        let level = Some(vec!["level"]);
        let both = Some(vec!["level", "project"]);
        for (staging, production, expected) in [
            ("gecko-1-images", "gecko-3-images", level.clone()),
            // Only one of them is the level.
            ("gecko-1-images-v1", "gecko-3-images-v1", level.clone()),
            ("1-of-1-level-1", "1-of-1-level-3", level.clone()),
            ("level-1 of 141.1", "level-3 of 141.1", level),
            // These are other numbers.
            ("141.1", "141.3", None),
            ("1.0", "3.0", None),
            ("v1", "v3", None),
            ("11", "31", None),
            ("10", "30", None),
            ("try-1.index", "try-release-3.index", both),
            ("try", "try-release", Some(vec!["project"])),
            ("retry", "retry-release", None),
            ("level-1-a", "level-3-b", None),
            ("1", "3 and more", None),
        ] {
            assert_eq!(
                explaining(staging, production, &changed),
                expected,
                "{staging} {production}"
            );
        }
        let because = Because::Parameters(vec!["level", "project"]);
        assert_eq!(because.text(), "the parameters `level` and `project`");
    }
}
