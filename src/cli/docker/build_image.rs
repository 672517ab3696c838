//! The command `build-image`.
//!
//! The image is built by the same builder, from the same context and with the same arguments as in
//! its task. A parent that no task has built yet is built first.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::ExitCode;

use crate::base::value::json;
use tempfile::TempDir;

use super::args::BuildImageArgs;
use super::load_task::{Loading, load};
use super::{is_image, label, open, parameters, phases, program, unknown};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::{Label, TaskId};
use crate::base::value::{Object, Value};
use crate::cli::output::{self, Output};
use crate::cli::outside::Outside;
use crate::decision::Phases;
use crate::ports::artifacts::MemoryArtifacts;
use crate::ports::environment::Environment;
use crate::ports::ids::DerivedIds;
use crate::ports::output_path::cannot_write;
use crate::target::TargetTaskSet;
use crate::transforms::docker_image::IMAGE_BUILDER;

/// Builds an image, or only its docker context.
///
/// # Errors
/// When docker is not there, anything is wrong with the image, or it cannot be built.
pub fn run(args: &BuildImageArgs, environment: Environment, output: &Output) -> Outcome<ExitCode> {
    super::log(output);
    if args.context_only.is_none() {
        program::check()?;
    }
    let outside = open(&args.root, environment, args.python)?;
    let name = args.image_name.as_str();
    output::runtime()?.block_on(async {
        match &args.context_only {
            Some(file) => {
                let file = outside.output_paths().file(file)?;
                let context = context(&outside, name).await?;
                std::fs::write(file.path(), context)
                    .map_err(|error| cannot_write(file.shown(), error))?;
            }
            None => {
                let tag = build(&outside, name, None).await?;
                output.status(&format!("Built {tag}"));
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// The context of an image.
async fn context(outside: &Outside, name: &str) -> Outcome<Vec<u8>> {
    let overrides = [("do_not_optimize", json!([label(name)]))];
    let params = parameters(outside, &overrides).await?;
    let kept = MemoryArtifacts::default();
    let phases = Phases {
        artifacts: Some(&kept),
        ..phases(outside, &params)
    };
    let set = phases.full_set()?;
    let images = set.0.tasks().filter(|task| is_image(outside, task));
    let labels: Vec<&str> = images.map(|task| task.label.as_str()).collect();
    kept_context(&kept, name, &labels)
}

fn kept_context(kept: &MemoryArtifacts, name: &str, labels: &[&str]) -> Outcome<Vec<u8>> {
    let context = kept
        .take()
        .remove(&format!("docker-contexts/{name}.tar.gz"));
    context.ok_or_else(|| unknown(&label(name), labels).into())
}

/// What the task of an image would be.
struct Planned {
    definition: Object,
    context: Vec<u8>,
    /// The name of its parent, when that has to be built too.
    parent: Option<String>,
}

async fn plan(outside: &Outside, name: &str) -> Outcome<Planned> {
    let overrides = [
        ("do_not_optimize", json!([label(name)])),
        ("enable_always_target", json!(false)),
    ];
    let params = parameters(outside, &overrides).await?;
    let kept = MemoryArtifacts::default();
    let phases = Phases {
        artifacts: Some(&kept),
        ..phases(outside, &params)
    };
    let full = phases.full()?;
    let images = full.graph.0.tasks().filter(|task| is_image(outside, task));
    let labels: Vec<&str> = images.map(|task| task.label.as_str()).collect();
    let context = kept_context(&kept, name, &labels)?;
    let wanted = Label::parse(&label(name)).map_err(|e| Diagnostic::user(e.to_string()))?;
    let targets = TargetTaskSet(full.graph.0.only(&[wanted.clone()].into()));
    let target = phases.target_graph(&full, &targets)?;
    let decision_task_id = TaskId::parse(TaskId::PLACEHOLDER);
    let ids = DerivedIds::new(decision_task_id.map_err(|e| Diagnostic::bug(e.to_string()))?);
    let optimized = phases.optimize(target, &ids).await?;
    let task = optimized.label_to_taskid.get(&wanted);
    let task = task.and_then(|id| optimized.graph.get(id));
    let definition = task
        .ok_or_else(|| Diagnostic::bug(format!("{wanted} is not in its own graph")))?
        .task
        .clone();
    let parent = definition
        .get("payload")
        .and_then(|payload| payload.get("env")?.get("PARENT_TASK_ID")?.as_str())
        .and_then(|id| optimized.graph.get(&TaskId::parse(id).ok()?))
        .and_then(|parent| parent.label.as_str().strip_prefix("docker-image-"))
        .map(str::to_owned);
    Ok(Planned {
        definition,
        context,
        parent,
    })
}

/// An image that is being built; it may have a parent that is built first.
type Building<'a> = Pin<Box<dyn Future<Output = Outcome<String>> + 'a>>;

/// Builds an image and loads it into docker, or saves it; tells its name there, or the file.
pub fn build<'a>(outside: &'a Outside, name: &'a str, save: Option<PathBuf>) -> Building<'a> {
    Box::pin(async move {
        tracing::info!("Building {name} image");
        let folder = TempDir::with_prefix("snowman-").map_err(|error| {
            Diagnostic::environment("there is no folder to build in").because(error)
        })?;
        let mut planned = plan(outside, name).await?;
        let (out, context) = (
            folder.path().join("out"),
            folder.path().join("context.tar.gz"),
        );
        std::fs::create_dir(&out)
            .and_then(|()| std::fs::write(&context, &planned.context))
            .map_err(|error| cannot_write(&context, error))?;
        let mut volumes = vec![
            volume(&out, "/workspace/out"),
            volume(&context, "/workspace/context.tar.gz"),
        ];
        if let Some(parent) = &planned.parent {
            let file = folder.path().join("parent.tar");
            build(outside, parent, Some(file.clone())).await?;
            volumes.push(volume(&file, "/workspace/parent.tar"));
        }
        if let Some(owner) = owner(&out) {
            set_variable(&mut planned.definition, "CHOWN_OUTPUT", &owner);
        }
        let code = load(
            outside,
            Loading {
                definition: Value::Object(planned.definition),
                image: Some(IMAGE_BUILDER.to_owned()),
                volumes,
                ..Loading::default()
            },
        )
        .await?;
        let image = out.join("image.tar");
        if code != 0 || !image.is_file() {
            return Err(Diagnostic::user(format!("the image {name} was not built"))
                .because(format!("the image builder ended with exit code {code}"))
                .help("it has said why above")
                .into());
        }
        tracing::info!("Successfully built {name} image");
        match save {
            Some(file) => {
                std::fs::rename(&image, &file)
                    .or_else(|_| std::fs::copy(&image, &file).map(drop))
                    .map_err(|error| cannot_write(&file, error))?;
                Ok(file.display().to_string())
            }
            None => {
                let arguments = ["load", "-i"].map(std::ffi::OsStr::new);
                let arguments: Vec<_> = arguments.into_iter().chain([image.as_os_str()]).collect();
                let said = program::run(&arguments)?;
                tracing::info!("{}", said.trim());
                let loaded = said.trim().strip_prefix("Loaded image: ");
                let loaded = loaded.filter(|name| !name.contains(char::is_whitespace));
                Ok(loaded.map_or_else(|| format!("{name}:latest"), str::to_owned))
            }
        }
    })
}

fn volume(host: &Path, container: &str) -> (String, String) {
    (host.display().to_string(), container.to_owned())
}

fn set_variable(definition: &mut Object, name: &str, value: &str) {
    let env = definition
        .get_mut("payload")
        .and_then(|payload| payload.get_mut("env")?.as_object_mut());
    if let Some(env) = env {
        env.insert(name.to_owned(), Value::from(value));
    }
}

/// The user and the group that own what this process makes.
#[cfg(unix)]
fn owner(made: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let made = std::fs::metadata(made).ok()?;
    Some(format!("{}:{}", made.uid(), made.gid()))
}

#[cfg(not(unix))]
fn owner(_made: &Path) -> Option<String> {
    None
}
