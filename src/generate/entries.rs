//! What a kind begins with: the items that its loader yields, and its transforms.

use std::sync::Arc;

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::path::ValuePath;
use crate::base::suggest;
use crate::kind::KindDefinition;
use crate::transform::context::Project;
use crate::transform::{Item, Origin, Transform};
use crate::transforms;

/// The items that the loader of a kind yields, when they are read for the first time: a kind without any is
/// warned of.
///
/// # Errors
/// Everything that is wrong with any of its files.
pub fn first_entries(project: &Project<'_>, kind: &KindDefinition) -> Outcome<Vec<Item>> {
    let entries = entries(project, kind)?;
    // A former name of the key has been warned of already.
    if entries.is_empty() && !kind.config.contains_key("jobs") {
        tracing::warn!(
            "{}/kind.yml: the kind `{}` has no tasks; write them under `tasks`, or list their files in \
             `tasks-from`",
            kind.path,
            kind.name
        );
    }
    Ok(entries)
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
                edges: None,
            }),
        })
        .collect())
}

/// The built-in transforms of a kind.
///
/// # Errors
/// If its loader or one of its transforms is not built in.
pub fn find_transforms(kind: &KindDefinition) -> Outcome<Vec<&'static Transform>> {
    let mut wrong = Diagnostics::new();
    let mut found = Vec::new();
    for (i, name) in kind.transforms()?.iter().enumerate() {
        match transforms::find(name) {
            Some(transform) => found.push(transform),
            None => {
                let help = nearest_transform(name).map_or_else(
                    || {
                        let known = transforms::TRANSFORMS.iter().map(|t| t.name);
                        format!(
                            "use a built-in transform, or a name that the project's Python can import; built in: {}",
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

/// The built-in transform whose name is nearest to a reference, if one is near.
#[must_use]
pub fn nearest_transform(name: &str) -> Option<&'static str> {
    let short = name.split(':').next().unwrap_or(name);
    suggest::nearest(short, transforms::TRANSFORMS.iter().map(|t| t.name))
}
