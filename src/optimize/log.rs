//! The log of an optimization, as `optimizations.log` and `-v` show it.

use std::collections::BTreeMap;

use super::evidence::{Removing, Replacing};
use super::verdict::{Action, Verdict, summary};
use crate::base::name::Label;

/// What was found about a task, and what has become of it: one line each.
#[must_use]
pub fn lines(label: &Label, verdict: &Verdict) -> Vec<String> {
    let removing = verdict.removing.iter().map(Removing::told);
    let removing = removing.map(|told| format!("remove_tasks: {label} {told}"));
    let replacing = verdict.replacing.iter().map(Replacing::told);
    let replacing = replacing.map(|told| format!("replace_tasks: {label} {told}"));
    let with = match &verdict.action {
        Action::Replaced(task_id) => format!(" with {task_id}"),
        _ => String::new(),
    };
    let result = format!(
        "optimize: {label} {}{with} because of {}",
        verdict.action_name(),
        verdict.reason
    );
    removing.chain(replacing).chain([result]).collect()
}

/// The log of an optimization: the lines of each task, by label, and the numbers of tasks.
#[must_use]
pub fn log(verdicts: &BTreeMap<Label, Verdict>) -> String {
    let mut out = String::new();
    let tasks = verdicts.iter();
    let counts = ["removed", "replaced"].map(|action| summary(action, verdicts));
    for line in tasks
        .flat_map(|(label, verdict)| lines(label, verdict))
        .chain(counts)
    {
        out.push_str(&line);
        out.push('\n');
    }
    out
}
