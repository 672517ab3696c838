//! The composition root: makes the ports of a command.

use std::path::{Path, PathBuf};

use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::path::ValuePath;
use crate::base::value::Value;
use crate::config::graph_config::{GraphConfig, join};
use crate::custom::NATIVE_REGISTRATIONS;
use crate::decision::index::task_at;
use crate::decision::{Context, vcs_diagnostic};
use crate::ports::clock::{Clock, SystemClock};
use crate::ports::environment::Environment;
use crate::ports::files::{Disk, FileError, Files, normalize};
use crate::ports::output_path::OutputPaths;
use crate::ports::python::{Mode, Python};
use crate::ports::stop::{NEVER, Stop};
use crate::ports::taskcluster::Taskcluster;
use crate::ports::vcs::{Vcs, VcsError};
use crate::python::{self, Workers};
use crate::task_scripts::RunTask;
use crate::taskcluster::Client;

/// The ports of this process.
pub struct Outside {
    /// The files of the repository.
    pub files: Disk,
    /// The repository, where there is one.
    pub vcs: Option<Box<dyn Vcs>>,
    /// The environment variables.
    pub environment: Environment,
    /// Taskcluster, where the environment names one.
    pub taskcluster: Option<Box<dyn Taskcluster>>,
    /// The working folder.
    pub working: PathBuf,
    /// The graph config.
    pub graph_config: GraphConfig,
    /// The clock.
    pub clock: Box<dyn Clock>,
    /// Whether digests are left out.
    pub fast: bool,
    /// Tells when to bring work to an end.
    pub stop: &'static Stop,
    /// The project's Python, where it may be used.
    pub python: Option<Workers>,
    run_task: RunTask,
}

impl Outside {
    /// The ports of a command over the project whose config.yml is in `root`.
    ///
    /// # Errors
    /// When the folder is in no repository and its root cannot be guessed, the environment names
    /// a Taskcluster in a way that cannot be used, or anything is wrong with config.yml.
    pub fn open(root: &str, environment: Environment) -> Outcome<Self> {
        Self::open_at(working_folder()?, root, environment)
    }

    /// The ports of a command that works in the folder `working`.
    ///
    /// # Errors
    /// As [`Outside::open`].
    pub fn open_at(working: PathBuf, root: &str, environment: Environment) -> Outcome<Self> {
        let root_folder = working.join(root);
        let vcs = repository(&working, &environment)?;
        let repository = match &vcs {
            Some(vcs) => vcs.root().to_owned(),
            None => guess_repository(&root_folder)?,
        };
        let files = Disk::new(&repository)?;
        let taskcluster = connect(&environment)?;
        let root = below(files.root(), &root_folder, root)?;
        let root = older_root(&files, root)?;
        let graph_config = GraphConfig::load(&files, &root)?;
        let run_task = super::scripts::find(&environment, &working, &files, &graph_config, None)?;
        Ok(Self {
            files,
            vcs,
            environment,
            taskcluster,
            working,
            graph_config,
            clock: Box::new(SystemClock),
            fast: false,
            stop: &NEVER,
            python: None,
            run_task,
        })
    }

    /// Lets the project's Python be used, and has the project register what it adds.
    ///
    /// # Errors
    /// When there is no Python, or `register` fails.
    pub fn with_python(mut self, root: &str, mode: Mode, verbose: bool) -> Outcome<Self> {
        if mode == Mode::Never {
            return Ok(self);
        }
        let workers = Workers::new(python::Project {
            mode,
            working: self.working.clone(),
            repository: self.files.root().to_owned(),
            root: match self.graph_config.root() {
                older @ "taskcluster/ci" if root == "taskcluster" => older.to_owned(),
                _ => root.to_owned(),
            },
            config: self.graph_config.values().clone(),
            environment: self.environment.clone(),
            // More than two wait for each other in most projects.
            workers: 2,
            verbose,
            fast: self.fast,
        });
        let registers = self
            .graph_config
            .taskgraph("register")
            .and_then(|value| value.as_str());
        if registers.is_some_and(|name| !NATIVE_REGISTRATIONS.contains(&name)) {
            let place = self
                .graph_config
                .place(&ValuePath::keys(["taskgraph", "register"]));
            let loaded = workers
                .load()
                .map_err(|failure| failure.diagnostic("`taskgraph.register`").at(place))?;
            if let Some(Value::Object(values)) = loaded.value.get("config") {
                tracing::debug!("`taskgraph.register` has changed the graph config");
                self.graph_config.replace(values.clone());
            }
            if loaded.value["promotes"] == Value::Bool(false) {
                self.graph_config.leave_out_promotion();
            }
            self.run_task = super::scripts::find(
                &self.environment,
                &self.working,
                &self.files,
                &self.graph_config,
                workers.package(),
            )?;
        }
        self.python = Some(workers);
        Ok(self)
    }

