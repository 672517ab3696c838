//! Fetches: artifacts of other tasks that are downloaded before a task starts.
//!
//! From kinds called `fetch` and `toolchain`, artifacts are named by the task (or an alias of it),
//! and the dependency is added; from all others by their path below the artifact prefix of a
//! dependency that the task names itself. The worker reads the fetches from the
//! environment variable `MOZ_FETCHES`.

use std::collections::{BTreeMap, BTreeSet};

use super::order;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::json;
use crate::base::memo::Last;
use crate::base::posix;
use crate::base::suggest;
use crate::base::value::{Object, Str, Value, py_str, truthy};
use crate::transform::{Context, Item, each, fields};

/// The kinds whose artifacts are named by their tasks.
static NAMED: &[&str] = &["fetch", "toolchain"];

/// The folder of a task's artifacts: its attribute `artifact_prefix`, or `public/build`.
#[must_use]
pub fn artifact_prefix(attributes: Option<&Value>) -> String {
    attributes
        .and_then(|attributes| attributes.get("artifact_prefix"))
        .filter(|prefix| truthy(prefix))
        .map_or_else(|| "public/build".to_owned(), py_str)
}

/// The available artifacts.
#[derive(Default)]
struct Sources {
    /// The artifact of each task of a named kind.
    artifacts: BTreeMap<String, Value>,
    /// Labels, by `kind-alias`.
    aliases: BTreeMap<String, String>,
    /// The variables that tasks need which fetch from a task.
    variables: BTreeMap<String, Value>,
    /// The attributes of the tasks of this kind.
    attributes: BTreeMap<Str, Value>,
    /// The index of each task of the kinds that this one depends on, by label.
    positions: BTreeMap<String, usize>,
    /// The last result, by fetches, dependencies and environment.
    last: Last<[Value; 3], FetchEffects>,
}

impl Sources {
    fn collect(context: &Context<'_>, items: &[Item]) -> Self {
        let mut sources = Self::default();
        let kind = context.kind.as_str();
        for item in items {
            let label = match item.task.get("label") {
                Some(Value::String(label)) => label.clone(),
                _ => Str::new(),
            };
            let attributes = item.task.get("attributes").cloned();
            let attributes = attributes.unwrap_or_default();
            sources.attributes.insert(label.clone(), attributes);
            let label = label.as_str();
            if NAMED.contains(&kind) {
                let run = |key: &str| fields::get(item, &["run", key]).filter(|v| truthy(v));
                sources.artifact(label, run("toolchain-artifact"));
                sources.alias(kind, label, run(&format!("{kind}-alias")));
            }
        }
        for (position, task) in context.dependencies.iter().enumerate() {
            let (kind, label) = (task.kind.as_str(), task.label.as_str());
            let first = sources.positions.entry(label.to_owned());
            first.or_insert(position);
            if NAMED.contains(&kind) {
                let attribute = |what: &str| {
                    task.attribute(&format!("{kind}-{what}"))
                        .filter(|v| truthy(v))
                };
                sources.artifact(label, attribute("artifact"));
                sources.alias(kind, label, attribute("alias"));
                if let Some(variables) = attribute("env") {
                    sources
                        .variables
                        .insert(label.to_owned(), variables.clone());
                }
            }
        }
        sources
    }

    fn artifact(&mut self, label: &str, artifact: Option<&Value>) {
        if let Some(artifact) = artifact {
            self.artifacts.insert(label.to_owned(), artifact.clone());
        }
    }

    fn alias(&mut self, kind: &str, label: &str, alias: Option<&Value>) {
        let names = match alias {
            None => return,
            Some(Value::Array(names)) => names,
            Some(name) => std::slice::from_ref(name),
        };
        for name in names {
            let alias = format!("{kind}-{}", py_str(name));
            self.aliases.insert(alias, label.to_owned());
        }
    }

    /// The label of a task of a named kind, by its name or an alias, if it has an artifact.
    fn find(&self, kind: &str, name: &str) -> Option<(&str, &Value)> {
        let label = format!("{kind}-{name}");
        let label = self.aliases.get(&label).unwrap_or(&label);
        self.artifacts
            .get_key_value(label)
            .map(|(label, artifact)| (label.as_str(), artifact))
    }

