//! The project's own Python, behind a port.
//!
//! What a project adds in Python runs in a worker process over the taskgraph package that it has
//! installed. Rooms use it through calls: a name, arguments as plain data, and blobs of JSON that
//! are passed on unread.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::diagnostic::Diagnostic;
use crate::base::value::Value;
use crate::ports::environment::Environment;

/// The variable with the number of workers.
pub const WORKERS: &str = "SNOWMAN_PYTHON_WORKERS";

/// How much of a project runs in Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Nothing: what needs Python is refused.
    Never,
    /// What the project has written itself; the rest is native.
    #[default]
    Mixed,
    /// Every kind, from its loader to its last transform.
    Whole,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Never => "never",
            Self::Mixed => "mixed",
            Self::Whole => "whole",
        })
    }
}

/// Finds packages that are installed for Python.
pub trait InstalledPackages: Send {
    /// The folder of the package `name`, if `accept` accepts it.
    ///
    /// The interpreters and folders that the environment names are searched in their order.
    fn find(&self, name: &str, accept: &dyn Fn(&Path) -> bool) -> Option<PathBuf>;
}

/// Logs a message of the worker with the level that it has in Python; without one, what it has printed.
pub fn log(level: Option<u64>, text: &str) {
    match level {
        None => text
            .lines()
            .for_each(|line| tracing::info!("python: {line}")),
        Some(40..) => tracing::error!("{text}"),
        Some(30..) => tracing::warn!("{text}"),
        Some(20..) => tracing::info!("{text}"),
        Some(_) => tracing::debug!("{text}"),
    }
}

/// A call to the worker.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// What is called.
    pub name: &'static str,
    /// Its arguments: a mapping.
    pub arguments: Value,
    /// What goes with them.
    pub blobs: Vec<Arc<[u8]>>,
}

impl Call {
    /// A call without blobs.
    #[must_use]
    pub fn new(name: &'static str, arguments: Value) -> Self {
        Self {
            name,
            arguments,
            blobs: Vec::new(),
        }
    }
}

/// What the worker answers.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The answer itself.
    pub value: Value,
    /// What goes with it.
    pub blobs: Vec<Vec<u8>>,
}

/// An exception in the project's Python.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exception {
    /// The name of its class.
    pub class: String,
    /// What it says.
    pub message: String,
    /// The task that it was about, if known.
    pub task: Option<String>,
    /// The traceback, without the frames of the worker.
    pub traceback: String,
    /// The function that raised it and where.
    pub raised: Option<String>,
    /// What to install, where that would help.
    pub help: Option<String>,
}

impl Exception {
    /// Reads an exception that the worker reports.
    #[must_use]
    pub fn read(frame: &Value) -> Self {
        let text = |key: &str| frame[key].as_str().map(str::to_owned);
        let raised = match (text("function"), text("file"), frame["line"].as_u64()) {
            (Some(function), Some(file), Some(line)) => {
                Some(format!("`{function}` at {file}:{line}"))
            }
            _ => None,
        };
        Self {
            class: text("type").unwrap_or_default(),
            message: text("message").unwrap_or_default(),
            task: text("task"),
            traceback: text("traceback").unwrap_or_default(),
            raised,
            help: text("help"),
        }
    }

    /// Whether a module that was to be imported does not exist.
    #[must_use]
    pub fn is_missing_module(&self) -> bool {
        self.class == "ModuleNotFoundError" && self.raised.is_none()
    }

