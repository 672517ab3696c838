//! The built-in transforms, which turn the descriptions in kinds into tasks.
//!
//! [`TRANSFORMS`] is the table of them, by the names that kinds use; each is in a file or folder of
//! its own. The room `transform` says what a transform is.

pub mod cached_tasks;
pub mod chunking;
pub mod code_review;
pub mod docker_image;
pub mod draft;
pub mod fetch;
pub mod from_deps;
pub mod mark_as_shipped;
pub mod matrix;
pub mod notify;
pub mod partial_updates;
pub mod payload;
pub mod publish;
pub mod release_artifacts;
pub mod replicate;
pub mod run;
pub mod run_on_releases;
pub mod task;
pub mod task_context;

use crate::transform::Transform;

/// Every built-in transform.
pub static TRANSFORMS: &[&Transform] = &[
    // One a line, sorted by name.
    &replicate::TRANSFORM,
    &release_artifacts::TRANSFORM,
    &mark_as_shipped::TRANSFORM,
    &partial_updates::TRANSFORM,
    &publish::TRANSFORM,
    &run_on_releases::TRANSFORM,
    &cached_tasks::TRANSFORM,
    &chunking::TRANSFORM,
    &code_review::TRANSFORM,
    &docker_image::TRANSFORM,
    &fetch::TRANSFORM,
    &from_deps::TRANSFORM,
    &matrix::TRANSFORM,
    &notify::TRANSFORM,
    &run::RUN,
    &task::TASK,
    &task_context::TRANSFORM,
];

/// The built-in transform of a reference in a kind, e.g. `taskgraph.transforms.task:transforms`.
#[must_use]
pub fn find(reference: &str) -> Option<&'static Transform> {
    let name = match reference.split_once(':') {
        Some((name, "transforms")) => name,
        Some(_) => return None,
        None => reference,
    };
    TRANSFORMS
        .iter()
        .find(|t| t.name == name || t.aliases.contains(&name))
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::description::KEYS_OF_TRANSFORMS;

    #[test]
    fn keys_are_those_of_their_transforms() {
        for (key, name) in KEYS_OF_TRANSFORMS {
            let transform = find(name).unwrap_or_else(|| panic!("{name}"));
            let has =
                |schema: &crate::config::schema::Schema| schema.names().any(|name| name == *key);
            // `cached_tasks` has no schema, as in taskgraph.
            assert!(transform.schema.is_none_or(has), "{key} of {name}");
            let task = task::TASK.schema.unwrap();
            assert!(!has(task), "{key} is a key of task descriptions");
        }
    }
}
