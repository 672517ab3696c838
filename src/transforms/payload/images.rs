//! The docker images of the project that tasks use, and values that payloads have in common.

use std::convert::Infallible;
use std::sync::OnceLock;

use super::cache_key::{CacheKey, CachePayload};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::memo::{Last, Memo};
use crate::base::suggest;
use crate::base::value::{List, Object, Value};
use crate::config::graph_config::join;
use crate::config::yaml;
use crate::ports::files::FileError;
use crate::transform::Context;
use crate::transform::item::Variables;

/// The docker images of the project; each file is read once, on first use.
pub struct Images<'c, 'a> {
    context: &'c Context<'a>,
    tasks: OnceLock<Outcome<Object>>,
    volumes: Memo<String, Outcome<Vec<String>>>,
    /// The caches of docker-worker tasks.
    pub(super) caches: Last<CacheKey, CachePayload>,
    /// The environments of docker-worker tasks, by original environment and additions.
    pub(super) environments: Last<(Object, Variables), Object>,
    /// The artifacts of docker-worker tasks, by their description and expiry.
    pub(super) artifacts: Last<(List, Value), Object>,
    /// The exit code settings of docker-worker tasks, by the given ones.
    pub(super) exit_codes: Last<[Option<List>; 2], Value>,
}

impl<'c, 'a> Images<'c, 'a> {
    /// The images of the project around `context`.
    #[must_use]
    pub fn new(context: &'c Context<'a>) -> Self {
        Self {
            context,
            tasks: OnceLock::new(),
            volumes: Memo::default(),
            caches: Last::default(),
            environments: Last::default(),
            artifacts: Last::default(),
            exit_codes: Last::default(),
        }
    }

    /// The context of the transform.
    #[must_use]
    pub fn context(&self) -> &'c Context<'a> {
        self.context
    }

    /// The paths that the Dockerfile of an image declares as volumes, sorted.
    ///
    /// # Errors
    /// If the kind of images or the Dockerfile cannot be read.
    pub fn volumes(&self, image: &str) -> Outcome<Vec<String>> {
        let read = |image: &String| Ok::<_, Infallible>(self.read_volumes(image));
        let Ok(volumes) = self.volumes.get(image.to_owned(), read);
        volumes
    }

    /// The tasks that the `kind.yml` of the kind of images lists.
    fn tasks(&self) -> Outcome<&Object> {
        self.tasks
            .get_or_init(|| self.read_tasks())
            .as_ref()
            .map_err(Clone::clone)
    }

    fn read_tasks(&self) -> Outcome<Object> {
        let config = self.context.graph_config();
        let folder = join(&config.kinds_folder(), config.docker_image_kind());
        let path = join(&folder, "kind.yml");
        let text = self.context.project.files.read(&path).map_err(|error| {
            file_error("cannot read the kind of the docker images", &error)
                .help("set `docker-image-kind` in config.yml to the kind of the in-tree images")
        })?;
        let document = yaml::load(&path, &text)?;
        match document.value.get("tasks") {
            Some(Value::Object(tasks)) => Ok(tasks.clone()),
            _ => Err(
                Diagnostic::user(format!("`tasks` in `{path}` is missing or not a mapping")).into(),
            ),
        }
    }

    /// The folder of an image, named by its `definition` or else by its name.
    fn folder(&self, image: &str) -> Outcome<String> {
        let definition = self
            .tasks()?
            .get(image)
            .and_then(|task| task.get("definition"))
            .and_then(Value::as_str);
        let docker = self.context.graph_config().docker_folder();
        Ok(join(&docker, definition.unwrap_or(image)))
    }

    fn read_volumes(&self, image: &str) -> Outcome<Vec<String>> {
        let folder = self.folder(image)?;
        let path = join(&folder, "Dockerfile");
        let text = match self.context.project.files.read(&path) {
            Ok(text) => text,
            Err(error) => {
                let tasks = self.tasks()?;
                let help = if tasks.contains_key(image) {
                    "create the folder of the image, or set its `definition` to the folder"
                        .to_owned()
                } else {
                    let hint = suggest::hint(image, tasks.keys().map(|key| key.as_str()));
                    format!("set `docker-image` to an in-tree image; {hint}")
                };
                return Err(
                    file_error(&format!("unknown docker image `{image}`"), &error)
                        .help(help)
                        .into(),
                );
            }
        };
        volumes(&String::from_utf8_lossy(&text)).map_err(|line| {
            Diagnostic::user(format!("`{path}` declares volumes as a list: {line}"))
                .help("write one `VOLUME` line for each path")
                .into()
        })
    }
}

fn file_error(message: &str, error: &FileError) -> Diagnostic {
    error.diagnostic(message).because(error)
}

/// The paths in the `VOLUME` lines of a Dockerfile, or the first line that holds a list.
fn volumes(dockerfile: &str) -> Result<Vec<String>, String> {
    let mut volumes = std::collections::BTreeSet::new();
    for line in dockerfile
        .split('\n')
        .map(|line| line.trim_matches(is_space))
    {
        let Some(paths) = line.strip_prefix("VOLUME ") else {
            continue;
        };
        if paths.trim_start_matches(is_space).starts_with('[') {
            return Err(line.to_owned());
        }
        volumes.extend(
            paths
                .split(is_space)
                .filter(|p| !p.is_empty())
                .map(str::to_owned),
        );
    }
    Ok(volumes.into_iter().collect())
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_are_read_from_their_lines() {
        let text = "FROM x\n VOLUME /b /a\r\nVOLUME\nVOLUMES /c\nVOLUME /a\n# VOLUME /d\n";
        assert_eq!(volumes(text), Ok(vec!["/a".to_owned(), "/b".to_owned()]));
        assert_eq!(
            volumes("VOLUME [\"/a\"]"),
            Err("VOLUME [\"/a\"]".to_owned())
        );
    }
}
