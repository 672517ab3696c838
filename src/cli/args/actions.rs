//! The flags of the commands for actions.

use std::path::PathBuf;

use clap::Args;

use super::common::ProjectArgs;

/// Flags of `actions`.
#[derive(Debug, Args)]
pub struct ActionsArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Parameters, in any form that `full` accepts
    #[arg(short, long, value_name = "SPEC")]
    pub parameters: Option<String>,
}

/// Flags of `action-callback`.
#[derive(Debug, Args)]
pub struct ActionCallbackArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
}

/// Flags of `test-action-callback`.
#[derive(Debug, Args)]
pub struct TestActionCallbackArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Parameters, in any form that `full` accepts
    #[arg(short, long, value_name = "SPEC")]
    pub parameters: Option<String>,
    /// Task that the action is triggered on
    #[arg(long, value_name = "TASKID")]
    pub task_id: Option<String>,
    /// Task group that the action is triggered on
    #[arg(long, value_name = "TASKID")]
    pub task_group_id: Option<String>,
    /// File with the action's input (.yml or .json)
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Name of the action's callback
    pub callback: String,
}

/// Flags of `promote`.
#[derive(Debug, Args)]
#[command(override_usage = "snowman promote [OPTIONS] --plan --previous <GRAPH>... <FLAVOR>...")]
pub struct PromoteArgs {
    /// Show which tasks would be reused, rebuilt and new; only the action starts a promotion
    #[arg(long, required = true)]
    pub plan: bool,
    /// Flavor to promote, given before or after the graphs of `--previous`; several flavors form one
    /// chain
    #[arg(value_name = "FLAVOR")]
    pub flavors: Vec<String>,
    /// Previous graphs, in the order in which they were created, each as the taskId of its decision or
    /// action task or as a folder with its artifacts. Can be repeated; if several graphs contain a
    /// label, the last one counts
    #[arg(long, value_name = "GRAPH", required = true, num_args = 1..)]
    pub previous: Vec<String>,
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Parameters of the push that the action would be triggered on, in any form that `full` accepts;
    /// by default, those of the first previous graph
    #[arg(short, long, value_name = "SPEC")]
    pub parameters: Option<String>,
    /// File with additional input for the action (.yml or .json)
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Version to promote
    #[arg(long)]
    pub version: Option<String>,
    /// Version that follows the promoted one
    #[arg(long)]
    pub next_version: Option<String>,
    /// Kind to rebuild; can be repeated
    #[arg(long = "rebuild-kind", value_name = "KIND")]
    pub rebuild_kinds: Vec<String>,
    /// Label of a task to rebuild; can be repeated
    #[arg(long = "do-not-optimize", value_name = "LABEL")]
    pub do_not_optimize: Vec<String>,
    /// Accept tasks of earlier phases that neither the input nor the flavor requests
    #[arg(long)]
    pub allow_earlier_phases: bool,
    /// Output the plan as JSON
    #[arg(short = 'J', long)]
    pub json: bool,
    /// Output one line for each task
    #[arg(short = 'L', long, conflicts_with = "json")]
    pub labels: bool,
}
