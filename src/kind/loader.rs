//! Loaders, which read the items of a `kind.yml`.
//!
//! Both built-in loaders read the tasks under `tasks`, then those in the files under `tasks-from`,
//! and merge each into `task-defaults` (those of the file override those of the kind). The default
//! loader also appends `run` and `task` to the kind's transforms.

use std::sync::Arc;

use super::definition::{KIND, KindDefinition};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::path::ValuePath;
use crate::base::suggest;
use crate::base::value::{Object, Value, merge, truthy, type_name};
use crate::config::graph_config::join;
use crate::config::yaml::{self, Places};
use crate::ports::files::Files;

/// An entry of a kind: a task before its first transform.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its keys, including `name` and `task-from`.
    pub task: Object,
    /// The file that contains it and its path in that file.
    pub own: (Arc<Places>, ValuePath),
    /// The defaults that it was merged with, nearest first.
    pub defaults: Vec<(Arc<Places>, ValuePath)>,
}

/// A built-in loader.
#[derive(Debug)]
pub struct Loader {
    /// The name that kinds use.
    pub name: &'static str,
    /// What it does, for the reference.
    pub doc: &'static str,
    /// The transforms that it appends.
    pub transforms: &'static [&'static str],
}

/// Every built-in loader, the default one first.
pub static LOADERS: &[Loader] = &[
    Loader {
        name: "taskgraph.loader.default:loader",
        doc: "Reads the tasks, and appends `run` and `task` to the kind's transforms.",
        transforms: &[
            "taskgraph.transforms.run:transforms",
            "taskgraph.transforms.task:transforms",
        ],
    },
    Loader {
        name: "taskgraph.loader.transform:loader",
        doc: "Reads the tasks without changing the transforms.",
        transforms: &[],
    },
];

