//! References in task definitions: `task-reference`, `artifact-reference` and relative dates.
//!
//! A reference is a mapping with that one key. Its value is a text in which `<name>` stands for the
//! taskId of the dependency of that name (`<self>` and `<decision>` for the task itself and for the
//! decision task, `<<>` for `<`), or a mapping whose keys are such texts.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use fancy_regex::{Captures, Regex};

use crate::base::name::TaskId;
use crate::base::suggest;
use crate::base::time::{Span, SpanError, Timestamp};
use crate::base::value::{List, Object, Value};

/// Says why a reference could not be resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// There is no dependency of that name.
    #[error("the reference {reference:?} names `{name}`, and the task has no such dependency")]
    NoDependency {
        /// The text of the reference.
        reference: String,
        /// The name in it.
        name: String,
        /// The way out.
        hint: String,
    },
    /// A task cannot refer to its own artifacts.
    #[error("the reference {0:?} names an artifact of the task itself")]
    OwnArtifact(String),
    /// The root URL of Taskcluster is not known.
    #[error("TASKCLUSTER_ROOT_URL is not set, so the artifact reference {0:?} cannot be resolved")]
    NoRootUrl(String),
    /// What stands where a text should be.
    #[error("a `{kind}` holds {found}, where a text is expected")]
    Form {
        /// The kind of reference.
        kind: &'static str,
        /// What it holds.
        found: &'static str,
    },
    /// A relative date is none.
    #[error(transparent)]
    Span(#[from] SpanError),
}

/// What the names in references stand for.
#[derive(Debug, Clone)]
pub struct Names<'a> {
    /// The task itself.
    pub own: &'a TaskId,
    /// The decision task.
    pub decision: &'a TaskId,
    /// The dependencies, by name.
    pub dependencies: &'a BTreeMap<String, TaskId>,
    /// The root URL of Taskcluster, for links to public artifacts.
    pub root_url: Option<&'a str>,
    /// The URL of the proxy, for links to artifacts that need scopes; the root URL without one.
    pub proxy_url: Option<&'a str>,
}

static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("<([^>]+)>").ok());
static ARTIFACT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("<([^/]+)/([^>]+)>").ok());

/// Resolves every reference to a task or an artifact in `value`.
///
/// # Errors
/// Every reference that cannot be resolved.
pub fn resolve_names(value: &Value, names: &Names<'_>) -> Result<Value, Vec<ReferenceError>> {
    let task = |text: &str| replace(&NAME, text, |found| task_reference(text, found, names));
    let artifact = |text: &str| {
        replace(&ARTIFACT, text, |found| {
            artifact_reference(text, found, names)
        })
    };
    let mut wrong = Vec::new();
    let resolvers: &[Resolver<'_>] =
        &[("task-reference", &task), ("artifact-reference", &artifact)];
    let resolved = resolve(value, resolvers, &mut wrong);
    if wrong.is_empty() {
        Ok(resolved)
    } else {
        Err(wrong)
    }
}

/// Resolves every `relative-datestamp` in `value`, counted from `now`.
///
/// # Errors
/// The first that is no span of time.
pub fn resolve_dates(value: &Value, now: Timestamp) -> Result<Value, ReferenceError> {
    let date = |text: &str| Ok(now.plus(Span::parse(text)?).to_string());
    let mut wrong = Vec::new();
    let resolved = resolve(value, &[("relative-datestamp", &date)], &mut wrong);
    match wrong.into_iter().next() {
        None => Ok(resolved),
        Some(error) => Err(error),
    }
}

type Resolver<'a> = (
    &'static str,
    &'a dyn Fn(&str) -> Result<String, ReferenceError>,
);

