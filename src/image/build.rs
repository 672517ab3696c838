//! Builds docker images.
//!
//! An image is built by the same image builder, from the same context and with the same arguments as
//! in its task. A parent that no task has built yet is built first.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use tempfile::TempDir;

use super::container::{ContainerOptions, TaskContainer};
use super::context::{ImageContext, label, unknown_image};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::{Label, TaskId};
use crate::base::value::{Object, Value, json};
use crate::decision::Phases;
use crate::ports::artifacts::MemoryArtifacts;
use crate::ports::ids::DerivedIds;
use crate::ports::output_path::cannot_write;
use crate::target::TargetTaskSet;
use crate::transforms::docker_image::IMAGE_BUILDER;

/// Returns the docker context of an image, gzipped.
///
/// # Errors
/// Every error in the kind of images; or when the image does not exist.
pub fn docker_context(context: &ImageContext<'_>, name: &str) -> Outcome<Vec<u8>> {
    let overrides = [("do_not_optimize", json!([label(name)]))];
    let params = context.parameters(&overrides)?;
    let artifacts = MemoryArtifacts::default();
    let phases = Phases {
        artifacts: Some(&artifacts),
        ..context.phases(&params)
    };
    let set = phases.full_set()?;
    let images = set.0.tasks().filter(|task| context.is_image(task));
    let labels: Vec<&str> = images.map(|task| task.label.as_str()).collect();
    written_context(&artifacts, name, &labels)
}

/// The docker context that generation has written for an image.
fn written_context(artifacts: &MemoryArtifacts, name: &str, labels: &[&str]) -> Outcome<Vec<u8>> {
    let path = format!("docker-contexts/{name}.tar.gz");
    let archive = artifacts.take().remove(&path);
    archive.ok_or_else(|| unknown_image(&label(name), labels).into())
}

/// The task that builds an image.
struct BuildTask {
    definition: Object,
    docker_context: Vec<u8>,
    /// The parent image, if it has to be built first.
    parent: Option<String>,
}

async fn build_task(context: &ImageContext<'_>, name: &str) -> Outcome<BuildTask> {
    let overrides = [
        ("do_not_optimize", json!([label(name)])),
        ("enable_always_target", json!(false)),
    ];
    let params = context.parameters(&overrides)?;
    let artifacts = MemoryArtifacts::default();
    let phases = Phases {
        artifacts: Some(&artifacts),
        ..context.phases(&params)
    };
    let full = phases.full()?;
    let images = full.graph.0.tasks().filter(|task| context.is_image(task));
    let labels: Vec<&str> = images.map(|task| task.label.as_str()).collect();
    let docker_context = written_context(&artifacts, name, &labels)?;
    let label = Label::parse(&label(name)).map_err(|e| Diagnostic::user(e.to_string()))?;
    let targets = TargetTaskSet {
        tasks: full.graph.0.only(&[label.clone()].into()),
        changed: Vec::new(),
        filters: Vec::new(),
    };
    let target = phases.target_graph(&full, &targets)?;
    let decision_task_id = TaskId::parse(TaskId::PLACEHOLDER);
    let ids = DerivedIds::new(decision_task_id.map_err(|e| Diagnostic::bug(e.to_string()))?);
    let optimized = phases.optimize(target, &ids).await?;
    let task = optimized.label_to_taskid.get(&label);
    let task = task.and_then(|id| optimized.graph.get(id));
    let definition = task
        .ok_or_else(|| Diagnostic::bug(format!("{label} is not in its own graph")))?
        .task
        .clone();
    let parent = definition
        .get("payload")
        .and_then(|payload| payload.get("env")?.get("PARENT_TASK_ID")?.as_str())
        .and_then(|id| optimized.graph.get(&TaskId::parse(id).ok()?))
        .and_then(|parent| parent.label.as_str().strip_prefix("docker-image-"))
        .map(str::to_owned);
    Ok(BuildTask {
        definition,
        docker_context,
        parent,
    })
}

/// A build in progress. It is boxed because it may first build the image's parent.
type Build<'a> = Pin<Box<dyn Future<Output = Outcome<String>> + 'a>>;

/// Builds an image, and loads it into docker or saves it to a file; returns its name in docker, or the
/// file.
///
/// # Errors
/// Every error in the kind of images; or when the image builder fails or docker cannot load the image.
pub fn build<'a>(context: &'a ImageContext<'a>, name: &'a str, save: Option<PathBuf>) -> Build<'a> {
    Box::pin(async move {
        tracing::info!("Building {name} image");
        let folder = TempDir::with_prefix("snowman-").map_err(|error| {
            Diagnostic::environment("cannot create a temporary folder to build in").because(error)
        })?;
        let mut task = build_task(context, name).await?;
        let out = folder.path().join("out");
        let packed = folder.path().join("context.tar.gz");
        std::fs::create_dir(&out)
            .and_then(|()| std::fs::write(&packed, &task.docker_context))
            .map_err(|error| cannot_write(&packed, error))?;
        let mut volumes = vec![
            volume(&out, "/workspace/out"),
            volume(&packed, "/workspace/context.tar.gz"),
        ];
        if let Some(parent) = &task.parent {
            let file = folder.path().join("parent.tar");
            build(context, parent, Some(file.clone())).await?;
            volumes.push(volume(&file, "/workspace/parent.tar"));
        }
        if let Some(owner) = owner(&out) {
            set_variable(&mut task.definition, "CHOWN_OUTPUT", &owner);
        }
        let options = ContainerOptions {
            volumes,
            ..ContainerOptions::default()
        };
        let task = TaskContainer::new(None, Value::Object(task.definition), options)?;
        let code = task.run(context, IMAGE_BUILDER)?;
        let image = out.join("image.tar");
        if code != 0 || !image.is_file() {
            return Err(Diagnostic::user(format!("cannot build the image {name}"))
                .because(format!("the image builder exited with code {code}"))
                .help("see its output above")
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
                let file = image.display().to_string();
                let printed = context.docker.run(&["load", "-i", &file])?;
                tracing::info!("{}", printed.trim());
                let loaded = printed.trim().strip_prefix("Loaded image: ");
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

/// The user and the group that own a file, as `chown` takes them.
#[cfg(unix)]
fn owner(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).ok()?;
    Some(format!("{}:{}", metadata.uid(), metadata.gid()))
}

#[cfg(not(unix))]
fn owner(_path: &Path) -> Option<String> {
    None
}
