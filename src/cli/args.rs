//! The commands and their flags.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::ports::python::Mode;

use super::docker::args::{BuildImageArgs, ImageDigestArgs, LoadImageArgs, LoadTaskArgs};
use super::init::Image;

/// A Taskcluster decision task in one native binary.
#[derive(Debug, Parser)]
#[command(name = "snowman", version, about, max_term_width = 100)]
// As in taskgraph, the last of several values counts: flags that cron adds come after the command's
// own.
#[command(args_override_self = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the full task set: all tasks that any kind describes, without edges
    Tasks(ShowArgs),
    /// Show the full task graph: the full task set with an edge for each dependency
    Full(ShowArgs),
    /// Show the target task set: the tasks that are wanted, without edges
    Target(ShowArgs),
    /// Show the target task graph: the target tasks and all that they depend on
    TargetGraph(ShowArgs),
    /// Show the optimized task graph: what is left when tasks were removed and replaced
    Optimized(ShowArgs),
    /// Show the morphed task graph: what would be created on the queue
    Morphed(ShowArgs),
    /// Look at everything that a decision would create, and say what stands against it
    Verify(VerifyArgs),
    /// Show the kinds and their dependencies as a Mermaid flowchart
    KindGraph(KindGraphArgs),
    /// Run the decision task
    Decision(Box<DecisionArgs>),
    /// Print the rendered actions.json
    Actions(ActionsArgs),
    /// Run the action of an action task
    ActionCallback(ActionCallbackArgs),
    /// Run an action that does nothing, print what it would create, and leave its artifacts
    TestActionCallback(TestActionCallbackArgs),
    /// Show what a release promotion would do, before its action is started
    Promote(PromoteArgs),
    /// Make a project in this repository: configuration, two kinds, a docker image
    Init(InitArgs),
    /// Print a script that completes commands and flags in a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, for `man -l -`
    Man {
        /// The command to print the page of, instead of that of the program
        command: Option<String>,
    },
    /// Print the digest of a docker image as it is in the working copy
    ImageDigest(ImageDigestArgs),
    /// Build a docker image with docker, as its task does
    BuildImage(BuildImageArgs),
    /// Load a docker image that a task has built into docker
    LoadImage(LoadImageArgs),
    /// Run a task on this machine, in a container of its docker image
    LoadTask(LoadTaskArgs),
    /// Serve an embedded Taskcluster on this machine, for rehearsals and tests
    Sandbox(SandboxArgs),
    /// Rehearse a release on an embedded Taskcluster: push, promote, push out, ship
    Rehearse(RehearseArgs),
    /// Write the reference of commands, configuration and kinds as Markdown
    #[command(hide = true)]
    Reference(ReferenceArgs),
}

/// How much is said while a command works.
#[derive(Debug, Args)]
pub struct Verbosity {
    /// Suppress all logging output
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Include debug-level logging output
    #[arg(short, long)]
    pub verbose: bool,
}

/// How much of a project runs in Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum PythonMode {
    /// Nothing
    Never,
    /// What the project has written itself
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

/// Flags about the project's own Python.
#[derive(Debug, Clone, Copy, Args)]
pub struct PythonArgs {
    /// How much of the project runs in Python
    #[arg(long, value_name = "MODE", value_enum, default_value = "mixed")]
    pub python: PythonMode,
}

