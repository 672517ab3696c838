//! Mistakes of a description that an earlier transform has refused.
//!
//! Such a task never reaches `taskgraph.transforms.task`, which would report them only after the others
//! are mended. What a later transform may still change is not judged: templates, keyed values, and what is
//! missing.

use super::schema::TASK_DESCRIPTION;
use crate::base::diagnostic::{Diagnostic, Diagnostics};
use crate::base::path::{Step, ValuePath};
use crate::base::suggest;
use crate::base::time::Span;
use crate::base::value::{Object, Value};
use crate::config::schema::Breach;
use crate::transform::{Context, Item, naming};
use crate::transforms::payload;

/// Finds mistakes in what is written. `known` are the keys that the transforms of the kind handle.
#[must_use]
pub fn mistakes(context: &Context<'_>, item: &Item, known: &[&str]) -> Diagnostics {
    let mut wrong = Diagnostics::new();
    let is_known =
        |key: &str| known.contains(&key) || TASK_DESCRIPTION.names().any(|name| name == key);
    for key in item.task.keys().filter(|key| !is_known(key)) {
        if let Some(near) = suggest::nearest(key, known.iter().copied())
            && !item.task.contains_key(near)
        {
            wrong.push(
                item.error_at(key, format!("unknown key `{key}`"))
                    .help(format!("did you mean `{near}`?")),
            );
        }
    }
    for key in ["expires-after", "deadline-after"] {
        if let Some(text) = item.str(key).filter(|text| !text.contains('{'))
            && let Err(error) = Span::parse(text)
        {
            wrong.push(item.error_at(key, format!("`{key}`: {error}")));
        }
    }
    wrong.extend(worker(context, item));
    wrong
}

/// Checks what is written of the worker.
fn worker(context: &Context<'_>, item: &Item) -> Diagnostics {
    let mut wrong = Diagnostics::new();
    let Some(likely) = naming::likely_worker(context, item) else {
        return wrong;
    };
    let payload = payload::PAYLOADS.iter();
    let Some(payload) = payload
        .copied()
        .find(|payload| payload.name == likely.implementation)
    else {
        return wrong;
    };
    let Some(Value::Object(worker)) = item.task.get("worker") else {
        return wrong;
    };
    for violation in payload.schema.check(worker) {
        let judged = match violation.breach {
            Breach::Missing | Breach::Together => false,
            // It may be a key of `run.using`.
            Breach::Unknown { near } => near,
            Breach::Value => !changes_later(value_at(worker, &violation.path)),
        };
        if judged {
            let steps = ValuePath::keys(["worker"]).0.into_iter();
            let path = ValuePath(steps.chain(violation.path.0).collect());
            let message = format!("in `worker`: {}", violation.message);
            let mut diagnostic = Diagnostic::user(message).at(item.origin.place(&path));
            diagnostic.help = violation.help;
            wrong.push(diagnostic);
        }
    }
    wrong
}

fn value_at<'v>(map: &'v Object, path: &ValuePath) -> Option<&'v Value> {
    let (first, rest) = path.0.split_first()?;
    let Step::Key(first) = first else { return None };
    rest.iter()
        .try_fold(map.get(first)?, |value, step| match step {
            Step::Key(key) => value.get(key),
            Step::Index(index) => value.as_array()?.get(*index),
        })
}

/// Whether a value is one that a later transform replaces: keyed, or a template.
fn changes_later(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Object(map)) => map.keys().any(|key| key.starts_with("by-")),
        Some(Value::String(text)) => text.contains('{'),
        Some(_) => false,
        None => true,
    }
}
