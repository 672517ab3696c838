//! The flags of the commands that generate graphs and only look at them.

use std::path::PathBuf;

use clap::Args;

use super::common::ProjectArgs;

/// The groups of flags in the help of commands that show a graph.
const GRAPH: &str = "Graph options";
const OUTPUT: &str = "Output options";
const SPEED: &str = "Speed options";

/// Flags of the commands that show a graph.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Output the graph as JSON
    #[arg(short = 'J', long, group = "format", help_heading = OUTPUT)]
    pub json: bool,
    /// Output the graph as YAML
    #[arg(short = 'Y', long, group = "format", help_heading = OUTPUT)]
    pub yaml: bool,
    /// Output the label of each task (default)
    #[arg(short = 'L', long, group = "format", help_heading = OUTPUT)]
    pub labels: bool,
    /// Parameters: a .yml or .json file, a folder of such files, a URL, `task-id=<decision taskId>`,
    /// `index=<index path>` or `project=<project>`; can be repeated
    #[arg(short, long, value_name = "SPEC", help_heading = GRAPH)]
    pub parameters: Vec<String>,
    /// Take the changed files from local version control, even if parameters are given
    #[arg(long, help_heading = GRAPH)]
    pub force_local_files_changed: bool,
    /// Keep every task: remove none, and do not search the index for replacements
    #[arg(long = "no-optimize", help_heading = GRAPH)]
    pub no_optimize: bool,
    /// File to write to; `{params}` is replaced by the name of the parameters
    #[arg(short, long, value_name = "FILE", help_heading = OUTPUT)]
    pub output_file: Option<PathBuf>,
    /// Folder to write the graph of each phase to, up to the one that is shown, each in a file named
    /// after its command; `{params}` is replaced by the name of the parameters
    #[arg(long, value_name = "FOLDER", conflicts_with = "diff", help_heading = OUTPUT)]
    pub save_phases: Option<PathBuf>,
    /// Only show tasks whose label starts with a match for this regular expression
    #[arg(long, visible_alias = "tasks", value_name = "REGEX", help_heading = OUTPUT)]
    pub tasks_regex: Option<String>,
    /// Dotted path of a key to leave out of each task; can be repeated
    #[arg(long = "exclude-key", value_name = "KEY", help_heading = OUTPUT)]
    pub exclude_keys: Vec<String>,
    /// Only generate this kind and the kinds it depends on; can be repeated
    #[arg(short = 'k', long = "target-kind", value_name = "KIND", help_heading = GRAPH)]
    pub target_kinds: Vec<String>,
    /// Do not compute digests of docker contexts, toolchains and fetches; tasks that are found by
    /// digest are then not replaced
    #[arg(short = 'F', long, help_heading = GRAPH)]
    pub fast: bool,
    /// Show the difference from the graph of another revision; without a value, of the revision that
    /// the current work is based on
    #[arg(
        long,
        value_name = "REV",
        num_args = 0..=1,
        default_missing_value = "default",
        help_heading = OUTPUT
    )]
    pub diff: Option<String>,
    /// Number of parallel workers; by default, the number of processors
    #[arg(short = 'j', long, value_name = "NUMBER", help_heading = SPEED)]
    pub max_workers: Option<std::num::NonZeroUsize>,
    /// Print how long each kind took, and which parts of it ran in Python
    #[arg(long, help_heading = SPEED)]
    pub timings: bool,
    /// File to write timings to, in Chrome's trace event format
    #[arg(long, value_name = "FILE", help_heading = SPEED)]
    pub profile: Option<PathBuf>,
}

/// Flags of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Parameters, in any form that `full` accepts; can be repeated
    #[arg(short, long, value_name = "SPEC")]
    pub parameters: Vec<String>,
    /// File with the scopes of the decision task (.yml or .json): a list, or a mapping with the list at
    /// `scopes`, as the auth service returns it. Roles are not expanded: list the scopes that they
    /// grant
    #[arg(long, value_name = "FILE")]
    pub scopes: Option<PathBuf>,
    /// Keep every task: remove none, and do not search the index for replacements
    #[arg(long = "no-optimize")]
    pub no_optimize: bool,
    /// Only generate this kind and the kinds it depends on; can be repeated
    #[arg(short = 'k', long = "target-kind", value_name = "KIND")]
    pub target_kinds: Vec<String>,
}

/// Flags of `kind-graph`.
#[derive(Debug, Args)]
pub struct KindGraphArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Parameters, in any form that `full` accepts
    #[arg(short, long, value_name = "SPEC")]
    pub parameters: Option<String>,
    /// File to write to
    #[arg(short, long, value_name = "FILE")]
    pub output_file: Option<PathBuf>,
    /// Only show this kind and the kinds it depends on; can be repeated
    #[arg(short = 'k', long = "target-kind", value_name = "KIND")]
    pub target_kinds: Vec<String>,
}
