//! Parameters as people give them on the command line.

use std::path::{Path, PathBuf};

use crate::base::value::json;

use super::outside::Outside;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::path::ValuePath;
use crate::base::value::Object;
use crate::config::parameters::{Parameters, Strictness};
use crate::config::yaml::Places;
use crate::custom;
use crate::decision::parameters::defaults;
use crate::ports::files::metadata;
use crate::ports::python::Python;
use crate::ports::vcs::Change;

/// Where a set of parameters comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spec {
    /// Nothing was given: defaults from the repository.
    Defaults,
    /// A file.
    File(PathBuf),
    /// The decision task of this id.
    Task(String),
    /// The decision task at this index path.
    Index(String),
    /// The newest decision task of this project.
    Project(String),
    /// An address.
    Url(String),
}

impl Spec {
    /// Reads what was given with `-p`: one spec, or one for each file of a folder.
    ///
    /// # Errors
    /// When there is no such file or folder.
    pub fn read(working: &Path, text: &str) -> Result<Vec<Self>, Diagnostic> {
        let after = |prefix: &str| text.strip_prefix(prefix).map(str::to_owned);
        if text.is_empty() {
            return Ok(vec![Self::Defaults]);
        }
        let path = working.join(text);
        match metadata(&path)? {
            Some(found) if found.is_dir() => return files_of(&path, text),
            Some(_) => return Ok(vec![Self::File(path)]),
            None => {}
        }
        let found = after("task-id=")
            .map(Self::Task)
            .or_else(|| after("index=").map(Self::Index))
            .or_else(|| after("project=").map(Self::Project))
            .or_else(|| {
                let is_url = text.starts_with("http://") || text.starts_with("https://");
                is_url.then(|| Self::Url(text.to_owned()))
            });
        found.map(|spec| vec![spec]).ok_or_else(|| {
            Diagnostic::user(format!("there are no parameters `{text}`")).help(
                "give a file (.yml or .json), a folder, an address, `task-id=…`, `index=…` or `project=…`",
            )
        })
    }

    /// The name by which people know these parameters; output files are named by it.
    #[must_use]
    pub fn name(&self) -> String {
        let stem = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            name.rsplit_once('.')
                .map_or(name, |(stem, _)| stem)
                .to_owned()
        };
        match self {
            Self::Defaults => "defaults".to_owned(),
            Self::File(path) => stem(&path.to_string_lossy()),
            Self::Task(id) => format!("task-id={id}"),
            Self::Index(path) => format!("index={path}"),
            Self::Project(project) => format!("project={project}"),
            Self::Url(url) => stem(url.split(['?', '#']).next().unwrap_or(url)),
        }
    }

    /// The parameters, filled up with defaults and with `overrides` laid over them.
    ///
    /// # Errors
    /// When they cannot be had, or are wrong.
    pub async fn load(&self, outside: &Outside, overrides: &Object) -> Outcome<Parameters> {
        let (given, places) = self.read_values(outside).await?;
        let mut given = given;
        given.extend(overrides.clone());
        let mut values = defaults(outside.context(), &outside.graph_config, &given)?;
        if let Some(python) = outside.python.as_ref().filter(|python| python.started()) {
            let root = outside.files.root();
            values = custom::parameters::fill(python, values, &given, Strictness::Lenient, root)?;
        }
        let place = |path: &ValuePath| places.as_ref()?.exact(path);
        Parameters::check(values, Strictness::Lenient, &place).map_err(|all| {
            all.map(|diagnostic| match (self, &diagnostic.place) {
                (Self::Defaults, _) | (_, Some(_)) => diagnostic,
                _ => diagnostic.because(format!("these parameters are from {}", self.name())),
            })
        })
    }

    async fn read_values(&self, outside: &Outside) -> Outcome<(Object, Option<Places>)> {
        let domain = outside.graph_config.trust_domain();
        let read = match self {
            Self::Defaults => Ok(Object::new()),
            Self::File(path) => {
                let name = path
                    .strip_prefix(&outside.working)
                    .unwrap_or(path)
                    .display();
                let text = std::fs::read(path).map_err(|error| {
                    Diagnostic::environment(format!("cannot read {name}")).because(error)
                })?;
                return Parameters::read_with_places(&name.to_string(), &text);
            }
            Self::Task(id) => {
                let id = TaskId::parse(id)
                    .map_err(|error| Diagnostic::usage(format!("-p task-id={id}: {error}")))?;
                of_task(outside, &id).await
            }
            Self::Index(path) => at_index(outside, path).await,
            Self::Project(project) => {
                at_index(
                    outside,
                    &format!("{domain}.v2.{project}.latest.taskgraph.decision"),
                )
                .await
            }
            Self::Url(url) => {
                let text = crate::taskcluster::download(url).await.map_err(|error| {
                    Diagnostic::environment(format!("cannot download {url}")).because(error)
                })?;
                Parameters::read(url, &text)
            }
        };
        read.map(|values| (values, None))
    }
}

async fn of_task(outside: &Outside, task_id: &TaskId) -> Outcome<Object> {
    crate::actions::callback::parameters_of(outside.context().taskcluster()?, task_id).await
}

async fn at_index(outside: &Outside, path: &str) -> Outcome<Object> {
    of_task(outside, &outside.at_index(path).await?).await
}

fn files_of(folder: &Path, name: &str) -> Result<Vec<Spec>, Diagnostic> {
    let failed = |error: std::io::Error| {
        Diagnostic::environment(format!("cannot read {name}")).because(error)
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|e| e == "yml" || e == "json") {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() {
        return Err(Diagnostic::user(format!(
            "the folder {name} has no .yml or .json file"
        )));
    }
    Ok(paths.into_iter().map(Spec::File).collect())
}

/// What the flags of a command lay over parameters.
///
/// # Errors
/// When changed files are wanted and the repository cannot tell them.
pub fn overrides(
    outside: &Outside,
    target_kinds: &[String],
    local_files_changed: bool,
) -> Result<Object, Diagnostic> {
    let mut overrides = Object::new();
    if !target_kinds.is_empty() {
        overrides.insert("target-kinds", json!(target_kinds));
    }
    if local_files_changed {
        let vcs = outside.vcs.as_ref().ok_or_else(|| {
            Diagnostic::user("--force-local-files-changed needs a git or hg repository")
        })?;
        let mut files = vcs
            .changed_files(&Change::WorkingCopy)
            .map_err(|error| crate::decision::vcs_diagnostic(&error))?;
        files.sort_unstable();
        overrides.insert("files_changed", json!(files));
    }
    Ok(overrides)
}
