//! The transform `code_review`: makes tasks wait for all tasks that are relevant to reviewers.

use crate::base::diagnostic::Outcome;
use crate::base::value::Value;
use crate::transform::{Context, Item, Transform, each, fields};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    name: "taskgraph.transforms.code_review",
    aliases: &[],
    doc: "adds soft dependencies on all tasks with the attribute `code-review: true` in the kinds listed in `kind-dependencies`",
    schema: None,
    prepare: None,
    by_item: false,
    run,
};

fn run(context: &Context<'_>, items: Vec<Item>) -> Outcome<Vec<Item>> {
    let reviewed = Value::Bool(true);
    let labels: Vec<Value> = context
        .dependencies
        .iter()
        .filter(|task| task.attributes.get("code-review") == Some(&reviewed))
        .map(|task| Value::from(task.label.as_str()))
        .collect();
    each(context, items, |mut item| {
        fields::list(&mut item, &["soft-dependencies"])?.extend(labels.iter().cloned());
        Ok([item])
    })
}
