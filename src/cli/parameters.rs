//! The parameters that the command line names.

use std::path::{Path, PathBuf};

use super::context::CommandContext;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::path::ValuePath;
use crate::base::value::{Object, json};
use crate::config::parameters::{Parameters, Strictness};
use crate::config::yaml::Places;
use crate::decision::parameters::complete;
use crate::ports::files::metadata;
use crate::ports::vcs::Change;

/// The source of a set of parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParameterSpec {
    /// Defaults, from the repository.
    Defaults,
    /// A file.
    File(PathBuf),
    /// The artifact of the decision task with this id.
    Task(String),
    /// The artifact of the decision task at this index path.
    Index(String),
    /// The artifact of the latest decision task of this project.
    Project(String),
    /// A URL.
    Url(String),
}

impl ParameterSpec {
    /// Parses a value of `-p`: one spec, or one for each file in a folder.
    ///
    /// # Errors
    /// When it is none of the supported forms and no such file or folder exists.
    pub fn read(working_folder: &Path, text: &str) -> Result<Vec<Self>, Diagnostic> {
        let after = |prefix: &str| text.strip_prefix(prefix).map(str::to_owned);
        if text.is_empty() {
            return Ok(vec![Self::Defaults]);
        }
        let path = working_folder.join(text);
        match metadata(&path)? {
            Some(found) if found.is_dir() => return files_in(&path, text),
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
            Diagnostic::user(format!("no parameters found at `{text}`")).help(
                "pass a file (.yml or .json), a folder, a URL, `task-id=…`, `index=…` or `project=…`",
            )
        })
    }

    /// Parses every value of `-p`; without any, returns the defaults.
    ///
    /// # Errors
    /// Those of [`ParameterSpec::read`].
    pub fn read_all(working_folder: &Path, parameters: &[String]) -> Result<Vec<Self>, Diagnostic> {
        let mut specs = Vec::new();
        for source in parameters {
            specs.extend(Self::read(working_folder, source)?);
        }
        if specs.is_empty() {
            specs.push(Self::Defaults);
        }
        Ok(specs)
    }

    /// The name of these parameters in messages and in the names of output files.
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

    /// Loads the parameters: `overrides`, then the given ones, then defaults.
    ///
    /// # Errors
    /// When they cannot be read, or are invalid.
    pub async fn load(&self, context: &CommandContext, overrides: &Object) -> Outcome<Parameters> {
        let (mut given_values, places) = self.read_values(context).await?;
        given_values.extend(overrides.clone());
        let root = context.files.root();
        let values = complete(
            context.decision_context(),
            &context.graph_config,
            root,
            &given_values,
        )?;
        let place = |path: &ValuePath| places.as_ref()?.exact(path);
        Parameters::check(values, Strictness::Lenient, &place).map_err(|all| {
            all.map(|diagnostic| match (self, &diagnostic.place) {
                (Self::Defaults, _) | (_, Some(_)) => diagnostic,
                _ => diagnostic.because(format!("these parameters are from {}", self.name())),
            })
        })
    }

    async fn read_values(&self, context: &CommandContext) -> Outcome<(Object, Option<Places>)> {
        let domain = context.graph_config.trust_domain();
        let read = match self {
            Self::Defaults => Ok(Object::new()),
            Self::File(path) => {
                let name = path
                    .strip_prefix(&context.working_folder)
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
                parameters_of(context, &id).await
            }
            Self::Index(path) => parameters_at(context, path).await,
            Self::Project(project) => {
                parameters_at(
                    context,
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

/// The parameters of a decision task.
async fn parameters_of(context: &CommandContext, task_id: &TaskId) -> Outcome<Object> {
    crate::actions::existing::parameters(context.decision_context().taskcluster()?, task_id).await
}

/// The parameters of the decision task at an index path.
async fn parameters_at(context: &CommandContext, path: &str) -> Outcome<Object> {
    parameters_of(context, &context.task_at(path).await?).await
}

/// The files of parameters in a folder; `name` is its name in messages.
fn files_in(folder: &Path, name: &str) -> Result<Vec<ParameterSpec>, Diagnostic> {
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
    Ok(paths.into_iter().map(ParameterSpec::File).collect())
}

/// Returns the parameters that the flags of a command override.
///
/// # Errors
/// When the changed files are requested and cannot be read from the repository.
pub fn overrides(
    context: &CommandContext,
    target_kinds: &[String],
    local_files_changed: bool,
) -> Result<Object, Diagnostic> {
    let mut overrides = Object::new();
    if !target_kinds.is_empty() {
        overrides.insert("target-kinds", json!(target_kinds));
    }
    if local_files_changed {
        let vcs = context.vcs.as_ref().ok_or_else(|| {
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
