//! The composition root: makes the ports of a command.

use std::future::Future;
use std::path::PathBuf;

use tokio::runtime::Runtime;
use tracing_subscriber::filter::LevelFilter;

use super::args::common::{ProjectArgs, ROOT};
use super::output;
use super::repository::{
    config_folder, find_project, find_repository, guess_repository, path_in_repository,
};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::path::ValuePath;
use crate::base::value::Value;
use crate::config::graph_config::{GraphConfig, join};
use crate::config::parameters::Parameters;
use crate::decision::index::existing_task_at;
use crate::decision::{Context, Phases};
use crate::image::context::ImageContext;
use crate::ports::artifacts::ArtifactFolder;
use crate::ports::cache::{Cache, CacheFolder};
use crate::ports::clock::{Clock, SystemClock};
use crate::ports::docker::Docker;
use crate::ports::environment::Environment;
use crate::ports::files::Disk;
use crate::ports::mask::Mask;
use crate::ports::output_path::OutputPaths;
use crate::ports::python::{Failure, Mode, Python};
use crate::ports::stop::{NEVER, Stop};
use crate::ports::taskcluster::Taskcluster;
use crate::ports::vcs::Vcs;
use crate::python::packages::EnvironmentPackages;
use crate::python::{self, Workers};
use crate::task_scripts::{TaskScripts, locate};
use crate::taskcluster::Client;

/// The ports of a command over a project.
pub struct CommandContext {
    /// The files of the repository.
    pub files: Disk,
    /// The repository, if there is one.
    pub vcs: Option<Box<dyn Vcs>>,
    /// The environment variables.
    pub environment: Environment,
    /// Taskcluster, if the environment names one.
    pub taskcluster: Option<Box<dyn Taskcluster>>,
    /// The working folder.
    pub working_folder: PathBuf,
    /// The folder that `--root` starts from: the working folder, or a folder above it in which the
    /// project was found.
    pub project_folder: PathBuf,
    /// The graph config.
    pub graph_config: GraphConfig,
    /// The clock.
    pub clock: Box<dyn Clock>,
    /// What is kept from run to run, if anything.
    pub cache: Option<CacheFolder>,
    /// Whether what kinds yield may be kept for the next run.
    pub keeps_kinds: bool,
    /// Whether digests are not computed.
    pub fast: bool,
    /// The request to stop.
    pub stop: &'static Stop,
    /// The project's Python, if it may be used.
    pub python: Option<Workers>,
    /// The runtime for calls to Taskcluster.
    pub runtime: Runtime,
    task_scripts: TaskScripts,
}

impl CommandContext {
    /// Makes the ports of a command over the project whose config.yml is in `root`.
    ///
    /// # Errors
    /// When the folder is not in a repository and its root cannot be guessed, the environment names an
    /// unusable Taskcluster, or config.yml has an error.
    pub fn open(
        working_folder: PathBuf,
        root: Option<&str>,
        environment: Environment,
    ) -> Outcome<Self> {
        let vcs = find_repository(&working_folder, &environment)?;
        let project_folder = match (root, &vcs) {
            (None, Some(vcs)) => find_project(&working_folder, vcs.root())?,
            _ => working_folder.clone(),
        };
        let root = root.unwrap_or(ROOT);
        let root_folder = project_folder.join(root);
        let repository = match &vcs {
            Some(vcs) => vcs.root().to_owned(),
            None => guess_repository(&root_folder)?,
        };
        let files = Disk::new(&repository)?;
        let taskcluster = connect(&environment)?;
        let root = path_in_repository(files.root(), &root_folder, root)?;
        let root = config_folder(&files, root)?;
        let graph_config = GraphConfig::load(&files, &root)?;
        let packages = Box::new(EnvironmentPackages::new(environment.clone()));
        let task_scripts = locate(
            &environment,
            &working_folder,
            &files,
            &graph_config,
            packages,
            None,
        )?;
        let cache = CacheFolder::new(&environment, &files.root().join(&root), &SystemClock);
        Ok(Self {
            files,
            vcs,
            environment,
            taskcluster,
            working_folder,
            project_folder,
            graph_config,
            clock: Box::new(SystemClock),
            cache,
            keeps_kinds: true,
            fast: false,
            stop: &NEVER,
            python: None,
            runtime: runtime()?,
            task_scripts,
        })
    }

