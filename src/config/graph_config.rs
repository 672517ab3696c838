//! The graph config: `config.yml` under the root folder.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::keyed_by::{self, Options};
use super::schema::{Schema, Type, optional, required};
use super::yaml::{self, Places};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome, Place};
use crate::base::path::ValuePath;
use crate::base::suggest;
use crate::base::value::{Object, Value};
use crate::ports::files::{FileError, Files};

/// The priorities that a task may have, the highest first.
pub static PRIORITIES: &[&str] = &[
    "highest",
    "very-high",
    "high",
    "medium",
    "low",
    "very-low",
    "lowest",
];

static CACHES: &[&str] = &["cargo", "checkout", "npm", "pip", "uv"];

static WORKER_ALIAS: Schema = Schema {
    name: "worker alias",
    fields: &[
        required(
            "provisioner",
            Type::KeyedBy(&["level"], &Type::Str),
            "the provisioner; `{trust-domain}`, `{level}` and `{alias}` are filled in",
        ),
        required(
            "implementation",
            Type::Str,
            "the worker implementation, e.g. `docker-worker`",
        ),
        required(
            "os",
            Type::Str,
            "the operating system of the worker, e.g. `linux`",
        ),
        required(
            "worker-type",
            Type::KeyedBy(&["level"], &Type::Str),
            "the worker type; `{trust-domain}`, `{level}` and `{alias}` are filled in",
        ),
    ],
    open: false,
    exclusive: &[],
};

static WORKERS: Schema = Schema {
    name: "workers",
    fields: &[required(
        "aliases",
        Type::Map(&Type::Struct(&WORKER_ALIAS)),
        "what each `worker-type` of a task stands for; regular expressions are taken too",
    )],
    open: false,
    exclusive: &[],
};

static REPOSITORY: Schema = Schema {
    name: "repository",
    fields: &[
        required("name", Type::Str, "the name of the repository"),
        optional(
            "project-regex",
            Type::Str,
            "the projects that this repository is checked out for",
        ),
        optional(
            "ssh-secret-name",
            Type::Str,
            "the secret that holds the key to clone it with",
        ),
    ],
    open: true,
    exclusive: &[],
};

static RUN: Schema = Schema {
    name: "run",
    fields: &[optional(
        "use-caches",
        Type::OneOf(&[Type::Bool, Type::List(&Type::Literal(CACHES))]),
        "the caches that tasks have: all, none, or those named",
    )],
    open: false,
    exclusive: &[],
};

static TASKGRAPH: Schema = Schema {
    name: "taskgraph",
    fields: &[
        required(
            "repositories",
            Type::Map(&Type::Struct(&REPOSITORY)),
            "the repositories that tasks check out, by prefix",
        ),
        optional(
            "register",
            Type::Str,
            "a Python function that registers extensions",
        ),
        optional(
            "decision-parameters",
            Type::Str,
            "a Python function that changes parameters",
        ),
        optional(
            "cached-task-prefix",
            Type::Str,
            "the index prefix of cached tasks; the trust domain when it is not given",
        ),
        optional(
            "cache-pull-requests",
            Type::Bool,
            "whether pull requests fill caches",
        ),
        optional(
            "index-path-regexes",
            Type::List(&Type::Str),
            "index paths that are summarized in the scopes of index tasks",
        ),
        optional("run", Type::Struct(&RUN), "the `run` transforms"),
        optional(
            "disabled-actions",
            Type::List(&Type::Str),
            "callback names of actions that are left out of `actions.json`",
        ),
    ],
    open: false,
    exclusive: &[],
};

static SHIPIT: Schema = Schema {
    name: "shipit",
    fields: &[
        optional("product", Type::Str, "the product as Ship-it calls it"),
        optional("release-format", Type::Str, "the name of a release"),
        optional("scope-prefix", Type::Str, "the prefix of Ship-it scopes"),
    ],
    open: true,
    exclusive: &[],
};

