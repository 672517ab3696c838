//! Mistakes of tasks that do not reach the transform which would report them.
//!
//! If a transform refuses tasks of a kind, those after it never see them. So the tasks as they are written
//! are looked at once more, for what `taskgraph.transforms.run` and `taskgraph.transforms.task` would
//! report. This is only done if the transforms before these leave descriptions as they are, apart from keys
//! of their own, templates and keyed values; and what is already reported at the same place is left out.

use crate::base::diagnostic::{Diagnostic, Diagnostics};
use crate::transform::{Context, Item, Transform, naming};
use crate::transforms::run::{RUN, using};
use crate::transforms::task::{TASK, written};

/// Transforms that leave the rest of a description as it is.
const TRANSPARENT: &[&str] = &[
    "snowman.transforms.partial_updates",
    "snowman.transforms.publish",
    "snowman.transforms.run_on_releases",
    "taskgraph.transforms.chunking",
    "taskgraph.transforms.code_review",
    "taskgraph.transforms.from_deps",
    "taskgraph.transforms.matrix",
    "taskgraph.transforms.notify",
    "taskgraph.transforms.task_context",
];

/// Finds mistakes in the items of a kind, besides those that its transforms have `reported`.
#[must_use]
pub fn mistakes(
    context: &Context<'_>,
    items: &[Item],
    transforms: &[&Transform],
    reported: &Diagnostics,
) -> Diagnostics {
    let names: Vec<&str> = transforms.iter().map(|transform| transform.name).collect();
    let mut before = names
        .iter()
        .take_while(|name| ![RUN.name, TASK.name].contains(*name));
    if !names.contains(&TASK.name) || !before.all(|name| TRANSPARENT.contains(name)) {
        return Diagnostics::new();
    }
    let runs = names.contains(&RUN.name);
    let schemas = transforms.iter().filter_map(|transform| transform.schema);
    let known: Vec<&str> = schemas.flat_map(|schema| schema.names()).collect();
    let mut wrong = Diagnostics::new();
    for item in items {
        let mut found = written::mistakes(context, item, &known);
        if item
            .str("worker-type")
            .is_some_and(|alias| !alias.contains('{'))
        {
            found.keep(naming::worker(context, item).map(drop).map_err(Into::into));
        }
        if runs {
            found.extend(using::written(context, item));
        }
        let is_new = |diagnostic: &&Diagnostic| {
            diagnostic.place.is_some()
                && reported.iter().all(|known| known.place != diagnostic.place)
        };
        for diagnostic in found.iter().filter(is_new) {
            let diagnostic = diagnostic.clone().in_kind(context.kind);
            wrong.push(match item.name_for_messages() {
                Some(name) => diagnostic.in_task(name.as_str()),
                None => diagnostic,
            });
        }
    }
    wrong
}