    fn hint(&self, kind: &str, name: &str) -> String {
        let prefix = format!("{kind}-");
        let labels: Vec<&str> = self
            .artifacts
            .keys()
            .chain(self.aliases.keys())
            .filter_map(|label| label.strip_prefix(&prefix))
            .collect();
        if labels.is_empty() {
            format!("add `{kind}` to `kind-dependencies`, and define the task in that kind")
        } else {
            suggest::hint(name, labels.iter().copied())
        }
    }
}

/// Turns `fetches` into dependencies, scopes and `MOZ_FETCHES`.
///
/// # Errors
/// Every unavailable fetch of every item.
pub fn use_fetches(context: &Context<'_>, items: Vec<Item>) -> Outcome<Vec<Item>> {
    let sources = Sources::collect(context, &items);
    let items = order::dependencies_first(context, items)?;
    each(context, items, |mut item| {
        let fetches = item.task.shift_remove("fetches");
        if let Some(Value::Object(fetches)) = fetches.filter(truthy) {
            add(context, &sources, &mut item, &fetches)?;
        }
        Ok([item])
    })
}

/// One entry of `fetches`, with defaults.
struct Fetch<'f> {
    artifact: &'f str,
    dest: Option<&'f Value>,
    extract: Value,
    verify_hash: bool,
}

impl<'f> Fetch<'f> {
    fn new(entry: &'f Value) -> Self {
        let get = |key: &str| entry.get(key);
        Self {
            artifact: entry
                .as_str()
                .or_else(|| get("artifact").and_then(Value::as_str))
                .unwrap_or_default(),
            dest: get("dest").filter(|dest| !dest.is_null()),
            extract: get("extract").cloned().unwrap_or(Value::Bool(true)),
            verify_hash: get("verify-hash").is_some_and(truthy),
        }
    }

    fn to_json(&self, artifact: &str, task: &str) -> Value {
        let mut json = Object::from_iter([
            ("artifact", Value::from(artifact)),
            ("task", Value::from(format!("<{task}>"))),
            ("extract", self.extract.clone()),
        ]);
        if let Some(dest) = self.dest {
            json.insert("dest", dest.clone());
        }
        if self.verify_hash {
            json.insert("verify-hash", Value::Bool(true));
        }
        Value::Object(json)
    }
}

/// The effects of the fetches of a task.
#[derive(Clone)]
struct FetchEffects {
    /// The folders that are not public.
    folders: BTreeSet<String>,
    /// The environment of the task.
    env: Object,
}

fn add(context: &Context<'_>, sources: &Sources, item: &mut Item, fetches: &Object) -> Outcome<()> {
    let found = if fetches.keys().any(|kind| NAMED.contains(&kind.as_str())) {
        find(context, sources, item, fetches)?
    } else {
        // Many tasks in a row fetch the same from the same task.
        let dependencies = item.task.get("dependencies").cloned().unwrap_or_default();
        let env = Value::from(fields::mapping(item, &["worker", "env"])?.clone());
        let key = [Value::from(fetches.clone()), dependencies, env];
        sources
            .last
            .get(key, |_| find(context, sources, item, fetches))?
    };
    allow(item, &found.folders)?;
    *fields::mapping(item, &["worker", "env"])? = found.env;
    Ok(())
}

