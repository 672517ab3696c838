//! The methods that select target tasks.

use crate::base::diagnostic::Diagnostic;
use crate::base::suggest;
use crate::config::parameters::Parameters;
use crate::custom::version::Rules;
use crate::model::task::Task;
use crate::target::condition::Condition;

/// A target-tasks method.
#[derive(Debug)]
pub struct TargetMethod {
    /// Its name, as the parameter `target_tasks_method` gives it.
    pub name: &'static str,
    /// What it selects, for the reference.
    pub doc: &'static str,
    /// What a task must meet to be selected. Later conditions are not checked if a task does not meet an
    /// earlier one.
    pub conditions: &'static [Condition],
    /// The release phases that it selects from, in order; empty if it is not for releases.
    pub phases: &'static [&'static str],
}

/// The condition that an attribute lists the type of the release, or is missing.
const RELEASE: Condition = Condition::Lists {
    attribute: "run_on_releases",
    parameter: "release_type",
    absent: true,
};

/// The condition that an attribute lists the project.
const PROJECT: Condition = Condition::Lists {
    attribute: "run_on_projects",
    parameter: "project",
    absent: false,
};

/// The condition that an attribute lists the event, or is missing.
const EVENT: Condition = Condition::Lists {
    attribute: "run_on_tasks_for",
    parameter: "tasks_for",
    absent: true,
};

/// The attribute of partner repacks.
const PARTNER: &str = "partner_repack";

/// The conditions of the method `default`.
const DEFAULT: [Condition; 5] = [
    Condition::HasNot("cron"),
    Condition::Early,
    PROJECT,
    EVENT,
    Condition::Branch,
];

/// The conditions of a method for releases, which selects from these phases.
const fn released(partner: Condition, phases: &'static [&'static str]) -> [Condition; 4] {
    [
        partner,
        Condition::Product,
        Condition::Phase(phases),
        RELEASE,
    ]
}

/// Every built-in method.
pub static METHODS: &[TargetMethod] = &[
    TargetMethod {
        name: "default",
        doc: "tasks that run on this project, event and branch, up to the phase `build`",
        conditions: &DEFAULT,
        phases: &[],
    },
    TargetMethod {
        name: "codereview",
        doc: "tasks that `default` selects and that have the attribute `code-review`",
        conditions: &{
            let [cron, early, project, event, branch] = DEFAULT;
            let reviewed = Condition::Has("code-review");
            [cron, early, project, event, branch, reviewed]
        },
        phases: &[],
    },
    TargetMethod {
        name: "nothing",
        doc: "no tasks",
        conditions: &[Condition::Never],
        phases: &[],
    },
    TargetMethod {
        name: "try_tasks",
        doc: "the tasks that the parameter `try_task_config` lists under `tasks`",
        conditions: &[Condition::Tried],
        phases: &[],
    },
    TargetMethod {
        name: "promote",
        doc: "tasks of the product `release_product` in the phase `promote`",
        conditions: &released(Condition::HasNot(PARTNER), &["promote"]),
        phases: &["promote"],
    },
    TargetMethod {
        name: "push",
        doc: "tasks of the product `release_product` in the phases `promote` and `push`",
        conditions: &released(Condition::HasNot(PARTNER), &["promote", "push"]),
        phases: &["promote", "push"],
    },
    TargetMethod {
        name: "ship",
        doc: "tasks of the product `release_product` in the phases `promote`, `push` and `ship`; \
              for a release candidate, which is never pushed, only `promote` and `ship`",
        conditions: &released(Condition::HasNot(PARTNER), &["promote", "push", "ship"]),
        phases: &["promote", "push", "ship"],
    },
    TargetMethod {
        name: "promote_partners",
        doc: "tasks of the product `release_product` in the phase `promote` that are partner repacks",
        conditions: &released(Condition::Has(PARTNER), &["promote"]),
        phases: &["promote"],
    },
];

impl TargetMethod {
    /// The first condition that a task does not meet; `None` if the method selects it.
    ///
    /// # Errors
    /// The mistake in an attribute of the task.
    pub fn unmet(
        &self,
        task: &Task,
        params: &Parameters,
        rules: Rules,
    ) -> Result<Option<Condition>, Diagnostic> {
        for condition in self.conditions {
            if !condition.is_met(task, params, rules)? {
                return Ok(Some(*condition));
            }
        }
        Ok(None)
    }
}

/// The method of a name.
///
/// # Errors
/// If it does not exist.
pub fn find(name: &str) -> Result<&'static TargetMethod, Diagnostic> {
    METHODS
        .iter()
        .find(|method| method.name == name)
        .ok_or_else(|| {
            Diagnostic::user(format!("unknown target-tasks method `{name}`")).help(hint(name))
        })
}

/// The `help:` for a method of this name that does not exist.
#[must_use]
pub fn hint(name: &str) -> String {
    suggest::hint_native(name, METHODS.iter().map(|method| method.name))
}
