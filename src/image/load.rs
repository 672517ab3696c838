//! Loads the image that a task has built into docker.

use std::io::BufReader;

use super::archive;
use super::context::ImageContext;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::zstd::ZstdReader;
use crate::optimize::{index_paths_of, replacement};

/// The artifact that holds the image.
const ARTIFACT: &str = "public/image.tar.zst";

/// Returns the task in the index that built the image as it is in the working copy.
///
/// # Errors
/// Every error in the kind of images; or when the image does not exist or the index has no such task.
pub async fn find_in_index(context: &ImageContext<'_>, name: &str) -> Outcome<TaskId> {
    let task = context.image_task(name)?;
    let params = context.parameters(&[])?;
    let questions = index_paths_of(&task).into_iter().collect();
    let answers = context.phases(&params).ask_index(&questions).await?;
    replacement(&task, &answers).ok_or_else(|| {
        Diagnostic::user(format!("the index has no artifacts for the docker image `{name}`"))
            .because("no task at the image's index paths has built it")
            .help(format!(
                "local changes may be the reason: use an unchanged checkout of {}, or build the image with `snowman build-image {name}`",
                params.project()
            ))
            .into()
    })
}

/// Loads the image that a task built, and returns the name and tag that it has in docker.
///
/// # Errors
/// When it cannot be downloaded or loaded.
pub async fn load(
    context: &ImageContext<'_>,
    task_id: &TaskId,
    tag: Option<&str>,
) -> Outcome<String> {
    tracing::info!("Downloading {ARTIFACT} of {task_id}");
    let taskcluster = context.ports.taskcluster()?;
    let packed = taskcluster.artifact(task_id, ARTIFACT).await;
    let packed = packed.map_err(|error| {
        Diagnostic::environment(format!("cannot download the image of task {task_id}"))
            .because(error)
    })?;
    let name = tag.map(archive::split);
    let mut found = None;
    let docker = context.docker;
    docker.run_with_input(&["image", "load"], &mut |stdin| {
        let image = ZstdReader::new(BufReader::new(packed.as_slice()));
        found = Some(archive::copy(image, stdin, name)?);
        Ok(())
    })?;
    let found = found.ok_or_else(|| Diagnostic::bug("no image was passed to docker"))?;
    tracing::info!("Found docker image: {}:{}", found.image, found.tag);
    let loaded = match tag {
        Some(tag) => {
            tracing::info!("Re-tagged as: {tag}");
            tag.to_owned()
        }
        None => format!("{}:{}", found.image, found.tag),
    };
    tracing::info!("Try: docker run -ti --rm {loaded} bash");
    Ok(loaded)
}