    /// Allows the project's Python, and runs the project's `register` function.
    ///
    /// # Errors
    /// When there is no usable Python, or `register` fails.
    pub fn with_python(mut self, project: &ProjectArgs, level: LevelFilter) -> Outcome<Self> {
        if project.no_cache {
            self.cache = None;
        }
        let mode = Mode::from(project.python);
        let root = project.root.as_deref().unwrap_or(ROOT);
        if mode == Mode::Never {
            self.graph_config.check_schema()?;
            return Ok(self);
        }
        let workers = Workers::new(python::Project {
            mode,
            working: self.project_folder.clone(),
            repository: self.files.root().to_owned(),
            root: match self.graph_config.root() {
                older @ "taskcluster/ci" if root == ROOT => older.to_owned(),
                _ => root.to_owned(),
            },
            config: self.graph_config.values().clone(),
            violates_schema: self.graph_config.violates_schema(),
            entry: self.entry(),
            environment: self.environment.clone(),
            // More than two wait for each other in most projects.
            workers: 2,
            verbose: level >= LevelFilter::DEBUG,
            timed: output::records_timings(),
            fast: self.fast,
            keeps_kinds: self.keeps_kinds && self.cache.is_some(),
        });
        if self.graph_config.registration().is_some() || self.entry().is_some() {
            let place = self
                .graph_config
                .place(&ValuePath::keys(["taskgraph", "register"]));
            let loaded = match workers.load() {
                Ok(loaded) => loaded,
                Err(failure) => {
                    if matches!(failure, Failure::Worker(_)) {
                        // The project cannot decide.
                        self.graph_config.check_schema()?;
                    }
                    let failed = failure.diagnostic("`taskgraph.register`");
                    return Err(failed.at(place).into());
                }
            };
            if let Some(lines) = loaded.value["violations"].as_array() {
                let lines: Vec<_> = lines.iter().filter_map(Value::as_str).collect();
                let config = join(self.graph_config.root(), "config.yml");
                let message = format!("the project's own schema refuses {config}");
                let mut refused = Diagnostic::user(message).because(lines.join(" "));
                let (has_settings, file) = self.graph_config.settings_file();
                if has_settings && lines.iter().any(|line| line.contains("snowman")) {
                    refused = refused.help(format!(
                        "move the content of the section `snowman` to a file `{file}`"
                    ));
                }
                return Err(refused.into());
            }
            if loaded.value["own_schema"] == Value::Bool(true) {
                self.graph_config.replace_schema();
            }
            self.graph_config.check_schema()?;
            if let Some(Value::Object(values)) = loaded.value.get("config") {
                tracing::debug!("`taskgraph.register` has changed the graph config");
                self.graph_config.replace(values.clone());
            }
            if loaded.value["promotes"] == Value::Bool(false) {
                self.graph_config.leave_out_promotion();
            }
            let packages = Box::new(EnvironmentPackages::new(self.environment.clone()));
            self.task_scripts = locate(
                &self.environment,
                &self.working_folder,
                &self.files,
                &self.graph_config,
                packages,
                workers.package(),
            )?;
        }
        self.python = Some(workers);
        Ok(self)
    }

    /// The Python package of the project's entry, if the environment or config.yml names one.
    fn entry(&self) -> Option<String> {
        let entry = self.environment.filled(python::ENTRY);
        let entry = entry.or_else(|| self.graph_config.entry());
        entry.map(str::to_owned)
    }

    /// The ports, as the library takes them.
    #[must_use]
    pub fn decision_context(&self) -> Context<'_> {
        Context {
            files: &self.files,
            vcs: self.vcs.as_deref(),
            environment: &self.environment,
            clock: self.clock.as_ref(),
            taskcluster: self.taskcluster.as_deref(),
            task_scripts: &self.task_scripts,
            python: self.python.as_ref().map(|python| python as &dyn Python),
            cache: self.cache.as_ref().map(|cache| cache as &dyn Cache),
            fast: self.fast,
            stop: self.stop,
        }
    }

    /// The phases of a graph that is only looked at.
    #[must_use]
    pub fn phases<'a>(&'a self, params: &'a Parameters) -> Phases<'a> {
        Phases {
            context: self.decision_context(),
            graph_config: &self.graph_config,
            params,
            verify: true,
            artifacts: None,
        }
    }

    /// The ports of the commands for docker images.
    #[must_use]
    pub fn image_context<'a>(&'a self, docker: &'a dyn Docker) -> ImageContext<'a> {
        ImageContext {
            ports: self.decision_context(),
            graph_config: &self.graph_config,
            repository: self.files.root(),
            docker,
        }
    }

    /// The folder that artifacts are written to.
    #[must_use]
    pub fn artifact_folder(&self, mask: &Mask) -> ArtifactFolder<'_> {
        ArtifactFolder::new(&self.working_folder, self.vcs.as_deref(), mask.clone())
    }

    /// The paths of files that are written.
    #[must_use]
    pub fn output_paths(&self) -> OutputPaths<'_> {
        OutputPaths::new(&self.working_folder, self.vcs.as_deref())
    }

    /// Returns a path from the root of the repository; a path outside it stays as it is.
    #[must_use]
    pub fn path_from_root(&self, path: &str) -> String {
        let whole = self.working_folder.join(path);
        let whole = std::fs::canonicalize(&whole).unwrap_or(whole);
        let below = whole.strip_prefix(self.files.root()).ok();
        let below = below.and_then(|below| below.to_str());
        below.map_or_else(
            || path.to_owned(),
            |below| below.replace(std::path::MAIN_SEPARATOR, "/"),
        )
    }

    /// Returns the task at an index path.
    ///
    /// # Errors
    /// When the index has none, or cannot be queried.
    pub async fn task_at(&self, path: &str) -> Outcome<TaskId> {
        existing_task_at(self.decision_context().taskcluster()?, path).await
    }

    /// Runs a future to its end.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}

/// Connects to the Taskcluster that the environment names, if any.
///
/// # Errors
/// When the environment names one that cannot be used.
pub fn connect(environment: &Environment) -> Outcome<Option<Box<dyn Taskcluster>>> {
    let variables = ["TASKCLUSTER_PROXY_URL", "TASKCLUSTER_ROOT_URL"];
    if variables
        .iter()
        .all(|name| environment.filled(name).is_none())
    {
        return Ok(None);
    }
    Ok(Some(Box::new(Client::connect(environment)?)))
}

/// Starts a runtime for calls over the network.
///
/// # Errors
/// When the system cannot start its threads.
pub fn runtime() -> Result<Runtime, Diagnostic> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Diagnostic::environment("cannot start the threads for network calls").because(error)
        })
}
