//! The command `load-image`.

use std::io::BufReader;
use std::process::ExitCode;

use super::args::LoadImageArgs;
use super::frames::Frames;
use super::{image_tar, image_task, open, parameters, phases, program};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::cli::output::{self, Output};
use crate::cli::outside::Outside;
use crate::optimize::{paths_of, replacement};
use crate::ports::environment::Environment;

/// The artifact that the image is.
const ARTIFACT: &str = "public/image.tar.zst";

/// Loads an image into docker.
///
/// # Errors
/// When docker is not there, or the image cannot be found, had or loaded.
pub fn run(args: &LoadImageArgs, environment: Environment, output: &Output) -> Outcome<ExitCode> {
    super::log(output);
    program::check()?;
    let outside = match &args.task_id {
        Some(_) => Outside::open(&args.root, environment)?,
        None => open(&args.root, environment, args.python)?,
    };
    output::runtime()?.block_on(async {
        let task_id = match (&args.task_id, &args.image_name) {
            (Some(id), _) => task_id(id)?,
            (None, Some(name)) => in_index(&outside, name).await?,
            (None, None) => return Err(Diagnostic::usage("name an image or a task").into()),
        };
        load(&outside, &task_id, args.tag.as_deref()).await
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Reads a taskId that somebody gave.
///
/// # Errors
/// When it is none.
pub fn task_id(text: &str) -> Result<TaskId, Diagnostic> {
    TaskId::parse(text).map_err(|error| Diagnostic::user(error.to_string()))
}

/// The task that built the image as it is in the working copy.
async fn in_index(outside: &Outside, name: &str) -> Outcome<TaskId> {
    let task = image_task(outside, name).await?;
    let params = parameters(outside, &[]).await?;
    let questions = paths_of(&task).into_iter().collect();
    let answers = phases(outside, &params).ask_index(&questions).await?;
    replacement(&task, &answers).ok_or_else(|| {
        Diagnostic::user(format!("there are no artifacts of a docker image `{name}`"))
            .because("no task at its index paths has built it")
            .help(format!(
                "local changes may be the reason: use an unchanged checkout of {}, or build it with `snowman build-image {name}`",
                params.project()
            ))
            .into()
    })
}

/// Loads the image that a task built, and tells the name and tag that it has in docker.
///
/// # Errors
/// When it cannot be had or loaded.
pub async fn load(outside: &Outside, task_id: &TaskId, tag: Option<&str>) -> Outcome<String> {
    tracing::info!("Downloading {ARTIFACT} of {task_id}");
    let packed = outside
        .context()
        .taskcluster()?
        .artifact(task_id, ARTIFACT)
        .await;
    let packed = packed.map_err(|error| {
        Diagnostic::environment(format!("the image of task {task_id} cannot be had")).because(error)
    })?;
    let name = tag.map(image_tar::split);
    let found = program::feed(&["image", "load"], |stdin| {
        let image = Frames::new(BufReader::new(packed.as_slice()));
        Ok(image_tar::copy(image, stdin, name)?)
    })?;
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
