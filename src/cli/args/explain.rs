//! The flags of `explain`.

use clap::Args;

use super::common::ProjectArgs;

/// Flags of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Label of a task to explain; can be repeated
    #[arg(required = true, value_name = "LABEL")]
    pub labels: Vec<String>,
    /// Parameters, in any form that `full` accepts, or a folder with the artifacts of a decision or
    /// promotion; can be repeated
    #[arg(short, long, value_name = "SPEC")]
    pub parameters: Vec<String>,
    /// Output the explanations as JSON
    #[arg(short = 'J', long)]
    pub json: bool,
    /// Keep every task: remove none, and do not search the index for replacements
    #[arg(long = "no-optimize")]
    pub no_optimize: bool,
    /// Only generate this kind and the kinds it depends on; can be repeated
    #[arg(short = 'k', long = "target-kind", value_name = "KIND")]
    pub target_kinds: Vec<String>,
    /// Do not compute digests of docker contexts, toolchains and fetches; tasks that are found by
    /// digest are then not replaced
    #[arg(short = 'F', long)]
    pub fast: bool,
}
