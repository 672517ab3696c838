//! Runs one kind: its loader, its transforms, and the conversion of items into tasks.

use std::sync::Arc;

use super::entries::{entries, find_transforms, first_entries};
use super::{native, pipeline};
use crate::base::diagnostic::Outcome;
use crate::custom::{Custom, kind_run::KindSource};
use crate::kind::KindDefinition;
use crate::model::task::Task;
use crate::transform::context::{Context, Project};
use crate::transforms::draft;

/// The tasks of a kind.
///
/// # Errors
/// Everything that is wrong up to the end of the first transform that fails, and what is plainly wrong with the
/// tasks as they are written.
pub fn run(
    project: &Project<'_>,
    custom: Option<&Custom<'_>>,
    kind: &KindDefinition,
    dependencies: &[Arc<Task>],
) -> Outcome<Vec<Arc<Task>>> {
    let context = context(project, kind, dependencies);
    match custom {
        Some(custom) if custom.whole.is_some() => {
            let tasks = custom.run_whole(source(&context))?;
            Ok(tasks.into_iter().map(Arc::new).collect())
        }
        Some(custom) => {
            let items = pipeline::run(custom, &context, kind, false)?;
            native::tasks(&context, kind, &[], items)
        }
        None => {
            let transforms = find_transforms(kind)?;
            let tasks = native::tasks(&context, kind, &transforms, first_entries(project, kind)?);
            tasks.map_err(|mut wrong| {
                if let Ok(items) = entries(project, kind) {
                    wrong.extend(draft::mistakes(&context, &items, &transforms, &wrong));
                }
                wrong
            })
        }
    }
}

/// The context of the transforms of a kind.
pub fn context<'a>(
    project: &'a Project<'a>,
    kind: &'a KindDefinition,
    dependencies: &'a [Arc<Task>],
) -> Context<'a> {
    Context {
        project,
        kind: &kind.name,
        path: &kind.path,
        config: &kind.config,
        dependencies,
    }
}

/// The kind of a context, as the project's Python gets it.
pub fn source<'a>(context: &Context<'a>) -> KindSource<'a> {
    KindSource {
        name: context.kind,
        path: context.path,
        config: context.config,
        dependencies: context.dependencies,
    }
}