    /// The exception as a mistake of the project's.
    #[must_use]
    pub fn diagnostic(&self, what: &str) -> Diagnostic {
        let message = if self.message.is_empty() {
            self.class.clone()
        } else {
            format!("{}: {}", self.class, self.message)
        };
        let by = match &self.raised {
            Some(raised) => format!(" in {raised}"),
            None => String::new(),
        };
        let first = message.lines().next().unwrap_or_default();
        let diagnostic = Diagnostic::user(format!("{what} failed{by}: {first}"));
        let diagnostic = match &self.task {
            Some(task) => diagnostic.in_task(task),
            None => diagnostic,
        };
        let diagnostic = match &self.help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        };
        // The message of a schema is complete; the traceback of the check would not help.
        if self.class == "SchemaValidationError" {
            diagnostic.because(message.trim_end())
        } else if self.traceback.is_empty() || self.traceback.trim_end() == message {
            diagnostic
        } else {
            diagnostic.because(self.traceback.trim_end())
        }
    }
}

/// Why a call has no answer.
#[derive(Debug, Clone)]
pub enum Failure {
    /// The project's Python raised an exception.
    Raised(Exception),
    /// The worker could not be started, has died, or does not answer.
    Worker(Diagnostic),
}

impl Failure {
    /// The failure as a diagnostic; `what` names what was run.
    #[must_use]
    pub fn diagnostic(self, what: &str) -> Diagnostic {
        match self {
            Self::Raised(exception) => exception.diagnostic(what),
            Self::Worker(diagnostic) => diagnostic,
        }
    }
}

/// The project's Python.
pub trait Python: Sync {
    /// How much runs there.
    fn mode(&self) -> Mode;

    /// Whether a worker has been started.
    fn started(&self) -> bool;

    /// How many workers there may be.
    fn workers(&self) -> usize;

    /// From now on, uses the first worker alone.
    fn use_one(&self);

    /// The numbers of the workers that are running.
    fn running(&self) -> Vec<usize>;

    /// Prepares all workers for their first call while the first one is idle, if that saves time. Returns
    /// whether they are.
    ///
    /// # Errors
    /// When a worker has ended.
    fn prepare(&self) -> Result<bool, Failure>;

    /// Calls one of the workers, by its number, and waits for the answer. A worker is started when
    /// it is first called, and has then loaded the project.
    ///
    /// # Errors
    /// When there is no worker or it raised an exception.
    fn call(&self, worker: usize, call: Call) -> Result<Answer, Failure>;

    /// Like [`Python::call`]. `free` returns how many processors have nothing to do: the worker may divide
    /// what it does, and use these too.
    ///
    /// # Errors
    /// When there is no worker or it raised an exception.
    fn call_divisible(
        &self,
        worker: usize,
        call: Call,
        free: &dyn Fn() -> usize,
    ) -> Result<Answer, Failure>;

    /// Ends all workers but one, which is the first from then on: of those in which the same is registered,
    /// the one that takes the least memory. All stay if what kinds have left in them may be needed.
    ///
    /// # Errors
    /// When a worker has ended.
    fn keep_one(&self) -> Result<(), Failure>;

    /// Replaces all workers but the first by copies of it, with what has changed in its process and environment.
    /// If it cannot be copied, only the first is used from then on.
    ///
    /// # Errors
    /// When a worker has ended.
    fn renew_others(&self) -> Result<(), Failure>;

    /// Calls every worker, those that are started later too, and yields the first one's answer.
    ///
    /// # Errors
    /// When there is no worker or it raised an exception.
    fn set_up(&self, call: Call) -> Result<Answer, Failure>;

    /// Has a worker load the project, and returns its answer.
    ///
    /// # Errors
    /// When there is no worker or the project's `register` raised an exception.
    fn load(&self) -> Result<Answer, Failure>;

    /// The version of taskgraph that the project has installed.
    ///
    /// # Errors
    /// When there is no worker.
    fn version(&self) -> Result<String, Failure>;

    /// What distinguishes the interpreter and the worker's code from others, as text; `None` if what kinds
    /// yield must not be kept for the next run.
    fn identity(&self) -> Option<String>;

    /// Returns the same project in another environment, as another task would start it. It is loaded
    /// if this one is.
    ///
    /// # Errors
    /// As [`Python::load`].
    fn with_environment(&self, environment: &Environment) -> Result<Box<dyn Python>, Failure>;
}
