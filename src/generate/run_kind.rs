//! Runs one kind: its loader, its transforms, and the conversion of what they yield into tasks.

use std::sync::Arc;

use indexmap::IndexMap;
use rayon::prelude::*;

use super::pipeline;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{Label, NameError};
use crate::base::path::ValuePath;
use crate::base::suggest;
use crate::base::value::{Object, Value, type_name};
use crate::custom::{Custom, work};
use crate::kind::KindDefinition;
use crate::model::task::{Provenance, Task};
use crate::transform::context::Project;
use crate::transform::{self, Context, Item, Origin};

/// The tasks of a kind.
///
/// # Errors
/// Everything that is wrong up to the end of the first transform that fails.
pub fn run(
    project: &Project<'_>,
    custom: Option<&Custom<'_>>,
    kind: &KindDefinition,
    dependencies: &[Arc<Task>],
) -> Outcome<Vec<Task>> {
    let context = Context {
        project,
        kind: &kind.name,
        path: &kind.path,
        config: &kind.config,
        dependencies,
    };
    let items = match custom {
        Some(custom) if custom.whole.is_some() => {
            return custom.run_whole(work::Kind {
                name: &kind.name,
                path: &kind.path,
                config: &kind.config,
                dependencies,
            });
        }
        Some(custom) => pipeline::run(custom, &context, kind)?,
        None => {
            let transforms = find_transforms(kind)?;
            let mut items = entries(project, kind)?;
            for transform in transforms {
                items = native(&context, transform, items)?;
            }
            items
        }
    };
    let made = items.into_par_iter().with_min_len(transform::SHARE);
    let made = made.map(|item| {
        let name = item.name_for_messages();
        to_task(kind, item).map_err(|d| match name {
            Some(name) => Diagnostics::from(d.in_kind(&kind.name).in_task(name.as_str())),
            None => Diagnostics::from(d.in_kind(&kind.name)),
        })
    });
    let made: Vec<_> = made.collect();
    let mut wrong = Diagnostics::new();
    let mut tasks = Vec::with_capacity(made.len());
    for task in made {
        tasks.extend(wrong.keep(task));
    }
    wrong.or_ok(tasks)
}

/// Runs a built-in transform.
///
/// # Errors
/// Everything that is wrong with any item.
pub fn native(
    context: &Context<'_>,
    transform: &transform::Transform,
    items: Vec<Item>,
) -> Outcome<Vec<Item>> {
    let _span = tracing::info_span!(
        target: "timing", "step", kind = %context.kind, what = transform.name
    );
    (transform.run)(context, items)
}

/// The items that the loader of a kind yields.
///
/// # Errors
/// Everything that is wrong with any of its files.
pub fn entries(project: &Project<'_>, kind: &KindDefinition) -> Outcome<Vec<Item>> {
    let entries = kind.entries(project.files)?;
    Ok(entries
        .into_iter()
        .map(|entry| Item {
            task: entry.task,
            origin: Arc::new(Origin {
                own: Some(entry.own),
                defaults: entry.defaults,
            }),
        })
        .collect())
}

/// The built-in transforms of a kind.
///
/// # Errors
/// When its loader or one of its transforms is not built in.
pub fn find_transforms(kind: &KindDefinition) -> Outcome<Vec<&'static transform::Transform>> {
    let mut wrong = Diagnostics::new();
    let mut found = Vec::new();
    for (i, name) in kind.transforms()?.iter().enumerate() {
        match transform::find(name) {
            Some(transform) => found.push(transform),
            None => {
                let help = meant(name).map_or_else(
                    || {
                        let known = transform::TRANSFORMS.iter().map(|t| t.name);
                        format!(
                            "what is not built in is looked for in the project's Python; there are: {}",
                            known.collect::<Vec<_>>().join(", ")
                        )
                    },
                    |near| format!("did you mean `{near}`?"),
                );
                wrong.push(
                    Diagnostic::user(format!("unknown transform `{name}`"))
                        .in_kind(&kind.name)
                        .at(kind.place(&ValuePath::keys(["transforms"]).index(i)))
                        .help(help),
                );
            }
        }
    }
    wrong.or_ok(found)
}

/// The built-in transform that may be meant by a name.
#[must_use]
pub fn meant(name: &str) -> Option<&'static str> {
    let short = name.split(':').next().unwrap_or(name);
    suggest::nearest(short, transform::TRANSFORMS.iter().map(|t| t.name))
}

/// Makes a task of what the last transform yields.
fn to_task(kind: &KindDefinition, item: Item) -> Result<Task, Diagnostic> {
    let place = item.origin.own_place();
    let incomplete = |message: String| {
        Diagnostic::user(message)
            .at(place.clone())
            .help("the last transform has to be `taskgraph.transforms.task` or yield what it does")
    };
    let mut task = item.task;
    let mut take = |key: &str| task.shift_remove(key).unwrap_or(Value::Null);
    let label = match take("label") {
        Value::String(label) => {
            let bad = |error: NameError| {
                Diagnostic::user(error.to_string())
                    .at(place.clone())
                    .help("labels have no line breaks and no control characters")
            };
            Label::parse(&label).map_err(bad)?
        }
        other => return Err(incomplete(format!("the label is {}", type_name(&other)))),
    };
    let map = |key: &str, value: Value| match value {
        Value::Object(map) => Ok(map),
        other => Err(incomplete(format!("`{key}` is {}", type_name(&other)))),
    };
    let mut attributes = map("attributes", take("attributes"))?;
    attributes.insert("kind", Value::from(kind.name.as_str()));
    let definition = map("task", take("task"))?;
    let dependencies = match take("dependencies") {
        Value::Null => Object::new(),
        other => map("dependencies", other)?,
    };
    let to_label = |value: &Value| match value {
        Value::String(label) => Label::parse(label).map_err(|e| incomplete(e.to_string())),
        other => Err(incomplete(format!("a dependency is {}", type_name(other)))),
    };
    let labels = |value: Value| -> Result<Vec<Label>, Diagnostic> {
        value
            .as_array()
            .into_iter()
            .flatten()
            .map(to_label)
            .collect()
    };
    Ok(Task {
        kind: kind.name.clone(),
        label,
        description: take("description").as_str().unwrap_or_default().to_owned(),
        attributes,
        task: definition,
        optimization: take("optimization"),
        dependencies: dependencies
            .iter()
            .map(|(name, label)| Ok((name.to_string(), to_label(label)?)))
            .collect::<Result<IndexMap<_, _>, Diagnostic>>()?,
        soft_dependencies: labels(take("soft-dependencies"))?,
        if_dependencies: labels(take("if-dependencies"))?,
        provenance: Arc::new(Provenance {
            place: place.clone(),
        }),
    })
}
