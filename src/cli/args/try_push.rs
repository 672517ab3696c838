//! The flags of the commands that prepare pushes to try.

use clap::Args;

use super::common::ProjectArgs;

/// Flags of every such command.
#[derive(Debug, Args)]
pub struct TryArgs {
    /// Write the changes to the working copy; nothing is committed or pushed
    #[arg(long)]
    pub apply: bool,
    /// Write them even if files have changes that are not committed
    #[arg(long, requires = "apply")]
    pub allow_dirty: bool,
    /// Repository that the shown commands push to; by default, `snowman.try.repository` in config.yml
    #[arg(long, value_name = "REPOSITORY")]
    pub push_to: Option<String>,
    /// Run tasks with this worker alias in another worker pool, if the project's Python code reads that; can be repeated
    #[arg(long = "worker-override", value_name = "ALIAS=POOL")]
    pub worker_overrides: Vec<String>,
    /// The same with the alias's own pool at level 1, whose name gets a suffix; can be repeated
    #[arg(long = "worker-suffix", value_name = "ALIAS=SUFFIX")]
    pub worker_suffixes: Vec<String>,
    /// Output the result as JSON
    #[arg(short = 'J', long)]
    pub json: bool,
    #[command(flatten)]
    pub project: ProjectArgs,
}

/// Flags of `try-release`.
#[derive(Debug, Args)]
pub struct TryReleaseArgs {
    /// Version of the release: a beta, a release, or one with extended support
    #[arg(long, value_name = "VERSION")]
    pub version: String,
    /// Migration to run before the release; can be repeated
    #[arg(long = "migration", value_name = "NAME")]
    pub migrations: Vec<String>,
    /// Tasks to run on push: a name in `snowman.try.tasks` in config.yml
    #[arg(long, default_value = "staging", value_name = "NAME")]
    pub tasks: String,
    /// Build all locales
    #[arg(long)]
    pub no_limit_locales: bool,
    /// Replace tasks by those of an earlier push, with this decision or action task
    #[arg(long, value_name = "TASKID")]
    pub existing_tasks: Option<String>,
    /// Build without profile-guided optimization, if the project's Python code reads that
    #[arg(long)]
    pub disable_pgo: bool,
    /// Product that the shown promotions release; by default, the first one with the most phases
    #[arg(long, value_name = "NAME")]
    pub product: Option<String>,
    /// Version that partial updates start from, in the shown promotions; can be repeated
    #[arg(long = "update-from", value_name = "VERSION")]
    pub update_from: Vec<String>,
    #[command(flatten)]
    pub push: TryArgs,
}

/// Flags of `try-scriptworker`.
#[derive(Debug, Args)]
pub struct TryScriptworkerArgs {
    /// Release system (`balrog`), system and action (`balrog:submit-locale`) or worker alias whose tasks run; `list`
    /// shows those that the release has tasks of
    #[arg(value_name = "TYPE")]
    pub worker_type: String,
    /// Decision or action task of the release, as a taskId or as an index path
    #[arg(long, value_name = "TASK")]
    pub from: String,
    /// Run only tasks whose label begins with a match
    #[arg(long, value_name = "REGEX")]
    pub tasks_regex: Option<String>,
    /// Route that the tasks get, if the project's Python code reads that; can be repeated
    #[arg(long = "route", value_name = "ROUTE")]
    pub routes: Vec<String>,
    #[command(flatten)]
    pub push: TryArgs,
}
