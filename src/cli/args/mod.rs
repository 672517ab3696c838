//! The commands of the command line. The flags of each are in the files beside this one.

mod actions;
pub mod common;
mod decision;
mod decision_image;
mod explain;
mod graphs;
pub mod help;
mod images;
mod rehearsal;
mod setup;
mod stage;
mod try_push;

use clap::{Parser, Subcommand};

use common::GlobalArgs;

pub use actions::{ActionCallbackArgs, ActionsArgs, PromoteArgs, TestActionCallbackArgs};
pub use decision::DecisionArgs;
pub use decision_image::DecisionImage;
pub use explain::ExplainArgs;
pub use graphs::{KindGraphArgs, ShowArgs, VerifyArgs};
pub use images::{BuildImageArgs, ImageDigestArgs, LoadImageArgs, LoadTaskArgs};
pub use rehearsal::{RehearseArgs, SandboxArgs};
pub use setup::{InitArgs, ReferenceArgs};
pub use stage::{
    StageArgs, StageCleanArgs, StageCommand, StageHistoryArgs, StageIndexArgs, StageListArgs,
    StageRunArgs, StageServeArgs, StageShowArgs,
};
pub use try_push::{TryArgs, TryReleaseArgs, TryScriptworkerArgs};

/// A Taskcluster decision task in one native binary.
#[derive(Debug, Parser)]
#[command(name = "snowman", version, about, max_term_width = 100)]
// As in taskgraph, the last of several values counts: flags that cron adds come after the command's
// own.
#[command(args_override_self = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the full task set: the tasks of every kind, without edges
    Tasks(ShowArgs),
    /// Show the full task graph: the full task set with its dependencies
    Full(ShowArgs),
    /// Show the target task set: the selected tasks, without edges
    Target(ShowArgs),
    /// Show the target task graph: the target tasks and everything they depend on
    TargetGraph(ShowArgs),
    /// Show the optimized task graph: the tasks that remain after some are removed or replaced
    Optimized(ShowArgs),
    /// Show the morphed task graph: the tasks that a decision would create
    Morphed(ShowArgs),
    /// Explain why tasks are in the graph or not, and what has become of them
    Explain(ExplainArgs),
    /// Report everything that would make a decision fail, without creating tasks
    Verify(VerifyArgs),
    /// Show the kinds and their dependencies as a Mermaid flowchart
    KindGraph(KindGraphArgs),
    /// Run the decision task
    Decision(Box<DecisionArgs>),
    /// Print actions.json
    Actions(ActionsArgs),
    /// Run the action of an action task
    ActionCallback(ActionCallbackArgs),
    /// Dry-run an action: print what it would do, and write its artifacts
    TestActionCallback(TestActionCallbackArgs),
    /// Show what a release promotion would do, before its action is triggered
    Promote(PromoteArgs),
    /// Create a project in this repository: configuration, two kinds and a docker image
    Init(InitArgs),
    /// Print a completion script for a shell
    Completions {
        /// Shell that the script is for
        shell: clap_complete::Shell,
    },
    /// Print a manual page; pipe it to `man -l -` to read it
    Man {
        /// Command whose page is printed; by default, snowman itself
        command: Option<String>,
    },
    /// Print the digest of a docker image in the working copy
    ImageDigest(ImageDigestArgs),
    /// Build a docker image on this machine, as its task does
    BuildImage(BuildImageArgs),
    /// Download a docker image that a task has built, and load it into docker
    LoadImage(LoadImageArgs),
    /// Run a task on this machine, in a container of its docker image
    LoadTask(LoadTaskArgs),
    /// Serve an embedded Taskcluster on this machine, for rehearsals and tests
    Sandbox(SandboxArgs),
    /// Rehearse a release on an embedded Taskcluster: a push and its promotions
    Rehearse(RehearseArgs),
    /// Prepare a push to try with a staging release: its version, migrations and parameters
    TryRelease(TryReleaseArgs),
    /// Prepare a push to try that runs the tasks of one type of worker on the builds of a release
    TryScriptworker(TryScriptworkerArgs),
    /// Do the work of release tasks without any server
    Stage(StageArgs),
    /// Write the reference of commands, configuration and kinds as Markdown
    #[command(hide = true)]
    Reference(ReferenceArgs),
}
