//! The flags of `sandbox` and `rehearse`.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::common::ProjectArgs;

/// What is pushed to, in a sandbox.
#[derive(Debug, Args)]
pub struct PushTarget {
    /// Address of the repository to push to; by default, the first one in config.yml, or else the one that the
    /// checkout was cloned from
    #[arg(long, value_name = "URL")]
    pub repository: Option<String>,
    /// Branch to push to; by default, the first of the repository's `default-ref`, main and master
    /// that `.taskcluster.yml` has a task for
    #[arg(long, value_name = "BRANCH")]
    pub branch: Option<String>,
}

/// Flags of `sandbox`. Without a decision, those about the project would have no effect.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("decisions").args(["run_decisions", "push"]).multiple(true)))]
#[command(mut_args(|arg| match OF_PROJECT.contains(&arg.get_id().as_str()) {
    true => arg.requires("decisions"),
    false => arg,
}))]
pub struct SandboxArgs {
    /// Loopback address to listen on
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub listen: std::net::SocketAddr,
    /// Folder to keep the state in; by default, it is kept in memory
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    /// Let simulated workers resolve pending tasks
    #[arg(long)]
    pub workers: bool,
    /// Run decision and action tasks of the project in the working folder instead of simulating them, and let people
    /// trigger its actions on the web pages; implies --workers
    #[arg(long)]
    pub run_decisions: bool,
    /// Create the decision task of a push of the checked-out revision; implies --run-decisions
    #[arg(long)]
    pub push: bool,
    #[command(flatten)]
    pub target: PushTarget,
    #[command(flatten)]
    pub project: ProjectArgs,
}

/// The flags about the project whose decisions a sandbox runs.
const OF_PROJECT: [&str; 5] = ["repository", "branch", "root", "python", "no_cache"];

/// Flags of `rehearse`.
#[derive(Debug, Args)]
pub struct RehearseArgs {
    /// Flavors to rehearse, in order; flavors joined by `+` are promoted by one action. By default,
    /// the promote, push and ship flavors of the first product, or all flavors if none names a
    /// product
    #[arg(value_name = "FLAVOR")]
    pub flavors: Vec<String>,
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Output the result as JSON
    #[arg(short = 'J', long)]
    pub json: bool,
    /// File to write a page to, with every task, its state, its reasons and its report; it can be read without a network
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Version of an earlier release, which is rehearsed first and then updated from; can be repeated,
    /// the oldest first. By default, the newest version in the file of `snowman.staging.history` if there
    /// is one, or else the version before, if release tasks are staged and the flavors promise partial
    /// updates
    #[arg(long = "update-from", value_name = "VERSION")]
    pub update_from: Vec<String>,
    /// Kind that every flavor rebuilds; can be repeated
    #[arg(long = "rebuild-kind", value_name = "KIND")]
    pub rebuild_kinds: Vec<String>,
    /// Label of a task that every flavor rebuilds; can be repeated
    #[arg(long = "do-not-optimize", value_name = "LABEL")]
    pub do_not_optimize: Vec<String>,
    /// File with additional input for every action (.yml or .json), for the project's own schema
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Index path with a completed task, as if another project had built it; can be repeated
    #[arg(long, value_name = "PATH")]
    pub indexed: Vec<String>,
    #[command(flatten)]
    pub target: PushTarget,
    /// Rehearse a task even if its command cannot be read, using flags that match the push
    #[arg(long)]
    pub accept_unread_command: bool,
    /// Rehearse so many staging releases at once, each a push of its own, and check that none of them sees anything of
    /// another
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(2..=100))]
    pub concurrent: Option<u16>,
    /// Version of the concurrent releases; can be repeated, and then they have these versions in turn. By default, all
    /// have the version of the project
    #[arg(
        long = "release-version",
        value_name = "VERSION",
        requires = "concurrent"
    )]
    pub release_versions: Vec<String>,
    /// Seed of the order in which phases begin and workers claim tasks: the same seed gives the same order
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 0,
        requires = "concurrent"
    )]
    pub seed: u64,
    /// Kill every eighth worker at the end of its task, so that the queue runs the task again, and run each whole phase
    /// again when it has ended
    #[arg(long, requires = "concurrent")]
    pub disturb: bool,
    /// Plant a defect in one task, to see that the rehearsal finds it; with --concurrent, in the second release. An
    /// unknown name lists all defects
    #[arg(long, value_name = "DEFECT")]
    pub defect: Option<String>,
    /// Label of a task that fails; can be repeated. With --concurrent, the task of the second release fails
    #[arg(long = "fail", value_name = "LABEL")]
    pub fails: Vec<String>,
    /// Folder to keep the sandbox's state in, to inspect it later with `snowman sandbox`
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
}
