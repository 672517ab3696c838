//! One `kind.yml`.

use std::sync::Arc;

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome, Place};
use crate::base::name::KindName;
use crate::base::path::ValuePath;
use crate::base::suggest;
use crate::base::value::{Object, Value};
use crate::config::graph_config::{GraphConfig, join};
use crate::config::schema::{Schema, Type, optional};
use crate::config::yaml::{self, Places};
use crate::ports::files::{FileError, Files};

/// Former and current names of keys of kind.yml.
const EARLIER: &[(&str, &str)] = &[("jobs", "tasks"), ("jobs-from", "tasks-from")];

/// The keys of a `kind.yml`. Other keys are for the kind's own transforms.
pub static KIND: Schema = Schema {
    name: "kind",
    fields: &[
        optional(
            "loader",
            Type::Str,
            "the loader that reads the tasks (default: `taskgraph.loader.default:loader`)",
        ),
        optional(
            "transforms",
            Type::List(&Type::Str),
            "the transforms, in the order in which they run",
        ),
        optional(
            "kind-dependencies",
            Type::List(&Type::Str),
            "the kinds that tasks of this kind may depend on",
        ),
        optional(
            "task-defaults",
            Type::Map(&Type::Any),
            "default values for every task",
        ),
        optional("tasks", Type::Map(&Type::Any), "the tasks, by name"),
        optional(
            "tasks-from",
            Type::List(&Type::Str),
            "files in the kind's folder that define more tasks",
        ),
    ],
    open: true,
    exclusive: &[],
};

/// A kind as its file describes it.
#[derive(Debug, Clone)]
pub struct KindDefinition {
    /// Its name: that of its folder.
    pub name: KindName,
    /// Its folder, from the root of the repository.
    pub path: String,
    /// The whole file.
    pub config: Object,
    /// The place of each part of the file.
    pub places: Arc<Places>,
    /// The kinds that it depends on.
    pub dependencies: Vec<KindName>,
}

impl KindDefinition {
    /// Reads the kind of this name; `None` when its folder has no `kind.yml`.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub fn load(
        files: &dyn Files,
        graph_config: &GraphConfig,
        name: &KindName,
    ) -> Outcome<Option<Self>> {
        let path = join(&graph_config.kinds_folder(), name.as_str());
        let file = join(&path, "kind.yml");
        let text = match files.read(&file) {
            Ok(text) => text,
            Err(FileError::Missing(_)) => return Ok(None),
            Err(other) => {
                return Err(Diagnostic::from(other).in_kind(name).into());
            }
        };
        Self::from_text(name, path, &file, &text).map(Some)
    }

    /// Parses the text of a `kind.yml`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn from_text(name: &KindName, path: String, file: &str, text: &[u8]) -> Outcome<Self> {
        let document = yaml::load(file, text).map_err(|all| all.map(|d| d.in_kind(name)))?;
        document.warn();
        let places = Arc::new(document.places);
        let Value::Object(config) = document.value else {
            let found = yaml::root_in_words(&document.value);
            return Err(Diagnostic::user(format!("{file} is {found}"))
                .in_kind(name)
                .at(places.get(&ValuePath::root()))
                .help("write a mapping with at least one task under `tasks`")
                .into());
        };
        let mut wrong = Diagnostics::new();
        for violation in KIND.check(&config) {
            let mut diagnostic = Diagnostic::user(violation.message)
                .in_kind(name)
                .at(places.get(&violation.path));
            diagnostic.help = violation.help;
            wrong.push(diagnostic);
        }
        for key in config
            .keys()
            .filter(|key| KIND.names().all(|known| known != key.as_str()))
        {
            let earlier = EARLIER.iter().find(|(old, _)| old == key);
            let near = earlier.map(|(_, now)| *now);
            let near = near.filter(|now| !config.contains_key(now));
            if let Some(near) = near.or_else(|| suggest::nearest(key, KIND.names())) {
                let place = places.get(&ValuePath::keys([key.as_str()]));
                let place = place.map(|p| format!("{p}: ")).unwrap_or_default();
                tracing::warn!(
                    "{place}kind `{name}` has the unknown key `{key}`; did you mean `{near}`?"
                );
            }
        }
        let mut dependencies = Vec::new();
        let listed = config.get("kind-dependencies").and_then(Value::as_array);
        let listed = listed.into_iter().flatten().enumerate();
        // The schema has already reported values that are not strings.
        for (i, dependency) in listed.filter_map(|(i, name)| Some((i, name.as_str()?))) {
            match KindName::parse(dependency) {
                Ok(dependency) => dependencies.push(dependency),
                Err(error) => wrong.push(
                    Diagnostic::user(error.to_string())
                        .in_kind(name)
                        .at(places.get(&ValuePath::keys(["kind-dependencies"]).index(i))),
                ),
            }
        }
        wrong.or_ok(Self {
            name: name.clone(),
            path,
            config,
            places,
            dependencies,
        })
    }

    /// The place of a part of the file.
    #[must_use]
    pub fn place(&self, path: &ValuePath) -> Option<Place> {
        self.places.get(path)
    }
}
