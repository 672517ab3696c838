//! The commands for docker images: `image-digest`, `build-image`, `load-image` and `load-task`.

use std::io::{BufRead, Read};
use std::process::ExitCode;

use tracing_subscriber::filter::LevelFilter;

use super::args::{BuildImageArgs, ImageDigestArgs, LoadImageArgs, LoadTaskArgs};
use super::context::CommandContext;
use super::helper::CommandHelper;
use super::output::Output;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::value::Value;
use crate::image::container::{ContainerOptions, TaskContainer};
use crate::image::context::parse_task_id;
use crate::image::docker_program::DockerProgram;
use crate::image::{build, load, load_task};
use crate::ports::docker::Docker as _;
use crate::ports::output_path::cannot_write;

/// The level of the log; these commands have no flags for it.
const LEVEL: LevelFilter = LevelFilter::INFO;

/// This variable suppresses the warning about `--develop`.
const NO_WARNING: &str = "TASKGRAPH_LOAD_TASK_NO_WARN";

/// Prints the digest of an image.
///
/// # Errors
/// Every error in the kind of images; or when the image does not exist.
pub fn print_digest(args: &ImageDigestArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    let context = command.open(&args.project, command.global.level(LEVEL))?;
    let digest = context
        .image_context(&DockerProgram)
        .digest(&args.image_name)?;
    command.output.data(&format!("{digest}\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// Builds an image, or writes its docker context.
///
/// # Errors
/// When docker does not answer, or the image has an error or cannot be built.
pub fn build(args: &BuildImageArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    if args.context_only.is_none() {
        DockerProgram.check()?;
    }
    let context = command.open(&args.project, command.global.level(LEVEL))?;
    let images = context.image_context(&DockerProgram);
    let name = args.image_name.as_str();
    match &args.context_only {
        Some(file) => {
            let file = context.output_paths().file(file)?;
            let docker_context = build::docker_context(&images, name)?;
            std::fs::write(file.path(), docker_context)
                .map_err(|error| cannot_write(file.display_path(), error))?;
        }
        None => {
            let tag = context.block_on(build::build(&images, name, None))?;
            command.output.status(&format!("Built {tag}"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Loads an image into docker.
///
/// # Errors
/// When docker does not answer, or the image cannot be found, downloaded or loaded.
pub fn load(args: &LoadImageArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    DockerProgram.check()?;
    let context = match &args.task_id {
        Some(_) => command.open_without_python(&args.project, command.global.level(LEVEL))?,
        None => command.open(&args.project, command.global.level(LEVEL))?,
    };
    let images = context.image_context(&DockerProgram);
    context.block_on(async {
        let task_id = match (&args.task_id, &args.image_name) {
            (Some(id), _) => parse_task_id(id)?,
            (None, Some(name)) => load::find_in_index(&images, name).await?,
            (None, None) => {
                return Err(Diagnostic::usage("neither an image nor a task is given").into());
            }
        };
        load::load(&images, &task_id, args.tag.as_deref()).await
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Runs a task in a container. The exit code is that of the container.
///
/// # Errors
/// When docker does not answer, or the task cannot be read or run.
pub fn load_task(args: &LoadTaskArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    let warned = command.environment.filled(NO_WARNING).is_some();
    if args.develop && !warned && !confirm_develop(command.output)? {
        return Ok(ExitCode::FAILURE);
    }
    DockerProgram.check()?;
    let context = command.open_without_python(&args.project, command.global.level(LEVEL))?;
    let (task_id, definition) = context.block_on(find_task(&context, &args.task))?;
    let own = definition["payload"]["image"].as_str();
    let in_tree = match args.image.as_deref().or(own) {
        Some(image) => context.image_context(&DockerProgram).is_in_tree(image)?,
        None => false,
    };
    let context = match in_tree {
        true => context.with_python(&args.project, command.global.level(LEVEL))?,
        false => context,
    };
    let options = ContainerOptions {
        interactive: args.interactive,
        develop: args.develop,
        keep: args.keep,
        user: args.user.clone(),
        volumes: args.volumes.clone(),
    };
    let task = TaskContainer::new(task_id, definition, options)?;
    let images = context.image_context(&DockerProgram);
    let code = context.block_on(load_task::run(&images, task, args.image.as_deref()))?;
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

/// Asks whether a task may work on the local checkout.
fn confirm_develop(output: &Output) -> Result<bool, Diagnostic> {
    output.status(&format!(
        "warning: Using --develop can cause data loss.\n\n\
         The task will operate on your actual source repository. Make sure that it does not\n\
         perform any destructive operations against it.\n\n\
         Set {NO_WARNING}=1 to disable this warning.\n"
    ));
    let mut lines = std::io::stdin().lock().lines();
    loop {
        output.status("Proceed? [y/N]: ");
        let line = lines
            .next()
            .transpose()
            .map_err(|error| Diagnostic::environment("cannot read the answer").because(error))?;
        match line.unwrap_or_default().trim().to_lowercase().as_str() {
            "y" => return Ok(true),
            "" | "n" => return Ok(false),
            other => output.status(&format!("invalid option: {other}")),
        }
    }
}

/// Returns the definition of a task, and its id if it has one; `-` reads either from standard input.
async fn find_task(context: &CommandContext, reference: &str) -> Outcome<(Option<String>, Value)> {
    let mut reference = reference.to_owned();
    if reference == "-" {
        reference.clear();
        std::io::stdin()
            .read_to_string(&mut reference)
            .map_err(|error| {
                Diagnostic::environment("cannot read standard input").because(error)
            })?;
        if let Ok(definition @ Value::Object(_)) = serde_json::from_str(&reference) {
            return Ok((None, definition));
        }
    }
    let id = parse_task_id(reference.trim().trim_matches('"'))?;
    let definition = context.decision_context().taskcluster()?.task(&id).await;
    let definition = definition.map_err(|error| {
        Diagnostic::environment(format!("cannot read the task {id}")).because(error)
    })?;
    Ok((Some(id.to_string()), definition))
}