impl KindDefinition {
    /// The loader of this kind.
    ///
    /// # Errors
    /// If it names one that is not built in.
    pub fn loader(&self) -> Result<&'static Loader, Diagnostic> {
        match self.config.get("loader").and_then(Value::as_str) {
            None => Ok(&LOADERS[0]),
            Some(name) => LOADERS
                .iter()
                .find(|loader| loader.name == name)
                .ok_or_else(|| {
                    Diagnostic::user(format!("unknown loader `{name}`"))
                        .in_kind(&self.name)
                        .at(self.place(&ValuePath::keys(["loader"])))
                        .help(suggest::hint_native(
                            name,
                            LOADERS.iter().map(|loader| loader.name),
                        ))
                }),
        }
    }

    /// The references of this kind's transforms, those of the loader included.
    ///
    /// # Errors
    /// If a kind with the default loader names a transform that this loader appends, or a kind with
    /// the other loader names no transforms.
    pub fn transforms(&self) -> Result<Vec<String>, Diagnostic> {
        let loader = self.loader()?;
        let path = ValuePath::keys(["transforms"]);
        let own = match self.config.get("transforms").and_then(Value::as_array) {
            Some(names) => names
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            None if loader.transforms.is_empty() => {
                let keys = self.config.keys().map(|key| key.as_str());
                let mut keys = keys.filter(|key| *key != "transforms");
                let misspelt =
                    keys.find(|key| suggest::nearest(key, KIND.names()) == Some("transforms"));
                let (path, help) = match misspelt {
                    Some(key) => (
                        ValuePath::keys([key]),
                        format!("did you mean `transforms` instead of `{key}`?"),
                    ),
                    None => {
                        let help = format!(
                            "list the transforms; the loader `{}` adds none",
                            loader.name
                        );
                        (path, help)
                    }
                };
                return Err(Diagnostic::user("`transforms` is missing")
                    .in_kind(&self.name)
                    .at(self.place(&path))
                    .help(help));
            }
            None => Vec::new(),
        };
        for (i, name) in own.iter().enumerate() {
            if loader.transforms.contains(&name.as_str()) {
                return Err(Diagnostic::user(format!(
                    "`{name}` is already added by the default loader"
                ))
                .in_kind(&self.name)
                .at(self.place(&path.index(i)))
                .help("remove it, or set `loader: taskgraph.loader.transform:loader`"));
            }
        }
        Ok(own
            .into_iter()
            .chain(loader.transforms.iter().map(|s| (*s).to_owned()))
            .collect())
    }

    /// The entries of this kind, in the order in which they are written.
    ///
    /// # Errors
    /// Everything that is wrong with any of its files.
    pub fn entries(&self, files: &dyn Files) -> Outcome<Vec<Entry>> {
        let mut wrong = Diagnostics::new();
        let mut entries = Vec::new();
        let defaults = self
            .config
            .get("task-defaults")
            .filter(|value| truthy(value));
        let kind_defaults = (Arc::clone(&self.places), ValuePath::keys(["task-defaults"]));
        if let Some(tasks) = self.config.get("tasks").and_then(Value::as_object) {
            let below: Vec<_> = defaults.iter().map(|_| kind_defaults.clone()).collect();
            let base = ValuePath::keys(["tasks"]);
            let read = entries_of(tasks, defaults, "kind.yml", (&self.places, &base), &below);
            entries.extend(wrong.keep(read).into_iter().flatten());
        }
        let more = self.config.get("tasks-from").and_then(Value::as_array);
        for (i, name) in more.into_iter().flatten().enumerate() {
            let place = self.place(&ValuePath::keys(["tasks-from"]).index(i));
            let name = name.as_str().unwrap_or_default();
            let read = self.entries_from(files, name, defaults, &kind_defaults);
            let read = read.map_err(|all| all.map(|d| d.at(place.clone())));
            entries.extend(wrong.keep(read).into_iter().flatten());
        }
        wrong
            .or_ok(entries)
            .map_err(|all| all.map(|d| d.in_kind(&self.name)))
    }

    fn entries_from(
        &self,
        files: &dyn Files,
        name: &str,
        defaults: Option<&Value>,
        kind_defaults: &(Arc<Places>, ValuePath),
    ) -> Outcome<Vec<Entry>> {
        let path = join(&self.path, name);
        let text = files.read(&path).map_err(|error| {
            error
                .diagnostic(format!("cannot read {name:?} in `tasks-from`: {error}"))
                .help("use the path of a file, relative to the kind's folder")
        })?;
        let document = yaml::load(&path, &text)?;
        document.warn();
        let places = Arc::new(document.places);
        let Value::Object(mut tasks) = document.value else {
            return Err(Diagnostic::user(format!(
                "{path} is {}",
                yaml::root_in_words(&document.value)
            ))
            .at(places.get(&ValuePath::root()))
            .help("write a mapping of names to tasks")
            .into());
        };
        let own = tasks.shift_remove("task-defaults").filter(truthy);
        if let Some(own) = own.as_ref().filter(|own| !own.is_object()) {
            let what = format!(
                "`task-defaults`: expected a mapping, found {}",
                type_name(own)
            );
            return Err(Diagnostic::user(what)
                .at(places.get(&ValuePath::keys(["task-defaults"])))
                .help("write a mapping of default values for all tasks of this file")
                .into());
        }
        let mut below = Vec::new();
        below.extend(
            own.iter()
                .map(|_| (Arc::clone(&places), ValuePath::keys(["task-defaults"]))),
        );
        below.extend(defaults.iter().map(|_| kind_defaults.clone()));
        let merged = match (defaults, own) {
            (Some(kind), Some(own)) => Some(merge(kind, &own)),
            (Some(kind), None) => Some(kind.clone()),
            (None, own) => own,
        };
        entries_of(
            &tasks,
            merged.as_ref(),
            name,
            (&places, &ValuePath::root()),
            &below,
        )
    }
}

fn entries_of(
    tasks: &Object,
    defaults: Option<&Value>,
    file: &str,
    (places, base): (&Arc<Places>, &ValuePath),
    below: &[(Arc<Places>, ValuePath)],
) -> Outcome<Vec<Entry>> {
    let mut wrong = Diagnostics::new();
    let mut entries = Vec::with_capacity(tasks.len());
    for (name, task) in tasks {
        let path = base.key(name);
        let merged = match (defaults, task) {
            (Some(defaults), Value::Object(_)) => merge(defaults, task),
            _ => task.clone(),
        };
        let Value::Object(mut task) = merged else {
            wrong.push(
                Diagnostic::user(format!("expected a mapping, found {}", type_name(task)))
                    .in_task(name)
                    .at(places.get(&path))
                    .help("write a mapping; `{}` is a task with only default values"),
            );
            continue;
        };
        task.insert("task-from", Value::from(file));
        task.insert("name", Value::from(name.as_str()));
        entries.push(Entry {
            task,
            own: (Arc::clone(places), path),
            defaults: below.to_vec(),
        });
    }
    wrong.or_ok(entries)
}
