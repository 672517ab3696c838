//! How a release task differs between staging and production: every field, and why it may.
//!
//! The same task is made for both, and only the environment may differ: the hosts of services, scopes, pools,
//! the rules of the update server, certificates, and what follows a parameter that is another one. Anything
//! else that differs was not rehearsed.

use super::environment::without_hosts;
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
    /// It contains the value of a parameter that differs.
    Parameter(String),
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
            Self::Parameter(name) => format!("the parameter `{name}`"),
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
    let explains = |changed: &&Changed| {
        !changed.staging.is_empty()
            && without.replace(&changed.staging, &changed.production) == of_production
    };
    match changed.iter().find(explains) {
        Some(changed) => Because::Parameter(changed.name.to_owned()),
        None => Because::Unknown,
    }
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
}