static FLAVOR: Schema = Schema {
    name: "release promotion flavor",
    fields: &[
        required(
            "target-tasks-method",
            Type::Str,
            "the target-tasks method; `{project}` is filled in",
        ),
        optional(
            "product",
            Type::Str,
            "the product, the parameter `release_product`",
        ),
        optional(
            "is-rc",
            Type::Bool,
            "whether it is a release candidate's flavor",
        ),
        optional(
            "rebuild-kinds",
            Type::List(&Type::Str),
            "kinds that are built again",
        ),
        optional(
            "do-not-optimize",
            Type::List(&Type::Str),
            "labels that are built again",
        ),
        optional(
            "partial-updates",
            Type::Bool,
            "whether partial updates can be asked for",
        ),
        optional(
            "version-bump",
            Type::Bool,
            "whether the next version has to be given",
        ),
    ],
    open: true,
    exclusive: &[],
};

static RELEASE_PROMOTION: Schema = Schema {
    name: "release-promotion",
    fields: &[
        required(
            "flavors",
            Type::Map(&Type::Struct(&FLAVOR)),
            "the flavors, by name",
        ),
        optional(
            "rebuild-kinds",
            Type::List(&Type::Str),
            "kinds that every flavor builds again, unless its input says otherwise",
        ),
    ],
    open: true,
    exclusive: &[],
};

