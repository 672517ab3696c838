//! References in task definitions: `task-reference`, `artifact-reference` and relative dates.
//!
//! A reference is a mapping with that one key. Its value is a text in which `<name>` denotes the
//! taskId of the dependency of that name (`<self>` and `<decision>` for the task itself and for the
//! decision task, `<<>` for `<`), or a mapping with texts of this form as keys.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use fancy_regex::{Captures, Regex};

use crate::base::name::TaskId;
use crate::base::suggest;
use crate::base::time::{Span, SpanError, Timestamp};
use crate::base::value::{List, Object, Value};

/// Explains why a reference could not be resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// The task has no dependency of that name.
    #[error("the reference {reference:?} uses `{name}`, but the task has no such dependency")]
    NoDependency {
        /// The text of the reference.
        reference: String,
        /// The name in it.
        name: String,
        /// The way out.
        hint: String,
    },
    /// A task cannot refer to its own artifacts.
    #[error("the reference {0:?} refers to an artifact of the task itself")]
    OwnArtifact(String),
    /// The root URL of Taskcluster is not known.
    #[error("TASKCLUSTER_ROOT_URL is not set, so the artifact reference {0:?} cannot be resolved")]
    NoRootUrl(String),
    /// Something else is where a text is expected.
    #[error("`{kind}`: expected a string, found {found}")]
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

/// The values of names in references.
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

/// An earlier resolution, to share its results.
#[derive(Debug, Clone, Copy)]
pub struct PreviousResolution<'a> {
    /// What was given.
    pub given: &'a Value,
    /// What it was resolved to.
    pub resolved: &'a Value,
}

/// A value without references to tasks and artifacts.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// The value.
    pub value: Value,
    /// Whether a reference in it names the task itself.
    pub names_own: bool,
}

/// Resolves every reference to a task or an artifact in `value`. Lists and mappings that it shares
/// with what was resolved `before` are taken from there: the names must have had the same values then.
///
/// # Errors
/// Every reference that cannot be resolved.
pub fn resolve_names(
    value: &Value,
    names: &Names<'_>,
    before: Option<PreviousResolution<'_>>,
) -> Result<Resolved, Vec<ReferenceError>> {
    let own = Cell::new(false);
    let task = |text: &str| {
        replace(&NAME, text, |found| {
            own.set(own.get() || group(found, 1) == OWN);
            task_reference(text, found, names)
        })
    };
    let artifact = |text: &str| {
        replace(&ARTIFACT, text, |found| {
            artifact_reference(text, found, names)
        })
    };
    let resolvers: &[Resolver<'_>] =
        &[("task-reference", &task), ("artifact-reference", &artifact)];
    let mut pass = Pass::new(resolvers);
    let value = pass.resolve(value, before);
    if pass.wrong.is_empty() {
        let names_own = own.get();
        Ok(Resolved { value, names_own })
    } else {
        Err(pass.wrong)
    }
}

/// Resolves every `relative-datestamp` in `value`, counted from `now`.
///
/// # Errors
/// The first that is not a time span.
pub fn resolve_dates(value: &Value, now: Timestamp) -> Result<Value, ReferenceError> {
    let date = |text: &str| Ok(now.plus(Span::parse(text)?).to_string());
    let resolvers: &[Resolver<'_>] = &[("relative-datestamp", &date)];
    let mut pass = Pass::new(resolvers);
    let resolved = pass.resolve(value, None);
    match pass.wrong.into_iter().next() {
        None => Ok(resolved),
        Some(error) => Err(error),
    }
}

type Resolver<'a> = (
    &'static str,
    &'a dyn Fn(&str) -> Result<String, ReferenceError>,
);

/// One walk through a value.
struct Pass<'a> {
    resolvers: &'a [Resolver<'a>],
    /// What could not be resolved.
    wrong: Vec<ReferenceError>,
}

