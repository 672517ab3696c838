//! The flags of `snowman decision`.

use crate::base::value::{Object, Value, json};

/// The flags that become parameters.
#[derive(Debug, Clone, Default, PartialEq)]
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
    /// `--option`: further options of the project's own entry, by name.
    pub entry_options: Object,
}

impl DecisionFlags {
    /// The flags by name, with underscores, as taskgraph passes them to its function
    /// `get_decision_parameters`.
    #[must_use]
    pub fn options(&self) -> Value {
        let mut options = json!({
            "allow_parameter_override": self.allow_parameter_override,
            "base_ref": self.base_ref,
            "base_repository": self.base_repository,
            "base_rev": self.base_rev,
            "head_ref": self.head_ref,
            "head_repository": self.head_repository,
            "head_rev": self.head_rev,
            "head_tag": self.head_tag,
            "level": self.level,
            "owner": self.owner,
            "project": self.project,
            "pushdate": self.pushdate,
            "pushlog_id": self.pushlog_id,
            "repository_type": self.repository_type,
            "target_tasks_method": self.target_tasks_method,
            "tasks_for": self.tasks_for,
            "try_task_config_file": self.try_task_config_file,
        });
        if let Value::Object(options) = &mut options {
            options.extend(self.entry_options.clone());
        }
        options
    }

    /// The arguments of a command line with these flags.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["decision".to_owned()];
        let options = self.options();
        for (name, value) in options.as_object().into_iter().flatten() {
            let name = match name.as_str() {
                "rebuild_kinds" => "rebuild_kind",
                name => name,
            };
            let flag = format!("--{}", name.replace('_', "-"));
            let given_values = match value {
                Value::Array(values) => &values[..],
                value => std::slice::from_ref(value),
            };
            for value in given_values {
                match value {
                    Value::Null => {}
                    Value::Bool(false) if name == "allow_parameter_override" => {}
                    Value::Bool(true) => arguments.push(flag.clone()),
                    Value::String(text) => arguments.push(format!("{flag}={text}")),
                    other => arguments.push(format!("{flag}={other}")),
                }
            }
        }
        arguments
    }
}
