//! Checks a release task against the rules of its worker.

use super::payload::TaskShape;
use super::recognize::{Recognized, scopes};
use super::scopes::{ScopeRule, values};
use super::system::ActionSource;
use crate::base::path::ValuePath;
use crate::base::suggest;
use crate::base::value::{Object, Value};
use crate::config::mismatch;
use crate::config::schema::Violation;

/// Returns everything in a definition that its release worker would refuse.
///
/// `dependencies` says whether the task depends on any other. References to tasks in the payload, which
/// graphs by label contain, count as texts, and so do relative dates, which become absolute when a task is sent.
#[must_use]
pub fn check(recognized: Recognized, definition: &Value, dependencies: bool) -> Vec<Violation> {
    refused(recognized, definition, dependencies, |_| true)
}

/// The same for a task that is staged, without what the rules in [`lacking`] ask for.
#[must_use]
pub fn check_staged(
    recognized: Recognized,
    definition: &Value,
    dependencies: bool,
) -> Vec<Violation> {
    let all = scopes(definition);
    let counts = |rule: &ScopeRule| !rule.is_left_out(&all);
    refused(recognized, definition, dependencies, counts)
}

/// The rules for scopes that a task has none for, and that would only allow what its payload says, such as the channel
/// of a store.
///
/// No worker below release level could use them, so a project may leave them out there, as Firefox does.
#[must_use]
pub fn lacking(recognized: Recognized, definition: &Value) -> Vec<&'static ScopeRule> {
    let all = scopes(definition);
    let rules = recognized.system.scopes.iter();
    rules.filter(|rule| rule.is_left_out(&all)).collect()
}

/// What a worker would refuse, with the rules for scopes that count.
fn refused(
    recognized: Recognized,
    definition: &Value,
    dependencies: bool,
    counts: impl Fn(&ScopeRule) -> bool,
) -> Vec<Violation> {
    let Recognized { system, action } = recognized;
    let mut found = Vec::new();
    let all = scopes(definition);
    let at = |path: &'static str, message: String, help: Option<String>| {
        Violation::of_value(ValuePath::keys([path]), message, help)
    };
    let payload = with_texts(&definition["payload"]);
    for rule in system.scopes.iter().filter(|rule| counts(rule)) {
        let wrong = rule.check(&all, &payload);
        found.extend(wrong.map(|message| at("scopes", message, None)));
    }
    let Some(action) = action else {
        found.extend(unknown_action(recognized, definition, &all));
        return found;
    };
    let Some(shape) = (action.shape)(&payload) else {
        return found;
    };
    let path = ValuePath::keys(["payload"]);
    found.extend(mismatch::check(&shape.payload, &payload, &path));
    found.extend(shape_violations(shape, &payload));
    if shape.needs.scopes.is_some_and(|least| all.len() < least) && system.scopes.is_empty() {
        found.push(at("scopes", "the task has no scopes".to_owned(), None));
    }
    if shape.needs.dependencies && !dependencies {
        found.push(at(
            "dependencies",
            format!(
                "the worker of {} refuses a task that depends on no other",
                system.name
            ),
            None,
        ));
    }
    found
}

/// Fields that are given together or not at all.
fn shape_violations(shape: &TaskShape, payload: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    for [first, second] in shape.together {
        for (given, other) in [(first, second), (second, first)] {
            if payload.get(given).is_some() && payload.get(other).is_none() {
                let message = format!("`payload.{given}` needs `payload.{other}`");
                let path = ValuePath::keys(["payload"]);
                found.push(Violation::of_value(path, message, None));
            }
        }
    }
    found
}

/// Why the action of a task is not known, unless a rule about scopes says it.
fn unknown_action(
    recognized: Recognized,
    definition: &Value,
    scopes: &[&str],
) -> Option<Violation> {
    let system = recognized.system;
    let names = system.actions.iter().map(|action| action.name);
    let (path, name) = match system.source {
        ActionSource::Only
        | ActionSource::List
        | ActionSource::Script(_)
        | ActionSource::Extra(_) => return None,
        ActionSource::Scope(part) => match values(scopes, &[part]).as_slice() {
            [(value, _)] => ("scopes", *value),
            _ => return None,
        },
        ActionSource::Behavior(part, _) => match definition["payload"]["behavior"].as_str() {
            Some(name) => ("payload", name),
            None => match values(scopes, &[part]).as_slice() {
                [(value, _)] => ("scopes", *value),
                _ => return None,
            },
        },
    };
    let message = format!("the worker of {} has no action `{name}`", system.name);
    let help = Some(suggest::hint(name, names));
    Some(Violation::of_value(ValuePath::keys([path]), message, help))
}

/// The values that become texts before a worker sees them, by the only key of their mapping.
const TEXTS: [&str; 3] = ["task-reference", "artifact-reference", "relative-datestamp"];

/// Replaces references to tasks and relative dates with their texts.
fn with_texts(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            if map.len() == 1
                && let Some((key, Value::String(text))) = map.iter().next()
                && TEXTS.contains(&key.as_str())
            {
                return Value::String(text.clone());
            }
            let entries = map
                .iter()
                .map(|(key, value)| (key.clone(), with_texts(value)));
            Value::Object(entries.collect::<Object>())
        }
        Value::Array(items) => items.iter().map(with_texts).collect(),
        other => other.clone(),
    }
}
