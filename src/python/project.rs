//! What workers are started for.

use std::path::PathBuf;

use crate::base::value::Object;
use crate::ports::environment::Environment;
use crate::ports::python::Mode;

/// The variable with the number of seconds that a call may take.
pub const TIMEOUT: &str = "SNOWMAN_PYTHON_TIMEOUT";

/// The variable with the Python package of the project's entry.
pub const ENTRY: &str = "SNOWMAN_ENTRY";

/// What workers are started for.
#[derive(Debug, Clone)]
pub struct Project {
    /// How much runs in Python.
    pub mode: Mode,
    /// The folder that `root` starts from: that which the program was started in, or one above it.
    pub working: PathBuf,
    /// The root of the repository.
    pub repository: PathBuf,
    /// The folder of config.yml, as it was given.
    pub root: String,
    /// The graph config.
    pub config: Object,
    /// Whether the graph config violates the built-in schema.
    pub violates_schema: bool,
    /// The package whose modules `actions` and `decision` are used in place of taskgraph's, if it is
    /// named.
    pub entry: Option<String>,
    /// The environment variables.
    pub environment: Environment,
    /// How many workers there may be.
    pub workers: usize,
    /// Whether much is logged.
    pub verbose: bool,
    /// Whether it is measured which lines of the project take the time.
    pub timed: bool,
    /// Whether digests and caches are left out.
    pub fast: bool,
    /// Whether what kinds yield may be kept for the next run.
    pub keeps_kinds: bool,
}
