//! Finds the release system that a task belongs to.
//!
//! 1. A task whose `worker-implementation` names a system belongs to it.
//! 2. A task without a command belongs to the system whose words are in the name of its worker pool:
//!    `gecko-1-balrog`, `snowman-dep-beetmover`.
//! 3. A task whose kind is in the table belongs to that system, although an ordinary worker runs it.

use super::scopes::values;
use super::system::{Action, ActionSource, System};
use super::systems::SYSTEMS;
use crate::base::value::Value;

/// The system and action of a task.
#[derive(Clone, Copy)]
pub struct Recognized {
    /// The system.
    pub system: &'static System,
    /// The action; `None` if the task does not say, or names one that does not exist.
    pub action: Option<&'static Action>,
}

impl Recognized {
    /// Whether `snowman stage` does the work of the task.
    #[must_use]
    pub fn can_be_staged(&self) -> bool {
        let action = self.action.map(|action| action.name);
        action.is_some_and(|name| self.system.staged.contains(&name))
    }
}

/// Finds the system of a task from its kind and its definition.
#[must_use]
pub fn recognize(kind: &str, definition: &Value) -> Option<Recognized> {
    let system = SYSTEMS
        .iter()
        .copied()
        .find(|system| is_implementation(system, definition))
        .or_else(|| {
            SYSTEMS
                .iter()
                .copied()
                .find(|system| is_pool(system, definition))
        })
        .or_else(|| SYSTEMS.iter().copied().find(|system| is_kind(system, kind)))?;
    Some(Recognized {
        system,
        action: action(system, definition),
    })
}

/// A task of the system with this name; `None` if there is no such system.
#[must_use]
pub fn recognize_as(name: &str, definition: &Value) -> Option<Recognized> {
    let system = SYSTEMS.iter().copied().find(|system| system.name == name)?;
    Some(Recognized {
        system,
        action: action(system, definition),
    })
}

fn is_implementation(system: &System, definition: &Value) -> bool {
    let name = definition["tags"]["worker-implementation"].as_str();
    name.is_some_and(|name| system.implementations.contains(&name))
}

fn is_pool(system: &System, definition: &Value) -> bool {
    let payload = &definition["payload"];
    // Ordinary workers run commands, whatever their pools are called.
    if ["command", "image", "mounts"]
        .iter()
        .any(|key| payload.get(key).is_some())
    {
        return false;
    }
    let pool = match definition["workerType"].as_str() {
        Some(name) => name,
        None => definition["taskQueueId"].as_str().unwrap_or_default(),
    };
    let name = pool.rsplit('/').next().unwrap_or_default();
    let words: Vec<&str> = name.split('-').collect();
    let has = |wanted: &str| match wanted.strip_suffix('*') {
        Some(start) => words.iter().any(|word| word.starts_with(start)),
        None => words.contains(&wanted),
    };
    let mut pools = system.pools.iter();
    pools.any(|pool| pool.split(' ').all(has))
}

fn is_kind(system: &System, kind: &str) -> bool {
    let prefixes = ["release-", "secondary-", "release-secondary-"];
    let short = prefixes
        .iter()
        .filter_map(|prefix| kind.strip_prefix(prefix));
    let short = short.map(|kind| kind.strip_suffix("-secondary").unwrap_or(kind));
    let mut names = short.chain([kind]);
    names.any(|name| {
        system
            .kinds
            .iter()
            .any(|known| match known.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => name == *known,
            })
    })
}

fn action(system: &'static System, definition: &Value) -> Option<&'static Action> {
    let named = |name: &str| system.actions.iter().find(|action| action.name == name);
    let scopes: Vec<&str> = scopes(definition);
    let of_scope = |part: &str| match values(&scopes, &[part]).as_slice() {
        [] => Ok(None),
        [(value, _)] => Ok(Some(*value)),
        _ => Err(()),
    };
    match system.source {
        ActionSource::Only | ActionSource::List => system.actions.first(),
        ActionSource::Script(name) => {
            let payload = &definition["payload"];
            // Mozharness is told which script it runs.
            let script = &payload["env"]["MOZHARNESS_SCRIPT"];
            let runs = [&payload["command"], script]
                .iter()
                .any(|text| mentions(text, name, 0));
            system.actions.first().filter(|_| runs)
        }
        ActionSource::Extra(part) => {
            let says = definition["extra"].get(part).is_some();
            system.actions.first().filter(|_| says)
        }
        ActionSource::Scope(part) => named(of_scope(part).ok()??),
        ActionSource::Behavior(part, default) => {
            let behavior = definition["payload"]["behavior"].as_str();
            let name = match behavior {
                Some(name) => name,
                None => of_scope(part).ok()?.unwrap_or(default),
            };
            named(name.strip_prefix("v2-").unwrap_or(name))
        }
    }
}

/// How deep the lists and references of a command may be.
const DEPTH: usize = 6;

/// Whether a command, which may have lists and references to tasks in it, contains a text.
fn mentions(command: &Value, text: &str, depth: usize) -> bool {
    let inner = |value: &Value| depth < DEPTH && mentions(value, text, depth + 1);
    match command {
        Value::String(word) => word.contains(text),
        Value::Array(words) => words.iter().any(inner),
        Value::Object(reference) => reference.values().any(inner),
        _ => false,
    }
}

/// The scopes of a definition.
pub(super) fn scopes(definition: &Value) -> Vec<&str> {
    definition["scopes"].texts().collect()
}