impl<'a> Pass<'a> {
    fn new(resolvers: &'a [Resolver<'a>]) -> Self {
        let wrong = Vec::new();
        Self { resolvers, wrong }
    }

    /// Resolves what can be resolved. What has no reference in it is shared with what was given.
    fn resolve(&mut self, value: &Value, before: Option<PreviousResolution<'_>>) -> Value {
        self.changed(value, before).unwrap_or_else(|| value.clone())
    }

    /// The value resolved, or nothing when there is no reference in it.
    fn changed(&mut self, value: &Value, before: Option<PreviousResolution<'_>>) -> Option<Value> {
        if let Some(before) = before
            && before.given.is_same(value)
        {
            return (!before.resolved.is_same(value)).then(|| before.resolved.clone());
        }
        match value {
            Value::Object(map) => {
                if let Some(found) = self.reference(map) {
                    return Some(found);
                }
                let mut whole: Option<Object> = None;
                let items = map.iter().enumerate();
                for (position, (key, item)) in items.filter(|(_, (_, item))| has_items(item)) {
                    let before = before.and_then(|before| before.under(map, position));
                    if let Some(item) = self.changed(item, before) {
                        let whole = whole.get_or_insert_with(|| map.clone());
                        whole.insert(key.clone(), item);
                    }
                }
                whole.map(Value::Object)
            }
            Value::Array(items) => {
                let mut whole: Option<List> = None;
                let all = items.iter().enumerate();
                for (position, item) in all.filter(|(_, item)| has_items(item)) {
                    let before = before.and_then(|before| before.at(position));
                    if let Some(item) = self.changed(item, before) {
                        whole.get_or_insert_with(|| items.clone())[position] = item;
                    }
                }
                whole.map(Value::Array)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        }
    }

    /// The value of a mapping that is a reference.
    fn reference(&mut self, map: &Object) -> Option<Value> {
        let (key, inner) = map.iter().next().filter(|_| map.len() == 1)?;
        let mut resolvers = self.resolvers.iter();
        let (kind, resolver) = resolvers.find(|(kind, _)| kind == key)?;
        let found = match inner {
            Value::String(text) => Value::from(self.text(*resolver, text)),
            Value::Object(inner) => {
                let keys: Vec<String> = inner.keys().map(|key| self.text(*resolver, key)).collect();
                let values = inner.values().map(|item| self.resolve(item, None));
                Value::Object(keys.into_iter().zip(values).collect())
            }
            other => {
                let found = crate::base::value::type_name(other);
                self.wrong.push(ReferenceError::Form { kind, found });
                Value::Null
            }
        };
        Some(found)
    }

    fn text(
        &mut self,
        resolver: &dyn Fn(&str) -> Result<String, ReferenceError>,
        text: &str,
    ) -> String {
        resolver(text).unwrap_or_else(|error| {
            self.wrong.push(error);
            String::new()
        })
    }
}

impl<'a> PreviousResolution<'a> {
    /// What was at this place of the mapping that was given, if it had the key that `map` has there.
    fn under(self, map: &Object, position: usize) -> Option<Self> {
        let all = self.given.as_object()?;
        // One entry may have been a reference, which is resolved as a whole.
        if all.len() == 1 && map.len() != 1 {
            return None;
        }
        let (name, given) = all.get_index(position)?;
        let (key, _) = map.get_index(position)?;
        // What is resolved keeps its place.
        let (_, resolved) = self.resolved.as_object()?.get_index(position)?;
        (name == key).then_some(Self { given, resolved })
    }

    /// What was at this place of the list that was given.
    fn at(self, position: usize) -> Option<Self> {
        let given = self.given.as_array()?.get(position)?;
        let resolved = self.resolved.as_array()?.get(position)?;
        Some(Self { given, resolved })
    }
}

/// Whether there may be a reference in a value.
fn has_items(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_))
}

/// The name of the task itself.
const OWN: &str = "self";

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
        OWN => Ok(names.own.to_string()),
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
        OWN => return Err(ReferenceError::OwnArtifact(text.to_owned())),
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
mod tests;