/// Flags of the commands that show a graph.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Folder of config.yml
    #[arg(short, long, default_value = "taskcluster", value_name = "FOLDER")]
    pub root: String,
    #[command(flatten)]
    pub verbosity: Verbosity,
    /// Output the graph as JSON
    #[arg(short = 'J', long, group = "format")]
    pub json: bool,
    /// Output the graph as YAML
    #[arg(short = 'Y', long, group = "format")]
    pub yaml: bool,
    /// Output the label of each task (default)
    #[arg(short = 'L', long, group = "format")]
    pub labels: bool,
    /// Parameters: a file (.yml or .json), a folder of such files, an address, `task-id=<decision
    /// taskId>`, `index=<index path>` or `project=<project>`; can be given several times
    #[arg(short, long, value_name = "SPEC")]
    pub parameters: Vec<String>,
    /// Compute the changed files from local version control, even when parameters are given
    #[arg(long)]
    pub force_local_files_changed: bool,
    /// Do not ask the index and remove nothing
    #[arg(long = "no-optimize")]
    pub no_optimize: bool,
    /// File to write to; `{params}` in it stands for the name of the parameters
    #[arg(short, long, value_name = "FILE")]
    pub output_file: Option<PathBuf>,
    /// Only show tasks whose label begins with a match of this regular expression
    #[arg(long, visible_alias = "tasks", value_name = "REGEX")]
    pub tasks_regex: Option<String>,
    /// Leave this dotted key of each task out; can be given several times
    #[arg(long = "exclude-key", value_name = "KEY")]
    pub exclude_keys: Vec<String>,
    /// Only generate tasks of this kind and what it depends on; can be given several times
    #[arg(short = 'k', long = "target-kind", value_name = "KIND")]
    pub target_kinds: Vec<String>,
    /// Leave out digests of docker contexts, toolchains and fetched content, and so whatever would be
    /// found again by them
    #[arg(short = 'F', long)]
    pub fast: bool,
    /// Show how the graph differs from that of another revision; without one, of the revision that
    /// the current work is based on
    #[arg(long, value_name = "REV", num_args = 0..=1, default_missing_value = "default")]
    pub diff: Option<String>,
    /// How many things are done at the same time: as many as there are processors
    #[arg(short = 'j', long, value_name = "NUMBER")]
    pub max_workers: Option<std::num::NonZeroUsize>,
    /// Print what each kind took, and what of it ran in Python
    #[arg(long)]
    pub timings: bool,
    /// Write what took how long to this file, for a viewer of Chrome's trace events
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    #[command(flatten)]
    pub python: PythonArgs,
}

/// Flags of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Folder of config.yml
    #[arg(short, long, default_value = "taskcluster", value_name = "FOLDER")]
    pub root: String,
    #[command(flatten)]
    pub verbosity: Verbosity,
    /// Parameters, as for the other commands; can be given several times
    #[arg(short, long, value_name = "SPEC")]
    pub parameters: Vec<String>,
    /// File with the scopes that the decision task holds (.yml or .json): a list, or a mapping with
    /// the list at `scopes`, as auth answers. What roles grant has to be among them; nobody is asked
    #[arg(long, value_name = "FILE")]
    pub scopes: Option<PathBuf>,
    /// Do not ask the index and remove nothing
    #[arg(long = "no-optimize")]
    pub no_optimize: bool,
    /// Only generate tasks of this kind and what it depends on; can be given several times
    #[arg(short = 'k', long = "target-kind", value_name = "KIND")]
    pub target_kinds: Vec<String>,
    #[command(flatten)]
    pub python: PythonArgs,
}

/// Flags of `kind-graph`.
#[derive(Debug, Args)]
pub struct KindGraphArgs {
    /// Folder of config.yml
    #[arg(short, long, default_value = "taskcluster", value_name = "FOLDER")]
    pub root: String,
    #[command(flatten)]
    pub verbosity: Verbosity,
    /// Parameters, as for the other commands
    #[arg(short, long, value_name = "SPEC")]
    pub parameters: Option<String>,
    /// File to write to
    #[arg(short, long, value_name = "FILE")]
    pub output_file: Option<PathBuf>,
    /// Only show this kind and what it depends on; can be given several times
    #[arg(short = 'k', long = "target-kind", value_name = "KIND")]
    pub target_kinds: Vec<String>,
    #[command(flatten)]
    pub python: PythonArgs,
}

