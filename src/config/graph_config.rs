//! The graph config: `config.yml` under the root folder.

mod check;
mod schema;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::keyed_by::{self, KeyedByError, Options};
use super::yaml::{self, Places};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome, Place};
use crate::base::path::ValuePath;
use crate::base::pyformat::{self, Scope};
use crate::base::suggest;
use crate::base::value::{Object, Value};
use crate::base::worker_pool::WorkerPool;
use crate::ports::files::{FileError, Files};

pub use check::NATIVE_REGISTRATIONS;
use check::{PROMOTION, Violations};
pub use schema::{GRAPH_CONFIG, ON_DEMAND, PRIORITIES};

/// The graph config of a project.
#[derive(Debug, Clone)]
pub struct GraphConfig {
    values: Object,
    places: Arc<Places>,
    root: String,
    aliases: BTreeMap<String, Alias>,
    /// Whether kinds are next to config.yml, as in older versions of taskgraph.
    kinds_beside: bool,
    /// Whether the project's own code leaves the promotion of releases out.
    no_promotion: bool,
    /// What violates the built-in schema, until the project's own code has decided about it.
    violations: Violations,
}

/// The worker behind an alias.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Alias {
    implementation: String,
    os: Option<String>,
}

impl GraphConfig {
    /// Reads `config.yml` in `root`, a folder named from the root of the repository.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(files: &dyn Files, root: &str) -> Outcome<Self> {
        let root = root.trim_end_matches('/');
        let path = join(root, "config.yml");
        let text = files.read(&path).map_err(|error| match error {
            FileError::Missing(path) => Diagnostic::user(format!("`{path}` does not exist")).help(
                "run snowman in the repository, or pass the folder of config.yml with --root",
            ),
            other => other.into(),
        })?;
        let mut config = Self::read(root, &path, &text)?;
        let in_ci = root == "ci" || root.ends_with("/ci");
        config.kinds_beside = in_ci && !files.is_folder(&join(root, "kinds"))?;
        Ok(config)
    }

    /// Reads the text of a `config.yml`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(root: &str, path: &str, text: &[u8]) -> Outcome<Self> {
        let document = yaml::load(path, text)?;
        document.warn();
        let Value::Object(values) = document.value else {
            let found = yaml::root_in_words(&document.value);
            return Err(Diagnostic::user(format!("{path} is {found}"))
                .at(document.places.get(&ValuePath::root()))
                .help(
                    "write a mapping with at least `trust-domain`, `task-priority`, `workers` and `taskgraph`",
                )
                .into());
        };
        let mut config = Self {
            aliases: aliases(&values),
            values,
            places: Arc::new(document.places),
            root: root.to_owned(),
            kinds_beside: false,
            no_promotion: false,
            violations: Violations::default(),
        };
        config.violations = Violations::find(&config.values, &config.places);
        if config.registration().is_none() {
            config.check_schema()?;
        }
        Ok(config)
    }

    /// The Python function in `taskgraph.register`, unless it only registers what is built in.
    #[must_use]
    pub fn registration(&self) -> Option<&str> {
        let name = self.taskgraph("register")?.as_str()?;
        (!NATIVE_REGISTRATIONS.contains(&name)).then_some(name)
    }

    /// Checks the values against the built-in schema, unless the project's own is used. For a
    /// project with a registration function, which may replace the schema, this is not part of
    /// reading config.yml. Mistakes in the section of release promotion are only warned of: see
    /// [`Self::mistakes_in_flavor`].
    ///
    /// # Errors
    /// Every other violation.
    pub fn check_schema(&self) -> Outcome<()> {
        self.violations.refuse()
    }

    /// Whether the values violate the built-in schema outside the section of release promotion.
    #[must_use]
    pub fn violates_schema(&self) -> bool {
        self.violations.are_refused()
    }

    /// Notes that the project's own schema is used in place of the built-in one.
    pub fn replace_schema(&mut self) {
        self.violations = Violations::default();
    }

    /// What is wrong with a flavor of release promotion. That is reported when it is promoted: the
    /// section is read by nothing else, and projects may have keys of their own there.
    #[must_use]
    pub fn mistakes_in_flavor(&self, name: &str) -> Diagnostics {
        check::mistakes_in_flavor(&self.values, &self.places, name)
    }

    /// Takes other values, as the project's own code has changed them.
    pub fn replace(&mut self, values: Object) {
        self.aliases = aliases(&values);
        self.values = values;
    }

    /// Notes that what the project registers does not bring the promotion of releases.
    pub fn leave_out_promotion(&mut self) {
        self.no_promotion = true;
    }

    /// Whether releases can be promoted: config.yml says how, and what the project registers, where
    /// it registers anything itself, brings it.
    #[must_use]
    pub fn promotes(&self) -> bool {
        !self.no_promotion && self.get(PROMOTION).is_some()
    }

    /// The value of a top-level key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(key).filter(|value| !value.is_null())
    }

    /// Everything, as it was written.
    #[must_use]
    pub fn values(&self) -> &Object {
        &self.values
    }

    /// Where a part of it is written.
    #[must_use]
    pub fn place(&self, path: &ValuePath) -> Option<Place> {
        self.places.get(path)
    }

    /// The folder of `config.yml`, from the root of the repository.
    #[must_use]
    pub fn root(&self) -> &str {
        &self.root
    }

    /// The folder of kinds, from the root of the repository.
    #[must_use]
    pub fn kinds_folder(&self) -> String {
        match self.folder("kinds") {
            Some(named) => named,
            None if self.kinds_beside => self.root.clone(),
            None => join(&self.root, "kinds"),
        }
    }

    /// The folder of docker images, from the root of the repository.
    #[must_use]
    pub fn docker_folder(&self) -> String {
        let beside = |above: &str| join(above.trim_end_matches('/'), "docker");
        match (self.folder("docker"), self.root.strip_suffix("ci")) {
            (Some(named), _) => named,
            // In older versions of taskgraph, kinds are a folder deeper and images are not.
            (None, Some(above)) if self.kinds_beside => beside(above),
            (None, _) => beside(&self.root),
        }
    }

    /// The folder of the scripts that tasks are run with, from the root of the repository.
    #[must_use]
    pub fn run_task_folder(&self) -> Option<String> {
        self.folder("run-task")
    }

    /// Whether the section `snowman` enables an optional action.
    #[must_use]
    pub fn demands(&self, action: &str) -> bool {
        let named = self.get("snowman").and_then(|own| own.get("actions"));
        let named = named.and_then(Value::as_array).into_iter().flatten();
        named.into_iter().any(|name| name.as_str() == Some(action))
    }

    /// The Python package that the section `snowman` names as the project's entry: its modules
    /// `actions` and `decision` are used in place of taskgraph's.
    #[must_use]
    pub fn entry(&self) -> Option<&str> {
        self.get("snowman")?.get("entry")?.as_str()
    }

    fn folder(&self, name: &str) -> Option<String> {
        let folder = self.get("snowman")?.get(name)?.as_str()?;
        Some(folder.trim_end_matches('/').to_owned())
    }

    /// The kind of docker images.
    #[must_use]
    pub fn docker_image_kind(&self) -> &str {
        self.get("docker-image-kind")
            .and_then(Value::as_str)
            .unwrap_or("docker-image")
    }

    /// The trust domain.
    #[must_use]
    pub fn trust_domain(&self) -> &str {
        self.get("trust-domain")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// A key of the section `taskgraph`.
    #[must_use]
    pub fn taskgraph(&self, key: &str) -> Option<&Value> {
        self.get("taskgraph")?
            .get(key)
            .filter(|value| !value.is_null())
    }

    /// The repositories, by prefix.
    #[must_use]
    pub fn repositories(&self) -> &Object {
        static NONE: std::sync::LazyLock<Object> = std::sync::LazyLock::new(Object::new);
        self.taskgraph("repositories")
            .and_then(Value::as_object)
            .unwrap_or(&NONE)
    }

    /// The address of the project's own repository: the first of those listed.
    #[must_use]
    pub fn default_repository(&self) -> Option<&str> {
        let first = self.repositories().values().next()?;
        first.get("default-repository")?.as_str()
    }

    /// The prefix of cached tasks in the index.
    #[must_use]
    pub fn cached_task_prefix(&self) -> &str {
        self.taskgraph("cached-task-prefix")
            .and_then(Value::as_str)
            .unwrap_or_else(|| self.trust_domain())
    }

    /// Whether pull requests fill caches of their own.
    #[must_use]
    pub fn cache_pull_requests(&self) -> bool {
        self.taskgraph("cache-pull-requests")
            .and_then(Value::as_bool)
            .unwrap_or(true)
    }

    /// When level 1 tasks that say nothing else expire.
    #[must_use]
    pub fn task_expires_after(&self) -> &str {
        self.get("task-expires-after")
            .and_then(Value::as_str)
            .unwrap_or("28 days")
    }

    /// The deadline of tasks that name none.
    ///
    /// # Errors
    /// When it is keyed by project and none matches.
    pub fn task_deadline_after(&self, project: &str) -> Result<String, Diagnostic> {
        match self.get("task-deadline-after") {
            None => Ok("1 day".to_owned()),
            Some(_) => self.keyed_by_project("task-deadline-after", project),
        }
    }

    /// The priority of tasks that name none.
    ///
    /// # Errors
    /// When it is keyed by project and none matches.
    pub fn task_priority(&self, project: &str) -> Result<String, Diagnostic> {
        self.keyed_by_project("task-priority", project)
    }

    fn keyed_by_project(&self, key: &str, project: &str) -> Result<String, Diagnostic> {
        let value = self.get(key).unwrap_or(&Value::Null);
        // As the peer: the level is allowed by the schema and yet not known here.
        let attribute = |by: &str| (by == "project").then(|| Value::from(project));
        let chosen = keyed_by::evaluate(value, "the graph config", &attribute, &Options::default());
        chosen
            .map_err(Diagnostic::from)
            .and_then(|value| {
                value.as_str().map(str::to_owned).ok_or_else(|| {
                    Diagnostic::user(format!(
                        "`{key}` is not a string for the project `{project}`"
                    ))
                })
            })
            .map_err(|diagnostic| diagnostic.at(self.place(&ValuePath::keys([key]))))
    }

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

    /// The worker pool behind a `worker-type` at an SCM level.
    ///
    /// # Errors
    /// When no alias matches, or it is keyed by level and none matches.
    pub fn worker_pool(&self, worker_type: &str, level: &str) -> Result<WorkerPool, Diagnostic> {
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
            let attribute = |by: &str| (by == "level").then(|| Value::from(level));
            let chosen = keyed_by::evaluate(
                value.unwrap_or(&Value::Null),
                &format!("`{path}`"),
                &attribute,
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

fn aliases(values: &Object) -> BTreeMap<String, Alias> {
    let aliases = values
        .get("workers")
        .and_then(|w| w.get("aliases"))
        .and_then(Value::as_object);
    let text = |value: &Value, key: &str| value.get(key)?.as_str().map(str::to_owned);
    aliases
        .into_iter()
        .flatten()
        .map(|(name, value)| {
            let alias = Alias {
                implementation: text(value, "implementation").unwrap_or_default(),
                os: text(value, "os"),
            };
            (name.to_string(), alias)
        })
        .collect()
}

/// A path below a folder, which may be the root of the repository.
#[must_use]
pub fn join(folder: &str, path: &str) -> String {
    if folder.is_empty() || folder == "." {
        path.to_owned()
    } else {
        format!("{folder}/{path}")
    }
}
