//! The commands for docker images: `image-digest`, `build-image`, `load-image` and `load-task`.

pub mod args;
mod build_image;
mod command;
mod frames;
mod image_tar;
mod load_image;
mod load_task;
mod program;

use std::process::ExitCode;
use std::sync::Arc;

use crate::base::value::json;

use super::args::PythonArgs;
use super::output::{self, Output};
use super::outside::Outside;
use super::parameters::Spec;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::suggest;
use crate::base::value::{Object, Value};
use crate::config::parameters::Parameters;
use crate::decision::Phases;
use crate::model::task::Task;
use crate::ports::environment::Environment;
use args::ImageDigestArgs;

pub use build_image::run as build_image;
pub use load_image::run as load_image;
pub use load_task::run as load_task;

/// Prints the digest of an image.
///
/// # Errors
/// Everything that is wrong with the kind of images, or there is no such image.
pub fn image_digest(
    args: &ImageDigestArgs,
    environment: Environment,
    output: &Output,
) -> Outcome<ExitCode> {
    log(output);
    let outside = open(&args.root, environment, args.python)?;
    let task = output::runtime()?.block_on(image_task(&outside, &args.image_name))?;
    let digest = task
        .attributes
        .get("cached_task")
        .and_then(|cached| cached.get("digest")?.as_str())
        .ok_or_else(|| {
            task.diagnostic("the image has no digest")
                .help("images with `cache: false` have none")
        })?;
    output.data(&format!("{digest}\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// What images are generated with: their kind may need the project's Python.
fn open(root: &str, environment: Environment, python: PythonArgs) -> Outcome<Outside> {
    Outside::open(root, environment)?.with_python(root, python.python.into(), false)
}

/// Status only, as these commands have no flags for it.
fn log(output: &Output) {
    output.log_at(tracing_subscriber::filter::LevelFilter::INFO);
}

/// The task that builds an image, with the parameters of a build at the level that the environment
/// names.
async fn image_task(outside: &Outside, name: &str) -> Outcome<Arc<Task>> {
    let level = outside.environment.get("MOZ_SCM_LEVEL").unwrap_or("3");
    let params = parameters(outside, &[("level", json!(level))]).await?;
    let set = phases(outside, &params).full_set()?;
    let label = label(name);
    let images = set.0.tasks().filter(|task| is_image(outside, task));
    let images: Vec<&Arc<Task>> = images.collect();
    if let Some(task) = images.iter().find(|task| task.label.as_str() == label) {
        return Ok(Arc::clone(task));
    }
    let labels: Vec<&str> = images.iter().map(|task| task.label.as_str()).collect();
    Err(unknown(&label, &labels).into())
}

fn unknown(label: &str, labels: &[&str]) -> Diagnostic {
    Diagnostic::user(format!("there is no image task `{label}`"))
        .help(suggest::hint(label, labels.iter().copied()))
}

fn is_image(outside: &Outside, task: &Task) -> bool {
    task.kind.as_str() == outside.graph_config.docker_image_kind()
}

fn label(image: &str) -> String {
    format!("docker-image-{image}")
}

/// The parameters that images are generated with: defaults, and some that differ.
async fn parameters(outside: &Outside, differing: &[(&str, Value)]) -> Outcome<Parameters> {
    let kind = outside.graph_config.docker_image_kind();
    let mut overrides = Object::from_iter([("target-kinds", json!([kind]))]);
    for (name, value) in differing {
        overrides.insert((*name).to_owned(), value.clone());
    }
    Spec::Defaults.load(outside, &overrides).await
}

fn phases<'a>(outside: &'a Outside, params: &'a Parameters) -> Phases<'a> {
    Phases {
        context: outside.context(),
        graph_config: &outside.graph_config,
        params,
        verify: true,
        artifacts: None,
    }
}
