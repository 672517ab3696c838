//! What a project says about pushes to try: the section `snowman.try`, and its migrations.
//!
//! The files that get a version, and how it is written to them, follow from the migrations unless the project
//! lists them: one that gets a suffix like `b1` or `esr` contains the whole version, the others contain its numbers.

use indexmap::IndexMap;

use super::migration::{self, Migration};
use crate::base::diagnostic::Outcome;
use crate::base::value::{Object, Value};
use crate::config::graph_config::GraphConfig;
use crate::decision::parameters::VERSION_FILE;

/// The ref that is pushed to by default.
const REFERENCE: &str = "refs/heads/try/{version}";

/// The target-tasks methods by default, and those of projects with Python code.
const TASKS: &[(&str, &str)] = &[("staging", "default")];
const TASKS_IN_PYTHON: &[(&str, &str)] = &[
    ("staging", "staging_release_builds"),
    ("release-sim", "release_simulation"),
];

/// How a version is written to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As it is.
    Whole,
    /// Its numbers alone.
    Numbers,
}

/// A file that lists locales.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitedLocales<'c> {
    /// The file.
    pub file: &'c str,
    /// The file whose content it gets while locales are limited.
    pub from: &'c str,
    /// What is put before that.
    pub begin: &'c str,
}

/// What a project says.
#[derive(Debug, Clone)]
pub struct Settings<'c> {
    /// The target-tasks methods, by the value of `--tasks`.
    pub tasks: IndexMap<&'c str, &'c str>,
    /// The files that get the version.
    pub version_files: IndexMap<&'c str, Form>,
    /// The migrations, in order.
    pub migrations: Vec<Migration<'c>>,
    /// The files that list locales.
    pub limited_locales: Vec<LimitedLocales<'c>>,
    /// The repository to push to.
    pub repository: Option<&'c str>,
    /// The ref to push to, with `{version}` in it.
    pub reference: &'c str,
    /// Whether the project has Python code of its own, as Firefox's has.
    pub in_python: bool,
}

impl<'c> Settings<'c> {
    /// Reads the settings of a project.
    ///
    /// # Errors
    /// Those of its migrations.
    pub fn read(config: &'c GraphConfig) -> Outcome<Self> {
        let own = config.get("snowman").and_then(|own| own.get("try"));
        let text = |key: &str| own?.get(key)?.as_str();
        let map = |key: &str| own?.get(key)?.as_object();
        let migrations = migration::read(config)?;
        let in_python = config.registration().is_some() || config.entry().is_some();
        let tasks = match map("tasks") {
            Some(named) => texts(named).collect(),
            None if in_python => TASKS_IN_PYTHON.iter().copied().collect(),
            None => TASKS.iter().copied().collect(),
        };
        let version_files = match map("version-files") {
            Some(named) => texts(named).map(form).collect(),
            None => files_of(&migrations),
        };
        let limited = map("limited-locales").into_iter().flatten();
        let limited = limited.filter_map(|(file, settings)| {
            let text = |key: &str| settings.get(key).and_then(Value::as_str);
            Some(LimitedLocales {
                file: file.as_str(),
                from: text("from")?,
                begin: text("begin").unwrap_or_default(),
            })
        });
        Ok(Self {
            tasks,
            version_files,
            migrations,
            limited_locales: limited.collect(),
            repository: text("repository"),
            reference: text("ref").unwrap_or(REFERENCE),
            in_python,
        })
    }
}

/// The entries of a mapping of texts.
fn texts(map: &Object) -> impl Iterator<Item = (&str, &str)> {
    map.iter()
        .filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
}

/// How a file that is listed gets the version.
fn form<'c>((file, form): (&'c str, &'c str)) -> (&'c str, Form) {
    let form = match form {
        "numbers" => Form::Numbers,
        _ => Form::Whole,
    };
    (file, form)
}

/// The files whose versions migrations change.
fn files_of<'c>(migrations: &[Migration<'c>]) -> IndexMap<&'c str, Form> {
    let mut files = IndexMap::new();
    for (file, suffix) in migrations
        .iter()
        .flat_map(|migration| &migration.version_files)
    {
        let form = files.entry(*file).or_insert(Form::Numbers);
        // All files of the development branch have its suffix.
        if !suffix.is_empty() && !suffix.starts_with('a') {
            *form = Form::Whole;
        }
    }
    if files.is_empty() {
        files.insert(VERSION_FILE, Form::Whole);
    }
    files
}
