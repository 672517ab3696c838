//! The flags of `snowman decision`.

/// The flags that become parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DecisionFlags {
    /// `--project`
    pub project: String,
    /// `--pushlog-id`
    pub pushlog_id: String,
    /// `--pushdate`, in seconds since 1970; 0 if unknown.
    pub pushdate: i64,
    /// `--owner`
    pub owner: String,
    /// `--level`
    pub level: String,
    /// `--target-tasks-method`
    pub target_tasks_method: Option<String>,
    /// `--repository-type`
    pub repository_type: String,
    /// `--base-repository`
    pub base_repository: String,
    /// `--base-ref`
    pub base_ref: String,
    /// `--base-rev`
    pub base_rev: String,
    /// `--head-repository`
    pub head_repository: String,
    /// `--head-ref`
    pub head_ref: String,
    /// `--head-rev`
    pub head_rev: String,
    /// `--head-tag`
    pub head_tag: String,
    /// `--tasks-for`
    pub tasks_for: String,
    /// `--try-task-config-file`
    pub try_task_config_file: Option<String>,
    /// The function that `taskgraph.decision-parameters` in config.yml names.
    pub decision_parameters: Option<String>,
    /// `--allow-parameter-override`
    pub allow_parameter_override: bool,
}