static SNOWMAN: Schema = Schema {
    name: "snowman",
    fields: &[
        optional(
            "kinds",
            Type::Str,
            "the folder of kinds, from the root of the repository; `kinds` under the root folder when it is not given",
        ),
        optional(
            "docker",
            Type::Str,
            "the folder of docker images, from the root of the repository; `docker` under the root folder when it is not given",
        ),
        optional(
            "run-task",
            Type::Str,
            "the folder with `run-task`, `fetch-content`, `hgrc` and `robustcheckout.py`, from the root of the repository; that of an installed taskgraph when it is not given",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// The schema of `config.yml`. Keys beside these are the project's own.
pub static GRAPH_CONFIG: Schema = Schema {
    name: "graph config",
    fields: &[
        required("trust-domain", Type::Str, "the trust domain of the graph"),
        required(
            "task-priority",
            Type::KeyedBy(&["project", "level"], &Type::Literal(PRIORITIES)),
            "the priority of tasks that name none",
        ),
        required("workers", Type::Struct(&WORKERS), "the workers"),
        required(
            "taskgraph",
            Type::Struct(&TASKGRAPH),
            "the graph's own settings",
        ),
        optional(
            "docker-image-kind",
            Type::Str,
            "the kind of docker images: `docker-image`",
        ),
        optional(
            "task-deadline-after",
            Type::KeyedBy(&["project"], &Type::Str),
            "the deadline of tasks that name none: `1 day`",
        ),
        optional(
            "task-expires-after",
            Type::Str,
            "when level 1 tasks that say nothing else expire: `28 days`",
        ),
        optional("shipit", Type::Struct(&SHIPIT), "Ship-it"),
        optional(
            "version-parser",
            Type::Str,
            "a Python function that finds the version",
        ),
        optional(
            "release-branches",
            Type::Map(&Type::OneOf(&[Type::Bool, Type::List(&Type::Str)])),
            "the branches of each project whose releases are real",
        ),
        optional(
            "release-promotion",
            Type::Struct(&RELEASE_PROMOTION),
            "release promotion",
        ),
        optional(
            "snowman",
            Type::Struct(&SNOWMAN),
            "where this project differs in its folders",
        ),
    ],
    open: true,
    exclusive: &[],
};

/// The graph config of a project.
#[derive(Debug, Clone)]
pub struct GraphConfig {
    values: Object,
    places: Arc<Places>,
    root: String,
    aliases: BTreeMap<String, Alias>,
}

/// What a worker alias stands for.
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
            FileError::Missing(path) => Diagnostic::user(format!("there is no `{path}`")).help(
                "run snowman in the repository, or name the folder of config.yml with --root",
            ),
            other => Diagnostic::environment(other.to_string()),
        })?;
        Self::read(root, &path, &text)
    }

    /// Reads the text of a `config.yml`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(root: &str, path: &str, text: &[u8]) -> Outcome<Self> {
        let document = yaml::load(path, text)?;
        let Value::Object(values) = document.value else {
            return Err(Diagnostic::user("the graph config is no mapping")
                .at(document.places.get(&ValuePath::root()))
                .into());
        };
        let mut wrong = Diagnostics::new();
        for violation in GRAPH_CONFIG.check(&values) {
            let mut diagnostic =
                Diagnostic::user(violation.message).at(document.places.get(&violation.path));
            diagnostic.help = violation.help;
            wrong.push(diagnostic);
        }
        let config = Self {
            aliases: aliases(&values),
            values,
            places: Arc::new(document.places),
            root: root.to_owned(),
        };
        if wrong.is_empty() && config.repositories().is_empty() {
            wrong.push(
                Diagnostic::user("`taskgraph.repositories` is empty")
                    .at(config.place(&ValuePath::keys(["taskgraph", "repositories"])))
                    .help("name the repository that is built, e.g. `ci: {name: my-project}`"),
            );
        }
        wrong.or_ok(config)
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

    /// Where a part of it stands.
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
        self.folder("kinds")
            .unwrap_or_else(|| join(&self.root, "kinds"))
    }

    /// The folder of docker images, from the root of the repository.
    #[must_use]
    pub fn docker_folder(&self) -> String {
        self.folder("docker")
            .unwrap_or_else(|| join(&self.root, "docker"))
    }

    /// The folder of the scripts that tasks are run with, from the root of the repository.
    #[must_use]
    pub fn run_task_folder(&self) -> Option<String> {
        self.folder("run-task")
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
            .map_err(|error| {
                let help = error.help();
                let mut diagnostic = Diagnostic::user(error.to_string());
                diagnostic.help = help;
                diagnostic
            })
            .and_then(|value| {
                value.as_str().map(str::to_owned).ok_or_else(|| {
                    Diagnostic::user(format!("`{key}` is no string for project `{project}`"))
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
        let alias = &self.aliases[&self.alias(worker_type)?];
        Ok((&alias.implementation, alias.os.as_deref()))
    }

    /// The provisioner and the worker type behind a `worker-type` at an SCM level.
    ///
    /// # Errors
    /// When no alias matches, or it is keyed by level and none matches.
    pub fn worker_type(
        &self,
        worker_type: &str,
        level: &str,
    ) -> Result<(String, String), Diagnostic> {
        if let Some((provisioner, name)) = builtin(worker_type) {
            return Ok((provisioner.to_owned(), name.to_owned()));
        }
        let alias = self.alias(worker_type)?;
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
            .map_err(|error| {
                let help = error.help();
                let mut diagnostic = Diagnostic::user(error.to_string()).at(self.place(&path));
                diagnostic.help = help;
                diagnostic
            })?;
            Ok(chosen
                .as_str()
                .unwrap_or_default()
                .replace("{trust-domain}", self.trust_domain())
                .replace("{level}", level)
                .replace("{alias}", worker_type))
        };
        Ok((one("provisioner")?, one("worker-type")?))
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
        let value = Value::Object(Object::from_iter([(
            "by-alias".to_owned(),
            Value::Object(names),
        )]));
        let attribute = |_: &str| Some(Value::from(worker_type));
        keyed_by::evaluate(&value, "`workers.aliases`", &attribute, &Options::default())
            .ok()
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or_else(|| {
                Diagnostic::user(format!("there is no worker alias `{worker_type}`")).help(format!(
                    "{} (`workers.aliases` in {})",
                    suggest::hint(worker_type, aliases.keys().map(String::as_str)),
                    join(&self.root, "config.yml"),
                ))
            })
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
            (name.clone(), alias)
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
