//! Flags that several commands have.

use clap::Args;
use tracing_subscriber::filter::LevelFilter;

use crate::ports::python::Mode;

/// Flags of commands that read a project.
#[derive(Debug, Clone, Args)]
pub struct ProjectArgs {
    /// Folder that contains config.yml
    #[arg(short, long, default_value = "taskcluster", value_name = "FOLDER")]
    pub root: String,
    /// How much of the project runs in Python
    #[arg(long, value_name = "MODE", value_enum, default_value = "mixed")]
    pub python: PythonMode,
    /// Neither use what earlier runs have kept to save time, nor keep anything for the next run
    #[arg(long)]
    pub no_cache: bool,
}

/// Flags that choose how much is logged.
#[derive(Debug, Clone, Copy, Args)]
pub struct Verbosity {
    /// Suppress all logging output
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Include debug-level logging output
    #[arg(short, long)]
    pub verbose: bool,
}

impl Verbosity {
    /// The level to log at; `usual` without these flags.
    #[must_use]
    pub fn level(self, usual: LevelFilter) -> LevelFilter {
        match (self.quiet, self.verbose) {
            (true, _) => LevelFilter::OFF,
            (_, true) => LevelFilter::DEBUG,
            _ => usual,
        }
    }
}

/// How much of a project runs in Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum PythonMode {
    /// Nothing
    Never,
    /// Only the project's own Python code
    Mixed,
    /// Every kind, from its loader to its last transform
    Whole,
}

impl From<PythonMode> for Mode {
    fn from(mode: PythonMode) -> Self {
        match mode {
            PythonMode::Never => Self::Never,
            PythonMode::Mixed => Self::Mixed,
            PythonMode::Whole => Self::Whole,
        }
    }
}