/// Resolves what can be resolved, and adds to `wrong` what cannot. What has no reference in it is
/// shared with what was given.
fn resolve(value: &Value, resolvers: &[Resolver<'_>], wrong: &mut Vec<ReferenceError>) -> Value {
    changed(value, resolvers, wrong).unwrap_or_else(|| value.clone())
}

/// The value resolved, or nothing when there is no reference in it.
fn changed(
    value: &Value,
    resolvers: &[Resolver<'_>],
    wrong: &mut Vec<ReferenceError>,
) -> Option<Value> {
    match value {
        Value::Object(map) => {
            let only = map.iter().next().filter(|_| map.len() == 1);
            let found = only.and_then(|(key, inner)| {
                let mut resolvers = resolvers.iter();
                let (kind, resolver) = resolvers.find(|(kind, _)| kind == key)?;
                Some((kind, resolver, inner))
            });
            if let Some((kind, resolver, inner)) = found {
                return Some(reference(kind, *resolver, inner, resolvers, wrong));
            }
            let mut whole: Option<Object> = None;
            for (key, item) in map {
                if let Some(item) = changed(item, resolvers, wrong) {
                    whole
                        .get_or_insert_with(|| map.clone())
                        .insert(key.clone(), item);
                }
            }
            whole.map(Value::Object)
        }
        Value::Array(items) => {
            let mut whole: Option<List> = None;
            for (position, item) in items.iter().enumerate() {
                if let Some(item) = changed(item, resolvers, wrong) {
                    whole.get_or_insert_with(|| items.clone())[position] = item;
                }
            }
            whole.map(Value::Array)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// What a reference stands for.
fn reference(
    kind: &'static str,
    resolver: &dyn Fn(&str) -> Result<String, ReferenceError>,
    inner: &Value,
    resolvers: &[Resolver<'_>],
    wrong: &mut Vec<ReferenceError>,
) -> Value {
    let mut text_of = |text: &str| {
        resolver(text).unwrap_or_else(|error| {
            wrong.push(error);
            String::new()
        })
    };
    match inner {
        Value::String(text) => Value::from(text_of(text)),
        Value::Object(inner) => {
            let keys: Vec<String> = inner.keys().map(|key| text_of(key)).collect();
            let values = inner.values().map(|item| resolve(item, resolvers, wrong));
            Value::Object(keys.into_iter().zip(values).collect())
        }
        other => {
            wrong.push(ReferenceError::Form {
                kind,
                found: crate::base::value::type_name(other),
            });
            Value::Null
        }
    }
}

fn replace(
    pattern: &LazyLock<Option<Regex>>,
    text: &str,
    mut with: impl FnMut(&Captures<'_, str>) -> Result<String, ReferenceError>,
) -> Result<String, ReferenceError> {
    let mut out = String::new();
    let mut end = 0;
    for found in pattern
        .as_ref()
        .into_iter()
        .flat_map(|p| p.captures_iter(text))
        .flatten()
    {
        let Some(whole) = found.get(0) else { continue };
        out.push_str(&text[end..whole.start()]);
        out.push_str(&with(&found)?);
        end = whole.end();
    }
    out.push_str(&text[end..]);
    Ok(out)
}

fn group<'t>(found: &Captures<'t, str>, index: usize) -> &'t str {
    found.get(index).map_or("", |group| group.as_str())
}

fn task_reference(
    text: &str,
    found: &Captures<'_, str>,
    names: &Names<'_>,
) -> Result<String, ReferenceError> {
    match group(found, 1) {
        "self" => Ok(names.own.to_string()),
        "decision" => Ok(names.decision.to_string()),
        name => match names.dependencies.get(name) {
            Some(id) => Ok(id.to_string()),
            None if name == "<" => Ok("<".to_owned()),
            None => Err(no_dependency(text, name, names)),
        },
    }
}

fn artifact_reference(
    text: &str,
    found: &Captures<'_, str>,
    names: &Names<'_>,
) -> Result<String, ReferenceError> {
    let (name, artifact) = (group(found, 1), group(found, 2));
    let id = match name {
        "self" => return Err(ReferenceError::OwnArtifact(text.to_owned())),
        "decision" => names.decision,
        name => names
            .dependencies
            .get(name)
            .ok_or_else(|| no_dependency(text, name, names))?,
    };
    let public = artifact.starts_with("public/");
    let root = if public {
        names.root_url
    } else {
        names.proxy_url.or(names.root_url)
    };
    let root = root.ok_or_else(|| ReferenceError::NoRootUrl(text.to_owned()))?;
    Ok(format!(
        "{root}/api/queue/v1/task/{id}/artifacts/{artifact}"
    ))
}

fn no_dependency(text: &str, name: &str, names: &Names<'_>) -> ReferenceError {
    let known = names.dependencies.keys().map(String::as_str);
    ReferenceError::NoDependency {
        reference: text.to_owned(),
        name: name.to_owned(),
        hint: suggest::hint(name, known),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    fn resolve_json(value: Value) -> Result<Value, String> {
        let (own, decision, build) = (
            TaskId::parse("OWN"),
            TaskId::parse("DECISION"),
            TaskId::parse("BUILD"),
        );
        let (Ok(own), Ok(decision), Ok(build)) = (own, decision, build) else {
            return Err("ids".to_owned());
        };
        let dependencies = BTreeMap::from([("build".to_owned(), build)]);
        let names = Names {
            own: &own,
            decision: &decision,
            dependencies: &dependencies,
            root_url: Some("https://tc.example"),
            proxy_url: Some("http://taskcluster"),
        };
        resolve_names(&value, &names).map_err(|all| {
            let told: Vec<_> = all.iter().map(ToString::to_string).collect();
            told.join("; ")
        })
    }

    #[test]
    fn references_become_ids_and_links() {
        assert_eq!(
            resolve_json(json!({
                "a": {"task-reference": "x <build> <self> <decision> <<>"},
                "b": {"task-reference": {"cache-<build>": {"task-reference": "<build>"}}},
                "c": [{"artifact-reference": "<build/public/x.zip> <decision/private/y>"}],
                "d": {"task-reference": "<build>", "other": 1},
            })),
            Ok(json!({
                "a": "x BUILD OWN DECISION <",
                "b": {"cache-BUILD": "BUILD"},
                "c": ["https://tc.example/api/queue/v1/task/BUILD/artifacts/public/x.zip \
                      http://taskcluster/api/queue/v1/task/DECISION/artifacts/private/y"],
                "d": {"task-reference": "<build>", "other": 1},
            }))
        );
    }

    #[test]
    fn unknown_names_are_errors() {
        assert_eq!(
            resolve_json(json!({"task-reference": "<bild>"})),
            Err(
                "the reference \"<bild>\" names `bild`, and the task has no such dependency"
                    .to_owned()
            )
        );
        assert_eq!(
            resolve_json(json!([
                {"artifact-reference": "<self/public/x>"},
                {"task-reference": 1},
                {"task-reference": {"<bild>": {"task-reference": "<build>"}}},
            ])),
            Err(
                "the reference \"<self/public/x>\" names an artifact of the task itself; \
                 a `task-reference` holds an integer, where a text is expected; \
                 the reference \"<bild>\" names `bild`, and the task has no such dependency"
                    .to_owned()
            )
        );
    }

    #[test]
    fn dates_are_counted_from_now() {
        assert_eq!(
            resolve_dates(
                &json!({"d": {"relative-datestamp": "1 day"}}),
                Timestamp::from_unix(0)
            ),
            Ok(json!({"d": "1970-01-02T00:00:00.000Z"}))
        );
    }
}
