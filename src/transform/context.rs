//! The context of transforms: everything besides their items.

use std::sync::{Arc, OnceLock};

use crate::base::diagnostic::Diagnostic;
use crate::base::digest::sha256;
use crate::base::memo::Memo;
use crate::base::name::{IndexPath, KindName, TaskId};
use crate::base::value::{Object, Value};
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::Parameters;
use crate::model::task::Task;
use crate::ports::environment::Environment;
use crate::ports::files::Files;
use crate::task_scripts::TaskScripts;

/// The project around a graph: its config, its parameters and the ports that transforms may use.
pub struct Project<'a> {
    /// The graph config.
    pub graph_config: &'a GraphConfig,
    /// The parameters.
    pub params: &'a Parameters,
    /// The files of the repository.
    pub files: &'a dyn Files,
    /// The environment variables.
    pub environment: &'a Environment,
    /// The scripts that tasks are run with.
    pub task_scripts: &'a TaskScripts,
    /// The files that version control tracks.
    pub tracked: &'a TrackedFiles<'a>,
    /// Receives docker contexts; `None` if graphs are only shown.
    pub docker_contexts: Option<&'a dyn DockerContexts>,
    /// Looks up existing tasks; `None` without a Taskcluster deployment.
    pub remote: Option<&'a dyn Remote>,
    /// Whether digests are left out: for people who only want to see the shape of a graph.
    pub fast: bool,
}

/// The files that version control tracks. They are listed once for all kinds, on first use.
pub struct TrackedFiles<'a> {
    list: &'a ListTrackedFiles<'a>,
    listed: OnceLock<Result<Vec<String>, Diagnostic>>,
    digests: Memo<String, String>,
}

/// Lists the files that version control tracks.
pub type ListTrackedFiles<'a> = dyn Fn() -> Result<Vec<String>, Diagnostic> + Sync + 'a;

impl<'a> TrackedFiles<'a> {
    /// Files that `list` returns.
    #[must_use]
    pub fn new(list: &'a ListTrackedFiles<'a>) -> Self {
        Self {
            list,
            listed: OnceLock::new(),
            digests: Memo::default(),
        }
    }

    /// Their paths from the root of the repository.
    ///
    /// # Errors
    /// If they cannot be listed.
    pub fn paths(&self) -> Result<&[String], Diagnostic> {
        let listed = self.listed.get_or_init(self.list);
        listed.as_deref().map_err(Clone::clone)
    }

    /// The SHA-256 of a file's content.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn digest(&self, files: &dyn Files, path: &str) -> Result<String, Diagnostic> {
        self.digests.get(path.to_owned(), |path| {
            let content = files.read(path);
            let content = content.map_err(|error| Diagnostic::environment(error.to_string()))?;
            Ok(sha256(&content))
        })
    }
}

/// Receives docker contexts.
pub trait DockerContexts: Sync {
    /// Stores the gzipped tar file with the context of the image `name`.
    ///
    /// # Errors
    /// If it cannot be stored.
    fn keep(&self, name: &str, tar_gz: &[u8]) -> Result<(), Diagnostic>;
}

/// Looks up existing tasks, and blocks until the answer arrives.
///
/// An answer of `None` means that the thing does not exist.
pub trait Remote: Sync {
    /// The task at an index path.
    ///
    /// # Errors
    /// If the call to the index fails.
    fn find_task(&self, path: &IndexPath) -> Result<Option<TaskId>, Diagnostic>;

    /// The definition of a task.
    ///
    /// # Errors
    /// If the call to the queue fails.
    fn definition(&self, task_id: &TaskId) -> Result<Option<Value>, Diagnostic>;

    /// The content of an artifact.
    ///
    /// # Errors
    /// If the call to the queue or the download fails.
    fn artifact(&self, task_id: &TaskId, name: &str) -> Result<Option<Vec<u8>>, Diagnostic>;
}

/// The context of a transform that runs for a kind.
pub struct Context<'a> {
    /// The project.
    pub project: &'a Project<'a>,
    /// The kind.
    pub kind: &'a KindName,
    /// The folder of the kind, from the root of the repository.
    pub path: &'a str,
    /// The `kind.yml`.
    pub config: &'a Object,
    /// The tasks of the kinds that this one depends on, in the order in which they were generated.
    pub dependencies: &'a [Arc<Task>],
}

impl Context<'_> {
    /// The parameters.
    #[must_use]
    pub fn params(&self) -> &Parameters {
        self.project.params
    }

    /// The graph config.
    #[must_use]
    pub fn graph_config(&self) -> &GraphConfig {
        self.project.graph_config
    }

    /// The names of the kinds that this one depends on, as its `kind.yml` lists them.
    #[must_use]
    pub fn kind_dependencies(&self) -> Vec<&str> {
        self.config
            .get("kind-dependencies")
            .and_then(Value::as_array)
            .map(|names| names.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::ports::files::Disk;

    #[test]
    fn tracked_files_are_listed_once_and_read_once() {
        let calls = AtomicUsize::new(0);
        let list = || {
            calls.fetch_add(1, Ordering::Relaxed);
            Ok(vec!["a".to_owned()])
        };
        let tracked = TrackedFiles::new(&list);
        assert_eq!(calls.load(Ordering::Relaxed), 0);
        for _ in 0..3 {
            assert_eq!(tracked.paths(), Ok(["a".to_owned()].as_slice()));
        }
        assert_eq!(calls.load(Ordering::Relaxed), 1);

        let folder = tempfile::tempdir().unwrap();
        let files = Disk::new(folder.path()).unwrap();
        assert!(tracked.digest(&files, "a").is_err());
        for content in ["one", "two"] {
            std::fs::write(folder.path().join("a"), content).unwrap();
            assert_eq!(tracked.digest(&files, "a"), Ok(sha256(b"one")));
        }
    }

    /// Some systems accept only UTF-8 names.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_that_is_not_utf_8_has_a_digest() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().join(OsStr::from_bytes(b"caf\xe9"));
        std::fs::write(name, "one").unwrap();
        let list = || Ok(vec![r#""caf\351""#.to_owned()]);
        let tracked = TrackedFiles::new(&list);
        let files = Disk::new(folder.path()).unwrap();
        let path = &tracked.paths().unwrap()[0];
        assert_eq!(tracked.digest(&files, path), Ok(sha256(b"one")));
    }
}