fn find(
    context: &Context<'_>,
    sources: &Sources,
    item: &mut Item,
    fetches: &Object,
) -> Outcome<FetchEffects> {
    let mut wrong = Diagnostics::new();
    let mut found: Vec<Value> = Vec::new();
    let mut folders = BTreeSet::new();
    let mut kinds: Vec<_> = fetches.iter().collect();
    kinds.sort_by_key(|(kind, _)| *kind);
    for (kind, entries) in kinds {
        let mut entries: Vec<Fetch<'_>> = entries
            .as_array()
            .into_iter()
            .flatten()
            .map(Fetch::new)
            .collect();
        entries.sort_by_key(|entry| entry.artifact);
        let prefix = if NAMED.contains(&kind.as_str()) {
            None
        } else {
            match dependency_prefix(context, sources, item, kind) {
                Ok(prefix) => Some(prefix),
                Err(diagnostic) => {
                    wrong.push(diagnostic);
                    continue;
                }
            }
        };
        for entry in entries {
            let fetched = match &prefix {
                Some(prefix) => Ok((format!("{prefix}/{}", entry.artifact), kind.to_string())),
                None => fetch_by_name(sources, item, kind, entry.artifact),
            };
            match fetched {
                Ok((artifact, task)) => {
                    if !artifact.starts_with("public/") {
                        folders.insert(posix::dirname(&artifact).to_owned());
                    }
                    found.push(entry.to_json(&artifact, &task));
                }
                Err(diagnostic) => wrong.push(diagnostic),
            }
        }
    }
    let mut env = fields::mapping(item, &["worker", "env"])?.clone();
    let text = json::compact_sorted(&Value::from(found));
    let reference = Object::from_iter([("task-reference", Value::from(text))]);
    env.insert("MOZ_FETCHES", Value::Object(reference));
    env.entry("MOZ_FETCHES_DIR")
        .or_insert_with(|| Value::from("fetches"));
    wrong.or_ok(FetchEffects { folders, env })
}

/// Fetches by name from a task of a named kind. Returns the artifact and the dependency.
fn fetch_by_name(
    sources: &Sources,
    item: &mut Item,
    kind: &str,
    name: &str,
) -> Result<(String, String), Diagnostic> {
    let field = format!("fetches.{kind}");
    let Some((label, artifact)) = sources.find(kind, name) else {
        return Err(item
            .error_at(&field, format!("unknown {kind} task `{name}`"))
            .help(sources.hint(kind, name)));
    };
    let Value::String(artifact) = artifact else {
        return Err(item.error_at(
            &field,
            format!("the attribute `{kind}-artifact` of `{label}` is not a string"),
        ));
    };
    match sources.variables.get(label) {
        None => {}
        Some(Value::Object(variables)) => {
            let variables = variables.clone();
            fields::mapping(item, &["worker", "env"])?.extend(variables);
        }
        Some(_) => {
            return Err(item.error_at(
                &field,
                format!("the attribute `{kind}-env` of `{label}` is not a mapping"),
            ));
        }
    }
    fields::mapping(item, &["dependencies"])?.insert(label.to_owned(), Value::from(label));
    Ok((artifact.to_string(), label.to_owned()))
}

/// The artifact prefix of a dependency.
fn dependency_prefix(
    context: &Context<'_>,
    sources: &Sources,
    item: &Item,
    name: &str,
) -> Result<String, Diagnostic> {
    let field = format!("fetches.{name}");
    let dependencies = item.task.get("dependencies").and_then(Value::as_object);
    let Some(label) = dependencies
        .and_then(|d| d.get(name))
        .and_then(Value::as_str)
    else {
        let known = dependencies
            .into_iter()
            .flat_map(|d| d.keys().map(|key| key.as_str()));
        return Err(item
            .error_at(
                &field,
                format!("the task fetches from `{name}` but has no dependency with this name"),
            )
            .help(suggest::hint(name, known.collect::<Vec<_>>())));
    };
    if let Some(attributes) = sources.attributes.get(label) {
        return Ok(artifact_prefix(Some(attributes)));
    }
    let position = sources.positions.get(label);
    match position.and_then(|position| context.dependencies.get(*position)) {
        Some(task) => Ok(artifact_prefix(Some(&Value::Object(
            task.attributes.clone(),
        )))),
        None => {
            let known = context.dependencies.iter().map(|task| task.label.as_str());
            Err(item
                .error_at(
                    &field,
                    format!("the task fetches from `{label}`, which is not a task of any kind in `kind-dependencies`"),
                )
                .help(suggest::hint(label, known)))
        }
    }
}

/// Lets the task read artifacts in folders that are not public: through the proxy, with scopes.
fn allow(item: &mut Item, folders: &BTreeSet<String>) -> Result<(), Diagnostic> {
    if folders.is_empty() {
        return Ok(());
    }
    fields::mapping(item, &["worker"])?.insert("taskcluster-proxy", Value::Bool(true));
    let scopes = fields::list(item, &["scopes"])?;
    for folder in folders {
        let scope = Value::from(format!("queue:get-artifact:{folder}/*"));
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    Ok(())
}
