//! The tasks of a project's docker images.

use std::path::Path;
use std::sync::Arc;

use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::suggest;
use crate::base::value::{Object, Value, json};
use crate::config::graph_config::{GraphConfig, join};
use crate::config::parameters::{Parameters, Strictness};
use crate::config::yaml;
use crate::decision::index::existing_task_at;
use crate::decision::parameters::complete;
use crate::decision::{Context, Phases};
use crate::model::task::Task;
use crate::ports::docker::Docker;
use crate::ports::files::FileError;

/// A project whose images are built or loaded.
#[derive(Clone, Copy)]
pub struct ImageContext<'a> {
    /// The ports.
    pub ports: Context<'a>,
    /// The graph config.
    pub graph_config: &'a GraphConfig,
    /// The root folder of the repository.
    pub repository: &'a Path,
    /// Docker.
    pub docker: &'a dyn Docker,
}

impl<'a> ImageContext<'a> {
    /// Returns the digest of an image as it is in the working copy.
    ///
    /// # Errors
    /// Every error in the kind of images; or when the image does not exist or has no digest.
    pub fn digest(&self, name: &str) -> Outcome<String> {
        let task = self.image_task(name)?;
        let cached = task.attributes.get("cached_task");
        let digest = cached.and_then(|cached| cached.get("digest")?.as_str());
        let digest = digest.ok_or_else(|| {
            task.diagnostic("the image has no digest")
                .help("remove `cache: false` from the image; without a cache it has no digest")
        })?;
        Ok(digest.to_owned())
    }

    /// Returns the task that builds an image, for the level that the environment names.
    ///
    /// # Errors
    /// Every error in the kind of images; or when the image does not exist.
    pub(super) fn image_task(&self, name: &str) -> Outcome<Arc<Task>> {
        let level = self.ports.environment.get("MOZ_SCM_LEVEL").unwrap_or("3");
        let params = self.parameters(&[("level", json!(level))])?;
        let set = self.phases(&params).full_set()?;
        let label = label(name);
        let images = set.0.tasks().filter(|task| self.is_image(task));
        let images: Vec<&Arc<Task>> = images.collect();
        if let Some(task) = images.iter().find(|task| task.label.as_str() == label) {
            return Ok(Arc::clone(task));
        }
        let labels: Vec<&str> = images.iter().map(|task| task.label.as_str()).collect();
        Err(unknown_image(&label, &labels).into())
    }

    /// Whether a task builds an image.
    pub(super) fn is_image(&self, task: &Task) -> bool {
        task.kind.as_str() == self.graph_config.docker_image_kind()
    }

    /// The parameters that images are generated with: `overrides`, and defaults for the rest.
    ///
    /// # Errors
    /// When the repository cannot be read, or the project's own check fails.
    pub(super) fn parameters(&self, overrides: &[(&str, Value)]) -> Outcome<Parameters> {
        let kind = self.graph_config.docker_image_kind();
        let mut parameters = Object::from_iter([("target-kinds", json!([kind]))]);
        for (name, value) in overrides {
            parameters.insert((*name).to_owned(), value.clone());
        }
        let values = complete(self.ports, self.graph_config, self.repository, &parameters)?;
        Parameters::new(values, Strictness::Lenient)
    }

    /// The phases of a graph of images.
    pub(super) fn phases<'p>(&'p self, params: &'p Parameters) -> Phases<'p> {
        Phases {
            context: self.ports,
            graph_config: self.graph_config,
            params,
            verify: true,
            artifacts: None,
        }
    }

    /// Whether the repository has a folder for an image of this name.
    ///
    /// # Errors
    /// When that cannot be determined.
    pub fn is_in_tree(&self, name: &str) -> Result<bool, Diagnostic> {
        let config = self.graph_config;
        let kind = join(&config.kinds_folder(), config.docker_image_kind());
        let path = join(&kind, "kind.yml");
        let document = match self.ports.files.read(&path) {
            Ok(text) => yaml::load(&path, &text).ok(),
            Err(FileError::Missing(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let definition = document.as_ref().and_then(|document| {
            let task = document.value.get("tasks")?.get(name)?;
            task.get("definition")?.as_str()
        });
        let folder = join(&config.docker_folder(), definition.unwrap_or(name));
        Ok(self.ports.files.is_folder(&folder)?)
    }

    /// Returns the task at an index path.
    ///
    /// # Errors
    /// When the index has none, or cannot be queried.
    pub(super) async fn task_at(&self, path: &str) -> Outcome<TaskId> {
        existing_task_at(self.ports.taskcluster()?, path).await
    }
}

/// The label of the task that builds an image.
pub(super) fn label(image: &str) -> String {
    format!("docker-image-{image}")
}

/// The error for an image that no task builds.
pub(super) fn unknown_image(label: &str, labels: &[&str]) -> Diagnostic {
    Diagnostic::user(format!("the image task `{label}` does not exist"))
        .help(suggest::hint(label, labels.iter().copied()))
}

/// Parses a taskId from the command line or a task's definition.
///
/// # Errors
/// When it is not a taskId.
pub fn parse_task_id(text: &str) -> Result<TaskId, Diagnostic> {
    TaskId::parse(text).map_err(|error| Diagnostic::user(error.to_string()))
}