/// Flags of `decision`.
#[derive(Debug, Args)]
pub struct DecisionArgs {
    /// Folder of config.yml
    #[arg(short, long, default_value = "taskcluster", value_name = "FOLDER")]
    pub root: String,
    /// Taken for compatibility and not used
    #[arg(long, hide = true)]
    pub message: Option<String>,
    /// Project to decide for
    #[arg(long)]
    pub project: String,
    /// Number of the push
    #[arg(long)]
    pub pushlog_id: String,
    /// Time of the push, in seconds since 1970; 0 when it is not known
    #[arg(long)]
    pub pushdate: i64,
    /// Email address of who pushed
    #[arg(long)]
    pub owner: String,
    /// SCM level of the repository
    #[arg(long)]
    pub level: String,
    /// Method that chooses target tasks
    #[arg(long)]
    pub target_tasks_method: Option<String>,
    /// `git` or `hg`
    #[arg(long, value_parser = ["git", "hg"])]
    pub repository_type: String,
    /// Repository that the push is compared with
    #[arg(long)]
    pub base_repository: String,
    /// Ref that the push is compared with
    #[arg(long, default_value = "")]
    pub base_ref: String,
    /// Revision that the push is compared with
    #[arg(long, default_value = "")]
    pub base_rev: String,
    /// Repository that is built
    #[arg(long)]
    pub head_repository: String,
    /// Ref that is built
    #[arg(long)]
    pub head_ref: String,
    /// Revision that is built
    #[arg(long)]
    pub head_rev: String,
    /// Tag that is built
    #[arg(long, default_value = "")]
    pub head_tag: String,
    /// What the decision is for, e.g. `github-push`
    #[arg(long)]
    pub tasks_for: String,
    /// File with the try task configuration, instead of try_task_config.json
    #[arg(long, value_name = "FILE")]
    pub try_task_config_file: Option<String>,
    /// Skip verifications, those of payloads too
    #[arg(long)]
    pub no_verify: bool,
    /// Write the artifacts, look at everything that would be created, and create nothing
    #[arg(long)]
    pub preflight_only: bool,
    /// Include debug-level logging output
    #[arg(short, long)]
    pub verbose: bool,
    /// Let try_task_config.json, or a git note, override parameters
    #[arg(long)]
    pub allow_parameter_override: bool,
    #[command(flatten)]
    pub python: PythonArgs,
}

/// Flags of `actions`.
#[derive(Debug, Args)]
pub struct ActionsArgs {
    /// Folder of config.yml
    #[arg(short, long, default_value = "taskcluster", value_name = "FOLDER")]
    pub root: String,
    #[command(flatten)]
    pub verbosity: Verbosity,
    /// Parameters, as for the other commands
    #[arg(short, long, value_name = "SPEC")]
    pub parameters: Option<String>,
    #[command(flatten)]
    pub python: PythonArgs,
}

/// Flags of `action-callback`.
#[derive(Debug, Args)]
pub struct ActionCallbackArgs {
    /// Folder of config.yml
    #[arg(short, long, default_value = "taskcluster", value_name = "FOLDER")]
    pub root: String,
    /// Include debug-level logging output
    #[arg(short, long)]
    pub verbose: bool,
    #[command(flatten)]
    pub python: PythonArgs,
}

/// Flags of `test-action-callback`.
#[derive(Debug, Args)]
pub struct TestActionCallbackArgs {
    /// Folder of config.yml
    #[arg(short, long, default_value = "taskcluster", value_name = "FOLDER")]
    pub root: String,
    #[command(flatten)]
    pub verbosity: Verbosity,
    /// Parameters, as for the other commands
    #[arg(short, long, value_name = "SPEC")]
    pub parameters: Option<String>,
    /// Task that the action is triggered on
    #[arg(long, value_name = "TASKID")]
    pub task_id: Option<String>,
    /// Group that the action is triggered on
    #[arg(long, value_name = "TASKID")]
    pub task_group_id: Option<String>,
    /// File with the action's input (.yml or .json)
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Name of the action's callback
    pub callback: String,
    #[command(flatten)]
    pub python: PythonArgs,
}

