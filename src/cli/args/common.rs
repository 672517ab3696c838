//! Flags that several commands have.

use clap::{ArgAction, Args};
use tracing_subscriber::filter::LevelFilter;

use crate::ports::python::Mode;

/// The folder of config.yml that is looked for.
pub const ROOT: &str = "taskcluster";

/// Flags of commands that read a project.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Project options")]
pub struct ProjectArgs {
    /// Folder that contains config.yml; by default, `taskcluster` in the working folder or the nearest
    /// folder above it, up to the root of the repository
    #[arg(short, long, value_name = "FOLDER")]
    pub root: Option<String>,
    /// How much of the project runs in Python
    #[arg(long, value_name = "MODE", value_enum, default_value = "mixed")]
    pub python: PythonMode,
    /// Neither use what earlier runs have kept to save time, nor keep anything for the next run
    #[arg(long)]
    pub no_cache: bool,
}

/// Flags of every command, which may be before or after it.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Log only warnings; given twice, log nothing
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub quiet: u8,
    /// Include debug-level logging output
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// When to use colors
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub color: ColorMode,
    /// Form of logs, status and errors on standard error; in JSON, each line is one object
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        value_enum,
        default_value_t
    )]
    pub log_format: LogFormat,
}

impl GlobalArgs {
    /// The level to log at; `usual` without `--quiet` and `--verbose`.
    #[must_use]
    pub fn level(self, usual: LevelFilter) -> LevelFilter {
        match (self.quiet, self.verbose) {
            (0, 0) => usual,
            (0, _) => LevelFilter::DEBUG,
            (1, _) => LevelFilter::WARN,
            _ => LevelFilter::OFF,
        }
    }
}

/// When colors are used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorMode {
    /// On a terminal, unless an environment variable disables them
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The form of what is written to standard error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object a line
    Json,
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
