//! The content of the scripts, and the digest of `run-task`.
//!
//! If no folder has them, the digest is that of the script in taskcluster-taskgraph 24.5.1, so that
//! its caches are shared.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::digest::sha256;
use crate::config::graph_config::join;
use crate::ports::files::{FileError, Files};

/// The script that runs tasks.
pub const RUN_TASK: &str = "run-task";
/// The script that downloads what tasks need.
pub const FETCH_CONTENT: &str = "fetch-content";

/// The files of the folder that are used.
pub static NAMES: &[&str] = &[RUN_TASK, FETCH_CONTENT, "hgrc", "robustcheckout.py"];

/// How to provide the files.
pub const HELP: &str = "set SNOWMAN_RUN_TASK_DIR, or `snowman.run-task` in config.yml, to the folder that contains the run-task files, or install taskcluster-taskgraph";

/// The digest of the script of taskcluster-taskgraph 24.5.1.
const BUILT_IN: &str = "b501540836ece0d0820009a4d20fb71105130bdd5c894d79fc893f4222da40fd";

/// How many digits of the digest are in the names of caches.
const SUFFIX: usize = 20;

/// One file of the folder.
#[derive(Clone, PartialEq, Eq)]
pub struct Script {
    /// The mode, as `stat` reports it.
    pub mode: u32,
    /// The content.
    pub content: Arc<[u8]>,
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.content.len();
        write!(f, "Script({:o}, {size} bytes)", self.mode & 0o7777)
    }
}

/// The files of a folder, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptFiles(BTreeMap<&'static str, Script>);

impl ScriptFiles {
    /// Reads the files of a folder; `run-task` must exist.
    ///
    /// # Errors
    /// If the folder has no `run-task`, or a file cannot be read.
    pub fn read(files: &dyn Files, folder: &str) -> Outcome<Self> {
        let mut found = BTreeMap::new();
        for name in NAMES {
            let path = join(folder, name);
            let read = files
                .read(&path)
                .and_then(|content| Ok((files.mode(&path)?, content)));
            match read {
                Ok((mode, content)) => {
                    let content = content.into();
                    found.insert(*name, Script { mode, content });
                }
                Err(FileError::Missing(_)) if *name != RUN_TASK => {}
                Err(error) => {
                    return Err(Diagnostic::user("cannot read the run-task files")
                        .because(error)
                        .into());
                }
            }
        }
        Ok(Self(found))
    }
}

/// A function that is called once, on first use.
type OnceFn<T> = Box<dyn FnOnce() -> T + Send>;

/// The digest of `run-task`, and all files that exist.
type Loaded = (String, ScriptFiles);

/// The scripts that tasks run with.
pub struct TaskScripts {
    loaded: LazyLock<Loaded, OnceFn<Loaded>>,
    warned: AtomicBool,
}

impl Default for TaskScripts {
    /// No files, and the digest of `run-task` in taskcluster-taskgraph 24.5.1.
    fn default() -> Self {
        Self::from_lookup(Box::new(|| None))
    }
}

impl fmt::Debug for TaskScripts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskScripts").finish_non_exhaustive()
    }
}

impl TaskScripts {
    /// Scripts with these files.
    #[must_use]
    pub fn new(scripts: ScriptFiles) -> Self {
        Self::from_lookup(Box::new(|| Some(scripts)))
    }

    /// Scripts whose files `find` returns. It is called once, on first use.
    #[must_use]
    pub fn from_lookup(find: OnceFn<Option<ScriptFiles>>) -> Self {
        let load: OnceFn<Loaded> = Box::new(move || {
            let scripts = find().unwrap_or_default();
            let digest = match scripts.0.get(RUN_TASK) {
                Some(script) => sha256(&script.content),
                None => BUILT_IN.to_owned(),
            };
            (digest, scripts)
        });
        Self {
            loaded: LazyLock::new(load),
            warned: AtomicBool::new(false),
        }
    }

    /// Whether this is the first call: several decisions in one process warn about missing scripts
    /// only once.
    pub fn is_first_warning(&self) -> bool {
        !self.warned.swap(true, Ordering::Relaxed)
    }

    /// The SHA-256 of `run-task`, in hex.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.loaded.0
    }

    /// The suffix of the names of caches that `run-task` manages.
    #[must_use]
    pub fn cache_suffix(&self) -> &str {
        self.digest().get(..SUFFIX).unwrap_or(self.digest())
    }

    /// The file of this name, if it exists.
    #[must_use]
    pub fn script(&self, name: &str) -> Option<&Script> {
        self.loaded.1.0.get(name)
    }

    /// All files, with their names.
    ///
    /// # Errors
    /// The names of the missing files.
    pub fn all(&self) -> Result<Vec<(&'static str, &Script)>, Vec<&'static str>> {
        let missing = NAMES.iter().filter(|name| self.script(name).is_none());
        let missing: Vec<&'static str> = missing.copied().collect();
        if missing.is_empty() {
            let found = NAMES
                .iter()
                .filter_map(|name| Some((*name, self.script(name)?)));
            Ok(found.collect())
        } else {
            Err(missing)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::files::Disk;

    #[test]
    fn without_a_folder_the_digest_is_the_built_in_one() {
        let none = TaskScripts::default();
        assert_eq!(none.cache_suffix(), "b501540836ece0d08200");
        assert_eq!(none.all().unwrap_err(), NAMES);
    }

    #[test]
    fn only_run_task_is_required_in_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::new(folder.path()).unwrap();
        let wrong = ScriptFiles::read(&disk, ".").unwrap_err().to_string();
        assert_eq!(
            wrong,
            "cannot read the run-task files\n  cause: \"run-task\" does not exist"
        );
        std::fs::write(folder.path().join(RUN_TASK), "#!/bin/sh\n").unwrap();
        let scripts = TaskScripts::new(ScriptFiles::read(&disk, ".").unwrap());
        assert_eq!(scripts.cache_suffix(), "a8076d3d28d21e02012b");
        assert_eq!(scripts.all().unwrap_err(), &NAMES[1..]);
    }
}
