//! The tasks that the parameter `try_task_config` lists.

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::Label;
use crate::base::suggest;
use crate::config::parameters::Parameters;
use crate::model::label_graph::LabelGraph;

/// The labels that the parameter lists.
fn labels(params: &Parameters) -> impl Iterator<Item = &str> {
    let tasks = params
        .get("try_task_config")
        .and_then(|config| config.get("tasks"));
    tasks.into_iter().flat_map(|tasks| tasks.texts())
}

/// Whether the parameter lists a task.
pub fn lists(params: &Parameters, label: &Label) -> bool {
    labels(params).any(|listed| listed == label.as_str())
}

/// Refuses labels that no task has, as they may be misspelled.
///
/// # Errors
/// Every such label.
pub fn check(full: &LabelGraph, params: &Parameters) -> Outcome<()> {
    let mut wrong = Diagnostics::new();
    for listed in labels(params) {
        let known = Label::parse(listed).is_ok_and(|label| full.get(&label).is_some());
        if !known {
            let near = suggest::nearest(listed, full.labels().map(Label::as_str));
            let help = near.map_or_else(
                || "`snowman full` lists all tasks".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            wrong.push(
                Diagnostic::user(format!(
                    "parameters: `try_task_config.tasks` lists `{listed}`, which no task is called"
                ))
                .help(help),
            );
        }
    }
    wrong.or_ok(())
}