    /// Paths of files that are written.
    #[must_use]
    pub fn output_paths(&self) -> OutputPaths<'_> {
        OutputPaths::new(&self.working, self.vcs.as_deref())
    }

    /// A path that somebody gave, from the root of the repository; one that lies elsewhere stays as
    /// it is.
    #[must_use]
    pub fn path_from_root(&self, path: &str) -> String {
        let whole = self.working.join(path);
        let whole = std::fs::canonicalize(&whole).unwrap_or(whole);
        let below = whole.strip_prefix(self.files.root()).ok();
        let below = below.and_then(|below| below.to_str());
        below.map_or_else(
            || path.to_owned(),
            |below| below.replace(std::path::MAIN_SEPARATOR, "/"),
        )
    }

    /// The ports as the house takes them.
    #[must_use]
    pub fn context(&self) -> Context<'_> {
        Context {
            files: &self.files,
            vcs: self.vcs.as_deref(),
            environment: &self.environment,
            clock: self.clock.as_ref(),
            taskcluster: self.taskcluster.as_deref(),
            run_task: &self.run_task,
            python: self.python.as_ref().map(|python| python as &dyn Python),
            fast: self.fast,
            stop: self.stop,
        }
    }

    /// The task at an index path.
    ///
    /// # Errors
    /// When there is none, or the index cannot be asked.
    pub async fn at_index(&self, path: &str) -> Outcome<TaskId> {
        let found = task_at(self.context().taskcluster()?, path).await?;
        found.ok_or_else(|| Diagnostic::user(format!("the index has no task at `{path}`")).into())
    }
}

/// The working folder and its repository, for commands that need nothing else from a project.
pub struct Surroundings {
    working: PathBuf,
    vcs: Option<Box<dyn Vcs>>,
}

impl Surroundings {
    /// Those of this process.
    ///
    /// # Errors
    /// When the working folder no longer exists, or its repository cannot be read.
    pub fn find(environment: &Environment) -> Result<Self, Diagnostic> {
        let working = working_folder()?;
        let vcs = repository(&working, environment)?;
        Ok(Self { working, vcs })
    }

    /// Paths of files that are written.
    #[must_use]
    pub fn output_paths(&self) -> OutputPaths<'_> {
        OutputPaths::new(&self.working, self.vcs.as_deref())
    }
}

/// The repository that a folder is in, if it is in one.
///
/// # Errors
/// When it cannot be read.
fn repository(
    folder: &Path,
    environment: &Environment,
) -> Result<Option<Box<dyn Vcs>>, Diagnostic> {
    match crate::vcs::discover(folder, environment) {
        Ok(vcs) => Ok(Some(vcs)),
        Err(VcsError::NoRepository(_)) => Ok(None),
        Err(error) => Err(vcs_diagnostic(&error)),
    }
}

/// The folder `ci` of the usual root, where older versions of taskgraph have config.yml.
///
/// # Errors
/// When it cannot be determined which of them has one.
fn older_root(files: &Disk, root: String) -> Result<String, FileError> {
    let has = |folder: &str| match files.mode(&join(folder, "config.yml")) {
        Ok(_) => Ok(true),
        // A link that leads out of the repository is refused where the file is read.
        Err(FileError::Missing(_) | FileError::Outside(_)) => Ok(false),
        Err(error) => Err(error),
    };
    let older = join(&root, "ci");
    if root == "taskcluster" && !has(&root)? && has(&older)? {
        return Ok(older);
    }
    Ok(root)
}

/// A client of the Taskcluster that the environment names, if it names one.
pub fn connect(environment: &Environment) -> Outcome<Option<Box<dyn Taskcluster>>> {
    let named = ["TASKCLUSTER_PROXY_URL", "TASKCLUSTER_ROOT_URL"];
    if named.iter().all(|name| environment.filled(name).is_none()) {
        return Ok(None);
    }
    Ok(Some(Box::new(Client::connect(environment)?)))
}

/// The folder that the program was started in.
///
/// # Errors
/// When it is gone.
#[expect(
    clippy::disallowed_methods,
    reason = "the composition root names the working folder"
)]
pub fn working_folder() -> Result<PathBuf, Diagnostic> {
    std::env::current_dir()
        .and_then(std::fs::canonicalize)
        .map_err(|error| {
            Diagnostic::environment("the working folder cannot be told").because(error)
        })
}

/// Outside of a repository, a folder of the usual name lies in the root.
fn guess_repository(root_folder: &Path) -> Result<PathBuf, Diagnostic> {
    match (
        root_folder.file_name().and_then(|name| name.to_str()),
        root_folder.parent(),
    ) {
        (Some("taskcluster"), Some(parent)) => Ok(parent.to_owned()),
        _ => Err(Diagnostic::user("the root of the repository is not known")
            .because("this is neither a git nor a hg repository, and --root has an unusual name")
            .help("run snowman in a repository")),
    }
}

/// A folder by its path from the root of the repository.
fn below(repository: &Path, folder: &Path, given: &str) -> Result<String, Diagnostic> {
    let outside = || {
        Diagnostic::user(format!("--root {given} lies outside of the repository"))
            .help("name the folder of config.yml in the repository that snowman is run in")
    };
    let folder = match std::fs::canonicalize(folder) {
        Ok(folder) => folder,
        // A folder that is not there is told of when its config.yml is read.
        Err(_) => folder.to_owned(),
    };
    let relative = folder.strip_prefix(repository).map_err(|_| outside())?;
    let text = relative.to_str().ok_or_else(outside)?;
    normalize(&text.replace(std::path::MAIN_SEPARATOR, "/")).map_err(|_| outside())
}
