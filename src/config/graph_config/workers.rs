//! The workers of a graph config.

use super::{GraphConfig, join};
use crate::base::diagnostic::Diagnostic;
use crate::base::path::ValuePath;
use crate::base::pyformat::{self, Scope};
use crate::base::suggest;
use crate::base::value::{Object, Value};
use crate::base::worker_pool::WorkerPool;
use crate::config::keyed_by::{self, KeyedByError, Options};

impl GraphConfig {
    /// The worker implementation behind a `worker-type`, and its operating system.
    ///
    /// # Errors
    /// When no alias matches.
    pub fn worker_implementation(
        &self,
        worker_type: &str,
    ) -> Result<(&str, Option<&str>), Diagnostic> {
        if let Some((_, name)) = builtin(worker_type) {
            return Ok((name, None));
        }
        let name = self.alias(worker_type)?;
        let alias = self.aliases.get(&name).ok_or_else(|| {
            Diagnostic::user(format!("the worker alias `{name}` is not a mapping"))
        })?;
        Ok((&alias.implementation, alias.os.as_deref()))
    }

    /// The names of all aliases.
    pub fn alias_names(&self) -> impl Iterator<Item = &str> + Clone {
        self.aliases.keys().map(String::as_str)
    }

    /// The worker pool behind a `worker-type` at an SCM level.
    ///
    /// # Errors
    /// When no alias matches, or it is keyed by level and none matches.
    pub fn worker_pool(&self, worker_type: &str, level: &str) -> Result<WorkerPool, Diagnostic> {
        let attribute = |by: &str| (by == "level").then(|| Value::from(level));
        self.worker_pool_by(worker_type, level, &attribute)
    }

    /// As [`Self::worker_pool`], where alternatives may be keyed by further attributes.
    ///
    /// # Errors
    /// When no alias matches, or none of its alternatives does.
    pub fn worker_pool_by(
        &self,
        worker_type: &str,
        level: &str,
        attribute: &dyn Fn(&str) -> Option<Value>,
    ) -> Result<WorkerPool, Diagnostic> {
        if let Some((provisioner, name)) = builtin(worker_type) {
            return Ok(WorkerPool::new(provisioner, name));
        }
        let alias = self.alias(worker_type)?;
        let names = Object::from_iter([
            ("alias", Value::from(worker_type)),
            ("level", Value::from(level)),
            ("trust-domain", Value::from(self.trust_domain())),
        ]);
        let one = |key: &str| -> Result<String, Diagnostic> {
            let path = ValuePath::keys(["workers", "aliases", &alias, key]);
            let value = self.alias_values().get(&alias).and_then(|a| a.get(key));
            let chosen = keyed_by::evaluate(
                value.unwrap_or(&Value::Null),
                &format!("`{path}`"),
                attribute,
                &Options::default(),
            )
            .map_err(|error| Diagnostic::from(error).at(self.place(&path)))?;
            let template = chosen.as_str().unwrap_or_default();
            pyformat::format(template, &Scope::new(&names))
                .map_err(|error| Diagnostic::user(error.to_string()).at(self.place(&path)))
        };
        Ok(WorkerPool::new(one("provisioner")?, one("worker-type")?))
    }

    fn alias_values(&self) -> &Object {
        static NONE: std::sync::LazyLock<Object> = std::sync::LazyLock::new(Object::new);
        self.get("workers")
            .and_then(|workers| workers.get("aliases"))
            .and_then(Value::as_object)
            .unwrap_or(&NONE)
    }

    /// The key of the alias that a `worker-type` matches, chosen as a keyed-by value is.
    fn alias(&self, worker_type: &str) -> Result<String, Diagnostic> {
        let aliases = self.alias_values();
        if aliases.contains_key(worker_type) {
            return Ok(worker_type.to_owned());
        }
        let names: Object = aliases
            .keys()
            .map(|key| (key.clone(), Value::from(key.as_str())))
            .collect();
        let value = Value::Object(Object::from_iter([("by-alias", Value::Object(names))]));
        let attribute = |_: &str| Some(Value::from(worker_type));
        let chosen =
            keyed_by::evaluate(&value, "`workers.aliases`", &attribute, &Options::default());
        match chosen {
            Ok(alias) => Ok(alias.as_str().unwrap_or_default().to_owned()),
            Err(error @ (KeyedByError::Ambiguous { .. } | KeyedByError::Pattern { .. })) => {
                Err(Diagnostic::from(error)
                    .at(self.place(&ValuePath::keys(["workers", "aliases"]))))
            }
            Err(_) => Err(
                Diagnostic::user(format!("unknown worker alias `{worker_type}`")).help(format!(
                    "{} (`workers.aliases` in {})",
                    suggest::hint(worker_type, aliases.keys().map(|key| key.as_str())),
                    join(&self.root, "config.yml"),
                )),
            ),
        }
    }
}

/// Worker types that need no alias: provisioner and name, which is the implementation's too.
fn builtin(worker_type: &str) -> Option<(&'static str, &'static str)> {
    match worker_type {
        "always-optimized" => Some(("invalid", "always-optimized")),
        "succeed" => Some(("built-in", "succeed")),
        _ => None,
    }
}
