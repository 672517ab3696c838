//! Runs one kind: its loader, its transforms, and the conversion of what they yield into tasks.

use std::sync::Arc;

use super::{native, pipeline};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::path::ValuePath;
use crate::base::suggest;
use crate::custom::{Custom, work};
use crate::kind::KindDefinition;
use crate::model::task::Task;
use crate::transform::context::Project;
use crate::transform::{Context, Item, Origin, Transform};
use crate::transforms;

/// The tasks of a kind.
///
/// # Errors
/// Everything that is wrong up to the end of the first transform that fails.
pub fn run(
    project: &Project<'_>,
    custom: Option<&Custom<'_>>,
    kind: &KindDefinition,
    dependencies: &[Arc<Task>],
) -> Outcome<Vec<Arc<Task>>> {
    let context = Context {
        project,
        kind: &kind.name,
        path: &kind.path,
        config: &kind.config,
        dependencies,
    };
    match custom {
        Some(custom) if custom.whole.is_some() => {
            let tasks = custom.run_whole(work::Kind {
                name: &kind.name,
                path: &kind.path,
                config: &kind.config,
                dependencies,
            })?;
            Ok(tasks.into_iter().map(Arc::new).collect())
        }
        Some(custom) => {
            let items = pipeline::run(custom, &context, kind)?;
            native::tasks(&context, kind, &[], items)
        }
        None => {
            let transforms = find_transforms(kind)?;
            native::tasks(&context, kind, &transforms, entries(project, kind)?)
        }
    }
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
pub fn find_transforms(kind: &KindDefinition) -> Outcome<Vec<&'static Transform>> {
    let mut wrong = Diagnostics::new();
    let mut found = Vec::new();
    for (i, name) in kind.transforms()?.iter().enumerate() {
        match transforms::find(name) {
            Some(transform) => found.push(transform),
            None => {
                let help = meant(name).map_or_else(
                    || {
                        let known = transforms::TRANSFORMS.iter().map(|t| t.name);
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
    suggest::nearest(short, transforms::TRANSFORMS.iter().map(|t| t.name))
}
