//! The flags of `decision`.

use clap::Args;
use clap::builder::BoolishValueParser;

use super::common::ProjectArgs;

/// The group of flags that are not about the push.
const DECISION: &str = "Decision options";

/// Flags of `decision`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Push options")]
pub struct DecisionArgs {
    #[command(flatten)]
    pub project_args: ProjectArgs,
    /// Accepted for compatibility and ignored
    #[arg(long, hide = true)]
    pub message: Option<String>,
    /// Name of the project
    #[arg(long)]
    pub project: String,
    /// Number of the push
    #[arg(long)]
    pub pushlog_id: String,
    /// Time of the push, in seconds since 1970; 0 if unknown
    #[arg(long)]
    pub pushdate: i64,
    /// Email address of the person who pushed
    #[arg(long)]
    pub owner: String,
    /// SCM level of the repository
    #[arg(long)]
    pub level: String,
    /// Method that selects the target tasks
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
    /// Repository to build
    #[arg(long)]
    pub head_repository: String,
    /// Ref to build
    #[arg(long)]
    pub head_ref: String,
    /// Revision to build
    #[arg(long)]
    pub head_rev: String,
    /// Tag to build
    #[arg(long, default_value = "")]
    pub head_tag: String,
    /// Event that triggered the decision task, e.g. `github-push`
    #[arg(long)]
    pub tasks_for: String,
    /// File with the try task configuration, instead of try_task_config.json
    #[arg(long, value_name = "FILE")]
    pub try_task_config_file: Option<String>,
    /// Skip verifications, including those of payloads
    #[arg(long, help_heading = DECISION)]
    pub no_verify: bool,
    /// Write the artifacts and check every task, but create none
    #[arg(long, help_heading = DECISION)]
    pub preflight_only: bool,
    /// Let try_task_config.json, or a git note, override parameters
    #[arg(long, help_heading = DECISION)]
    pub allow_parameter_override: bool,
    /// Reuse the tasks of the push, as the cron job's `include-push-tasks` requests; only for projects
    /// with their own `get_decision_parameters`
    #[arg(long, help_heading = DECISION)]
    pub include_push_tasks: bool,
    /// Kind whose tasks are not reused, as in the cron job's `rebuild-kinds`; can be repeated
    #[arg(long = "rebuild-kind", value_name = "KIND", help_heading = DECISION)]
    pub rebuild_kinds: Vec<String>,
    /// Whether the target tasks may be optimized, as in the cron job's `optimize-target-tasks`; only for
    /// projects with their own `get_decision_parameters`
    #[arg(
        long,
        value_name = "BOOLEAN",
        num_args = 0..=1,
        default_missing_value = "true",
        value_parser = BoolishValueParser::new(),
        help_heading = DECISION
    )]
    pub optimize_target_tasks: Option<bool>,
    /// Pass an option to the project's own `get_decision_parameters`, e.g. `include_push_tasks=true`;
    /// the value is YAML
    #[arg(long = "option", value_name = "NAME=VALUE", help_heading = DECISION)]
    pub options: Vec<String>,
}
