//! The conditions of target-tasks methods, each of which says by itself why a task is not selected.

use std::fmt;

use crate::base::diagnostic::Diagnostic;
use crate::base::value::{Value, truthy};
use crate::config::parameters::Parameters;
use crate::custom::version::Rules;
use crate::model::task::Task;
use crate::target::names::{BRANCHES, on_branch, reads_branch, runs_on};
use crate::target::tried;

/// The attribute with the release phase of a task.
const PHASE: &str = "shipping_phase";

/// A condition that a task must meet to be selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// No task meets it.
    Never,
    /// The task has this attribute, and it is not empty.
    Has(&'static str),
    /// The task does not have this attribute, or it is empty.
    HasNot(&'static str),
    /// The attribute lists the value of a parameter, or `all`.
    Lists {
        /// The attribute.
        attribute: &'static str,
        /// The parameter.
        parameter: &'static str,
        /// Whether a task without the attribute meets the condition.
        absent: bool,
    },
    /// A pattern of the attribute `run_on_git_branches` matches the branch.
    Branch,
    /// The task has the product of the release.
    Product,
    /// The parameter `try_task_config` lists the task.
    Tried,
    /// The task is in the phase `build` or in none.
    Early,
    /// The task is in one of these phases. A release candidate is never pushed.
    Phase(&'static [&'static str]),
}

/// The phases of a release candidate.
const CANDIDATE: &[&str] = &["promote", "ship"];

/// The value of a parameter that conditions compare with.
fn parameter<'p>(params: &'p Parameters, name: &str) -> &'p str {
    let value = params.get(name).and_then(Value::as_str);
    // Releases are of this type unless they say otherwise.
    let default = match name {
        "release_type" => "release",
        _ => "",
    };
    value.unwrap_or(default)
}

/// The phases that are selected, given those of an ordinary release.
fn phases(ordinary: &'static [&'static str], params: &Parameters) -> &'static [&'static str] {
    match params.str("release_type") {
        "release-rc" if ordinary.contains(&"ship") => CANDIDATE,
        _ => ordinary,
    }
}

impl Condition {
    /// Whether a task meets it.
    ///
    /// # Errors
    /// The mistake in the attribute that it reads.
    pub fn is_met(
        self,
        task: &Task,
        params: &Parameters,
        rules: Rules,
    ) -> Result<bool, Diagnostic> {
        Ok(match self {
            Self::Never => false,
            Self::Has(attribute) => task.attribute(attribute).is_some_and(truthy),
            Self::HasNot(attribute) => !task.attribute(attribute).is_some_and(truthy),
            Self::Lists {
                attribute,
                parameter: name,
                absent,
            } => runs_on(task, attribute, parameter(params, name), absent)?,
            Self::Branch => on_branch(task, params, rules)?,
            Self::Product => {
                task.attribute_str("shipping_product") == Some(params.str("release_product"))
            }
            Self::Tried => tried::lists(params, &task.label),
            Self::Early => {
                let phase = task.attribute(PHASE);
                phase.is_none_or(|phase| phase.as_str() == Some("build"))
            }
            Self::Phase(ordinary) => task
                .attribute_str(PHASE)
                .is_some_and(|phase| phases(ordinary, params).contains(&phase)),
        })
    }

    /// Whether it depends on the task at all with these parameters.
    #[must_use]
    pub fn applies(self, params: &Parameters, rules: Rules) -> bool {
        self != Self::Branch || reads_branch(params, rules)
    }

    /// The attribute that it reads, if any.
    #[must_use]
    pub fn attribute(self) -> Option<&'static str> {
        match self {
            Self::Never | Self::Tried => None,
            Self::Has(attribute) | Self::HasNot(attribute) | Self::Lists { attribute, .. } => {
                Some(attribute)
            }
            Self::Branch => Some(BRANCHES),
            Self::Product => Some("shipping_product"),
            Self::Early | Self::Phase(_) => Some(PHASE),
        }
    }

    /// The parameter that it compares with, if any.
    #[must_use]
    pub fn parameter(self) -> Option<&'static str> {
        match self {
            Self::Lists { parameter, .. } => Some(parameter),
            Self::Branch => Some("head_ref"),
            Self::Product => Some("release_product"),
            Self::Phase(phases) if phases.contains(&"ship") => Some("release_type"),
            Self::Never
            | Self::Tried
            | Self::Has(_)
            | Self::HasNot(_)
            | Self::Early
            | Self::Phase(_) => None,
        }
    }

    /// What it has found about a task.
    #[must_use]
    pub fn of_task(self, task: &Task, params: &Parameters) -> Compared {
        let attribute = self.attribute().map(|name| {
            let value = task.attribute(name).cloned();
            (name, value.unwrap_or(Value::Null))
        });
        let parameter = self
            .parameter()
            .map(|name| (name, parameter(params, name).to_owned()));
        Compared {
            condition: self,
            attribute,
            parameter,
            phases: match self {
                Self::Phase(ordinary) => phases(ordinary, params),
                _ => &[],
            },
        }
    }
}

/// The values that a condition has compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The condition.
    pub condition: Condition,
    /// The attribute of the task, and its value; null if the task does not have it.
    pub attribute: Option<(&'static str, Value)>,
    /// The parameter, and its value.
    pub parameter: Option<(&'static str, String)>,
    /// The phases that are selected, if the condition is about them.
    pub phases: &'static [&'static str],
}

impl Compared {
    /// Whether the task has the attribute.
    #[must_use]
    pub fn is_set(&self) -> bool {
        let value = self.attribute.as_ref().map(|(_, value)| value);
        value.is_some_and(|value| !value.is_null())
    }
}

impl fmt::Display for Compared {
    /// What the condition asks for, and the values that it has compared.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameter = self.parameter.as_ref();
        let value = parameter.map_or("", |(_, value)| value.as_str());
        match self.condition {
            Condition::Never => return f.write_str("the method selects no tasks"),
            Condition::Tried => {
                return f.write_str("the parameter `try_task_config` must list the task");
            }
            Condition::Has(name) => write!(f, "the attribute `{name}` must be set")?,
            Condition::HasNot(name) => write!(f, "the attribute `{name}` must not be set")?,
            Condition::Lists {
                attribute,
                parameter,
                absent,
            } => {
                write!(
                    f,
                    "the attribute `{attribute}` must list `{value}` (the parameter `{parameter}`) or `all`"
                )?;
                if absent {
                    f.write_str(" if it is there")?;
                }
            }
            Condition::Branch => write!(
                f,
                "a pattern of the attribute `{BRANCHES}` must match `{value}` (the parameter `head_ref`) if it is there"
            )?,
            Condition::Product => write!(
                f,
                "the attribute `shipping_product` must be `{value}` (the parameter `release_product`)"
            )?,
            Condition::Early => {
                write!(f, "the attribute `{PHASE}` must be `build` or missing")?;
            }
            Condition::Phase(_) => {
                let phases = self.phases.join("`, `");
                write!(f, "the attribute `{PHASE}` must be one of `{phases}`")?;
            }
        }
        match &self.attribute {
            Some((_, Value::Null)) => f.write_str("; it is missing"),
            Some((_, value)) => write!(f, "; it is {value}"),
            None => Ok(()),
        }
    }
}
