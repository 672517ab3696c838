//! Rewrites definitions of other graphs' tasks so that they can be created here.

use std::sync::LazyLock;

use fancy_regex::{Captures, Regex};

use super::select::section;
use crate::base::diagnostic::Diagnostic;
use crate::base::value::{Object, Value, py_str};
use crate::transform::{Context, Item};

/// The trust domain and level in the names of scopes and caches.
static TRUST: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("[a-z]+-level-[1-3]").ok());

/// Rewrites definitions for one item.
pub(super) struct Rewriter<'a> {
    level: &'a str,
    /// Trust domain and level as they are in the names of scopes and caches.
    trust: String,
    group: &'a str,
    /// The name of the item, which is the prefix of the labels.
    prefix: Value,
}

impl<'a> Rewriter<'a> {
    /// Rewrites for `item`.
    ///
    /// # Errors
    /// If the item has no name, or the task group is unknown.
    pub(super) fn new(context: &Context<'a>, item: &Item) -> Result<Self, Diagnostic> {
        let prefix = item.task.get("name").cloned().ok_or_else(|| {
            item.error_at("", "the task has no name")
                .help("add a `name`, which becomes the prefix of the labels")
        })?;
        let group = context.project.environment.get("TASK_ID").ok_or_else(|| {
            Diagnostic::environment(
                "replicated tasks belong to the task group of the decision task, but TASK_ID is not set",
            )
            .at(item.origin.own_place())
            .help("locally, set TASK_ID to the taskId of any decision task")
        })?;
        let level = context.project.params.level();
        Ok(Self {
            level,
            trust: format!(
                "{}-level-{level}",
                context.project.graph_config.trust_domain()
            ),
            group,
            prefix,
        })
    }

    /// The task that replicates a task of another graph.
    ///
    /// # Errors
    /// What is missing in the task, as the end of a sentence.
    pub(super) fn rewrite(&self, task: &Object) -> Result<Object, String> {
        let mut definition = section(task, "task")?.clone();
        for (key, value) in [
            ("schedulerId", Value::from(self.trust.as_str())),
            ("taskGroupId", Value::from(self.group)),
            ("priority", Value::from("low")),
            ("routes", Value::from(vec![Value::from("checks")])),
        ] {
            definition.insert(key, value);
        }
        part(&mut definition, "extra")?
            .ok_or("has no `extra`")?
            .shift_remove("treeherder");
        let payload = part(&mut definition, "payload")?.ok_or("has no `payload`")?;
        self.rewrite_payload(payload)?;
        if let Some(Value::Array(scopes)) = definition.get_mut("scopes") {
            for scope in scopes {
                self.replace_trust_domain(scope);
            }
        }
        for key in ["taskQueueId", "provisionerId", "worker-type"] {
            if let Some(Value::String(name)) = definition.get_mut(key) {
                *name = name.replace("3", self.level);
            }
        }
        for (key, after) in [
            ("created", "0 seconds"),
            ("deadline", "1 day"),
            ("expires", "1 month"),
        ] {
            definition.insert(key, relative(after));
        }
        self.describe(definition)
    }

    fn rewrite_payload(&self, payload: &mut Object) -> Result<(), String> {
        if let Some(cache) = part(payload, "cache")? {
            for (name, place) in cache.clone() {
                cache.shift_remove(&name);
                cache.insert(self.with_own_trust_domain(&name), place);
            }
        }
        if let Some(Value::Array(mounts)) = payload.get_mut("mounts") {
            for name in mounts
                .iter_mut()
                .filter_map(|mount| mount.get_mut("cacheName"))
            {
                self.replace_trust_domain(name);
            }
        }
        let artifacts: Vec<&mut Value> = match payload.get_mut("artifacts") {
            Some(Value::Object(artifacts)) => artifacts.values_mut().collect(),
            Some(Value::Array(artifacts)) => artifacts.iter_mut().collect(),
            _ => Vec::new(),
        };
        for expires in artifacts
            .into_iter()
            .filter_map(|artifact| artifact.get_mut("expires"))
        {
            *expires = relative("1 month");
        }
        // Revisions of the other graph's repositories do not match the refs of this one's.
        if let Some(env) = part(payload, "env")? {
            env.retain(|name, _| !name.ends_with("_REV"));
        }
        Ok(())
    }

    /// The finished task of a rewritten definition.
    fn describe(&self, mut definition: Object) -> Result<Object, String> {
        let metadata = part(&mut definition, "metadata")?.ok_or("has no `metadata`")?;
        let own = metadata.get("name").ok_or("has no `metadata.name`")?;
        let label = Value::from(format!("{}-{}", py_str(&self.prefix), py_str(own)));
        let description = metadata
            .get("description")
            .ok_or("has no `metadata.description`")?;
        let description = description.clone();
        metadata.insert("name", label.clone());
        let attributes = [("replicate", self.prefix.clone())];
        let task = [
            ("label", label),
            ("dependencies", Value::Object(Object::new())),
            ("description", description),
            ("task", Value::Object(definition)),
            ("attributes", Value::Object(Object::from_iter(attributes))),
        ];
        Ok(task.into_iter().collect())
    }

    /// A name in which the trust domain and level are replaced with those of this project.
    fn with_own_trust_domain(&self, name: &str) -> String {
        match TRUST.as_ref() {
            Some(pattern) => pattern
                .replace_all(name, |_: &Captures<'_, str>| self.trust.clone())
                .into_owned(),
            None => name.to_owned(),
        }
    }

    fn replace_trust_domain(&self, name: &mut Value) {
        if let Value::String(name) = name {
            *name = self.with_own_trust_domain(name).into();
        }
    }
}

/// The mapping at a key, if the key is there.
fn part<'o>(map: &'o mut Object, key: &str) -> Result<Option<&'o mut Object>, String> {
    match map.get_mut(key) {
        None => Ok(None),
        Some(Value::Object(inner)) => Ok(Some(inner)),
        Some(_) => Err(format!("has a `{key}` that is not a mapping")),
    }
}

fn relative(after: &str) -> Value {
    let date = [("relative-datestamp", Value::from(after))];
    Value::Object(Object::from_iter(date))
}