/// Flags of `promote`.
#[derive(Debug, Args)]
#[command(override_usage = "snowman promote [OPTIONS] --plan --previous <GRAPH>... <FLAVOR>...")]
pub struct PromoteArgs {
    /// Show what would be reused, built again and new; promotions are started by their action
    #[arg(long, required = true)]
    pub plan: bool,
    /// The flavor, before or after the graphs of `--previous`; several form one chain
    #[arg(value_name = "FLAVOR")]
    pub flavors: Vec<String>,
    /// The previous graphs, in the order in which they were created: each the taskId of its decision or
    /// action task, or a folder with its artifacts. Can be given several times; where several graphs
    /// have a label, the last one counts
    #[arg(long, value_name = "GRAPH", required = true, num_args = 1..)]
    pub previous: Vec<String>,
    /// Folder of config.yml
    #[arg(short, long, default_value = "taskcluster", value_name = "FOLDER")]
    pub root: String,
    /// Parameters of the push that the action would be triggered on, as for the other commands; by
    /// default, those of the first previous graph
    #[arg(short, long, value_name = "SPEC")]
    pub parameters: Option<String>,
    /// File with more of the action's input (.yml or .json)
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Version that is promoted
    #[arg(long)]
    pub version: Option<String>,
    /// Version after it
    #[arg(long)]
    pub next_version: Option<String>,
    /// Kind that is built again; can be given several times
    #[arg(long = "rebuild-kind", value_name = "KIND")]
    pub rebuild_kinds: Vec<String>,
    /// Label that is built again; can be given several times
    #[arg(long = "do-not-optimize", value_name = "LABEL")]
    pub do_not_optimize: Vec<String>,
    /// Accept tasks of earlier phases that neither the input nor the flavor asks for
    #[arg(long)]
    pub allow_earlier_phases: bool,
    /// Output the plan as JSON
    #[arg(short = 'J', long)]
    pub json: bool,
    /// Output a line for each task
    #[arg(short = 'L', long, conflicts_with = "json")]
    pub labels: bool,
    #[command(flatten)]
    pub verbosity: Verbosity,
    #[command(flatten)]
    pub python: PythonArgs,
}

/// Flags of `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Replace files that are there already
    #[arg(short, long)]
    pub force: bool,
    /// Image of the decision task, with a version or a digest [default: ghcr.io/OWNER/snowman-decision with
    /// the version of this program]
    #[arg(long)]
    pub image: Option<Image>,
}

/// Flags of `sandbox`.
#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// Address to listen at; only loopback addresses are taken
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub listen: std::net::SocketAddr,
    /// Folder to keep the state in; in memory without one
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    /// Let simulated workers resolve tasks as they become pending
    #[arg(long)]
    pub workers: bool,
}

/// Flags of `rehearse`.
#[derive(Debug, Args)]
pub struct RehearseArgs {
    /// Flavors to rehearse, in order. By default: promote, push and ship of the first product, as far
    /// as it has such flavors, or all flavors where none names a product. Flavors joined by `+` are
    /// promoted by one action
    #[arg(value_name = "FLAVOR")]
    pub flavors: Vec<String>,
    /// Folder of config.yml
    #[arg(short, long, default_value = "taskcluster", value_name = "FOLDER")]
    pub root: String,
    /// Print the result as JSON
    #[arg(short = 'J', long)]
    pub json: bool,
    /// Kind that every flavor builds again; can be given several times
    #[arg(long = "rebuild-kind", value_name = "KIND")]
    pub rebuild_kinds: Vec<String>,
    /// Label that every flavor builds again; can be given several times
    #[arg(long = "do-not-optimize", value_name = "LABEL")]
    pub do_not_optimize: Vec<String>,
    /// File of YAML or JSON with more input for every action: what the project's own schema asks for
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Path of the index at which a task of another project is found; can be given several times
    #[arg(long, value_name = "PATH")]
    pub indexed: Vec<String>,
    /// Branch that is pushed to; without one, the first of the repository's `default-ref`, main and
    /// master that `.taskcluster.yml` has a task for
    #[arg(long, value_name = "BRANCH")]
    pub branch: Option<String>,
    /// Rehearse a task even if its command cannot be read, with flags that fit the push
    #[arg(long)]
    pub accept_unread_command: bool,
    /// Folder to keep the sandbox's state in, to look at it afterwards with `snowman sandbox`
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    #[command(flatten)]
    pub python: PythonArgs,
    #[command(flatten)]
    pub verbosity: Verbosity,
}

/// Flags of `reference`.
#[derive(Debug, Args)]
pub struct ReferenceArgs {
    /// Folder to write to; everything is printed without one
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
}
