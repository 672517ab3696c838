//! The methods that select target tasks.

use crate::base::diagnostic::Diagnostic;
use crate::base::suggest;
use crate::base::value::{Value, truthy};
use crate::config::parameters::Parameters;
use crate::custom::version::Rules;
use crate::model::task::Task;
use crate::target::names::{on_branch, runs_on};

/// A target-tasks method.
#[derive(Debug)]
pub struct TargetMethod {
    /// Its name, as the parameter `target_tasks_method` gives it.
    pub name: &'static str,
    /// What it selects, for the reference.
    pub doc: &'static str,
    /// Whether it selects a task, or the mistake in its attributes.
    pub select: fn(&Task, &Parameters, Rules) -> Result<bool, Diagnostic>,
    /// The release phases that it selects from, in order; empty if it is not for releases.
    pub phases: &'static [&'static str],
}

/// Every built-in method.
pub static METHODS: &[TargetMethod] = &[
    TargetMethod {
        name: "default",
        doc: "tasks that run on this project, event and branch, up to the phase `build`",
        select: default_method,
        phases: &[],
    },
    TargetMethod {
        name: "codereview",
        doc: "tasks that `default` selects and that have the attribute `code-review`",
        select: |task, params, rules| {
            let reviewed = task.attribute("code-review").is_some_and(truthy);
            Ok(default_method(task, params, rules)? && reviewed)
        },
        phases: &[],
    },
    TargetMethod {
        name: "nothing",
        doc: "no tasks",
        select: |_, _, _| Ok(false),
        phases: &[],
    },
    TargetMethod {
        name: "promote",
        doc: "tasks of the product `release_product` in the phase `promote`",
        select: |task, params, _| in_phases(task, params, &["promote"]),
        phases: &["promote"],
    },
    TargetMethod {
        name: "push",
        doc: "tasks of the product `release_product` in the phases `promote` and `push`",
        select: |task, params, _| in_phases(task, params, &["promote", "push"]),
        phases: &["promote", "push"],
    },
    TargetMethod {
        name: "ship",
        doc: "tasks of the product `release_product` in the phases `promote`, `push` and `ship`; \
              for a release candidate, which is never pushed, only `promote` and `ship`",
        select: |task, params, _| {
            let phases: &[&str] = match params.str("release_type") {
                "release-rc" => &["promote", "ship"],
                _ => &["promote", "push", "ship"],
            };
            in_phases(task, params, phases)
        },
        phases: &["promote", "push", "ship"],
    },
    TargetMethod {
        name: "promote_partners",
        doc: "tasks of the product `release_product` in the phase `promote` that are partner repacks",
        select: |task, params, _| {
            Ok(is_partner(task)
                && shipped_in(task, params, &["promote"])
                && in_release(task, params)?)
        },
        phases: &["promote"],
    },
];

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

fn default_method(task: &Task, params: &Parameters, rules: Rules) -> Result<bool, Diagnostic> {
    let early = matches!(task.attribute_str("shipping_phase"), Some("build") | None)
        && task
            .attribute("shipping_phase")
            .is_none_or(Value::is_string);
    // Later attributes are not checked if an earlier one excludes the task.
    Ok(!task.attribute("cron").is_some_and(truthy)
        && early
        && runs_on(task, "run_on_projects", params.project(), false)?
        && runs_on(task, "run_on_tasks_for", params.tasks_for(), true)?
        && on_branch(task, params, rules)?)
}

fn in_phases(task: &Task, params: &Parameters, phases: &[&str]) -> Result<bool, Diagnostic> {
    Ok(!is_partner(task) && shipped_in(task, params, phases) && in_release(task, params)?)
}

fn shipped_in(task: &Task, params: &Parameters, phases: &[&str]) -> bool {
    task.attribute_str("shipping_product") == Some(params.str("release_product"))
        && task
            .attribute_str("shipping_phase")
            .is_some_and(|phase| phases.contains(&phase))
}

fn is_partner(task: &Task) -> bool {
    task.attribute("partner_repack").is_some_and(truthy)
}

/// Whether the task runs in releases of this type: `run_on_releases` lists it or is missing.
fn in_release(task: &Task, params: &Parameters) -> Result<bool, Diagnostic> {
    let release_type = params
        .get("release_type")
        .and_then(Value::as_str)
        .unwrap_or("release");
    runs_on(task, "run_on_releases", release_type, true)
}
