//! The graph config: `config.yml` under the root folder.

mod aliases;
mod check;
mod environments;
mod schema;
mod settings;
mod staging;
mod try_push;
mod workers;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::keyed_by::{self, Options};
use super::yaml::{self, Places};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome, Place};
use crate::base::path::ValuePath;
use crate::base::value::{Object, Value};
use crate::ports::files::{FileError, Files};

use aliases::{Alias, aliases};
pub use check::NATIVE_REGISTRATIONS;
use check::{PROMOTION, Violations};
pub use environments::ENVIRONMENTS;
use schema::SECTION;
pub use schema::{GRAPH_CONFIG, ON_DEMAND, PRIORITIES};
use settings::SettingsFile;
pub use try_push::MIGRATION;

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
    /// snowman's own settings, if they have a file of their own.
    settings: Option<SettingsFile>,
    /// The environments of release services, if a file describes them.
    environments: Option<Value>,
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
                "run `snowman init` to create a project in this repository, or pass the folder of config.yml with \
                 --root",
            ),
            other => other.into(),
        })?;
        let mut config = Self::parse(root, &path, &text)?;
        let own = join(root, settings::FILE);
        match files.read(&own) {
            Ok(text) => config.add_settings(&own, &text)?,
            Err(FileError::Missing(_)) => {}
            Err(other) => return Err(other.into()),
        }
        let file = join(root, environments::FILE);
        match files.read(&file) {
            Ok(text) => config.environments = environments::read(&file, &text)?,
            Err(FileError::Missing(_)) => {}
            Err(other) => return Err(other.into()),
        }
        config.check_unless_registered()?;
        let in_ci = root == "ci" || root.ends_with("/ci");
        config.kinds_beside = in_ci && !files.is_folder(&join(root, "kinds"))?;
        Ok(config)
    }

    /// Reads the text of a `config.yml`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(root: &str, path: &str, text: &[u8]) -> Outcome<Self> {
        let config = Self::parse(root, path, text)?;
        config.check_unless_registered()?;
        Ok(config)
    }

    fn parse(root: &str, path: &str, text: &[u8]) -> Outcome<Self> {
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
            settings: None,
            environments: None,
        };
        config.violations = Violations::find(&config.values, &config.places);
        Ok(config)
    }

    /// Takes snowman's own settings from the text of their file.
    fn add_settings(&mut self, path: &str, text: &[u8]) -> Outcome<()> {
        if self.values.contains_key(SECTION) {
            let place = self.place(&ValuePath::keys([SECTION]));
            let message = format!("`{SECTION}` is in config.yml although there is a file `{path}`");
            return Err(Diagnostic::user(message)
                .at(place)
                .help("move all of it to one of the two")
                .into());
        }
        let settings = SettingsFile::read(path, text)?;
        self.violations.extend(settings.violations());
        self.settings = Some(settings);
        Ok(())
    }

    fn check_unless_registered(&self) -> Outcome<()> {
        match self.registration() {
            None => self.check_schema(),
            Some(_) => Ok(()),
        }
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

    /// Whether the values violate the built-in schema outside the section of release promotion and
    /// snowman's own settings.
    #[must_use]
    pub fn violates_schema(&self) -> bool {
        self.violations.may_be_replaced()
    }

    /// Notes that the project's own schema is used in place of the built-in one, except for snowman's own
    /// settings.
    pub fn replace_schema(&mut self) {
        self.violations.keep_settings();
    }

    /// What `environments.yml` next to config.yml says of the environments of release services: its sections
    /// `services`, `pools` and `unmanaged`; `None` if it says nothing.
    #[must_use]
    pub fn environments(&self) -> Option<&Value> {
        self.environments.as_ref()
    }

    /// Whether config.yml itself has snowman's own settings, and the file that they can be in instead.
    #[must_use]
    pub fn settings_file(&self) -> (bool, String) {
        let path = join(&self.root, settings::FILE);
        (self.values.contains_key(SECTION), path)
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
        let own = self.settings.as_ref().filter(|_| key == SECTION);
        let value = own.map(|own| &own.value).or_else(|| self.values.get(key));
        value.filter(|value| !value.is_null())
    }

    /// Everything in config.yml, as it was written.
    #[must_use]
    pub fn values(&self) -> &Object {
        &self.values
    }

    /// Where a part of it is written.
    #[must_use]
    pub fn place(&self, path: &ValuePath) -> Option<Place> {
        let own = self.settings.as_ref().and_then(|own| own.place(path));
        own.or_else(|| self.places.get(path))
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
        let named = self.get(SECTION).and_then(|own| own.get("actions"));
        let named = named.and_then(Value::as_array).into_iter().flatten();
        named.into_iter().any(|name| name.as_str() == Some(action))
    }

    /// The Python package that the section `snowman` names as the project's entry: its modules
    /// `actions` and `decision` are used in place of taskgraph's.
    #[must_use]
    pub fn entry(&self) -> Option<&str> {
        self.get(SECTION)?.get("entry")?.as_str()
    }

    /// The branches of each project whose releases are production releases: those that config.yml itself names, or else
    /// those in the section `snowman`.
    #[must_use]
    pub fn release_branches(&self) -> Option<&Object> {
        let own = || self.get(SECTION)?.get("release-branches");
        self.get("release-branches").or_else(own)?.as_object()
    }

    fn folder(&self, name: &str) -> Option<String> {
        let folder = self.get(SECTION)?.get(name)?.as_str()?;
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
