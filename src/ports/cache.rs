//! What is kept from run to run to save time. No result depends on it.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::clock::Clock;
use super::environment::Environment;
use crate::base::digest::sha256;
use crate::base::time::Timestamp;

/// The variable with the folder of the cache; `0` turns it off.
pub const VARIABLE: &str = "SNOWMAN_CACHE";

/// Keeps files of a project. They may be gone at any time, or be those of another version.
pub trait Cache: Send + Sync {
    /// Reads a file; `None` if there is none that can be read.
    fn read(&self, name: &str) -> Option<Vec<u8>>;

    /// Writes a file, if possible.
    fn write(&self, name: &str, content: &[u8]);

    /// When this was opened. What changes on the disk from then on may have been read before or after.
    fn opened(&self) -> Timestamp;

    /// Removes the oldest files whose names start like this until those that are left have no more than
    /// this many bytes. The files of other projects count too.
    fn prune(&self, prefix: &str, bytes: u64);
}

/// A folder of the user's cache.
#[derive(Debug, Clone)]
pub struct CacheFolder {
    folder: PathBuf,
    opened: Timestamp,
}

impl CacheFolder {
    /// The folder for the project in this folder; `None` if the environment turns the cache off or
    /// names no place for it.
    #[must_use]
    pub fn new(environment: &Environment, project: &Path, clock: &dyn Clock) -> Option<Self> {
        let named = environment.filled(VARIABLE);
        if named == Some("0") {
            return None;
        }
        let absolute = |path: &str| Some(PathBuf::from(path)).filter(|path| path.is_absolute());
        let of_user = || {
            let folder = environment.filled("XDG_CACHE_HOME").and_then(absolute);
            let in_home = || Some(absolute(environment.filled("HOME")?)?.join(".cache"));
            Some(folder.or_else(in_home)?.join("snowman"))
        };
        let folder = match named {
            Some(named) => absolute(named)?,
            None => of_user()?,
        };
        let digest = sha256(project.as_os_str().as_encoded_bytes());
        Some(Self {
            folder: folder.join(&digest[..16]),
            opened: clock.now(),
        })
    }
}

impl Cache for CacheFolder {
    fn read(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.folder.join(name)).ok()
    }

    fn write(&self, name: &str, content: &[u8]) {
        let written = std::fs::create_dir_all(&self.folder).and_then(|()| {
            // Another run may read or write it at the same time.
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            file.write_all(content)?;
            file.persist(self.folder.join(name))
                .map_err(std::io::Error::from)
        });
        if let Err(error) = written {
            tracing::debug!(
                "cannot write to the cache {}: {error}",
                self.folder.display()
            );
        }
    }

    fn opened(&self) -> Timestamp {
        self.opened
    }

    fn prune(&self, prefix: &str, bytes: u64) {
        let below = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten();
        let projects = self.folder.parent().into_iter().flat_map(below);
        let mut files: Vec<_> = projects
            .flat_map(|project| below(&project.path()))
            .filter(|file| file.file_name().to_string_lossy().starts_with(prefix))
            .filter_map(|file| {
                let found = file.metadata().ok()?;
                Some((found.modified().ok()?, file.path(), found.len()))
            })
            .collect();
        files.sort();
        let mut left: u64 = files.iter().map(|(_, _, size)| size).sum();
        for (_, path, size) in files {
            if left <= bytes {
                return;
            }
            left -= size;
            // Another run may have removed it.
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::clock::SystemClock;

    const CLOCK: SystemClock = SystemClock;

    fn folder(variables: &[(&str, &str)]) -> Option<PathBuf> {
        let variables = variables.iter().map(|(a, b)| ((*a).into(), (*b).into()));
        let environment = Environment::new(variables);
        let cache = CacheFolder::new(&environment, Path::new("/src/hail"), &CLOCK)?;
        Some(cache.folder.parent()?.to_owned())
    }

    #[test]
    #[cfg(unix)]
    fn the_environment_names_the_folder_or_turns_it_off() {
        let home = ("HOME", "/home/hail");
        let xdg = ("XDG_CACHE_HOME", "/cache");
        assert_eq!(folder(&[home]), Some("/home/hail/.cache/snowman".into()));
        assert_eq!(folder(&[home, xdg]), Some("/cache/snowman".into()));
        let empty = ("XDG_CACHE_HOME", "");
        assert_eq!(folder(&[home, empty]), folder(&[home]));
        assert_eq!(folder(&[xdg, (VARIABLE, "/mine")]), Some("/mine".into()));
        for off in ["0", "relative"] {
            assert_eq!(folder(&[home, xdg, (VARIABLE, off)]), None);
        }
        assert_eq!(folder(&[]), None);
    }

    #[test]
    fn files_are_kept() {
        let kept = tempfile::tempdir().unwrap();
        let name = kept.path().to_str().unwrap().to_owned();
        let environment = Environment::new([(VARIABLE.to_owned(), name)]);
        let cache = |project| CacheFolder::new(&environment, Path::new(project), &CLOCK).unwrap();
        assert_eq!(cache("hail").read("times"), None);
        for text in ["a", "b"] {
            cache("hail").write("times", text.as_bytes());
            assert_eq!(cache("hail").read("times"), Some(text.into()));
        }
        assert_eq!(cache("sleet").read("times"), None);
        // What cannot be written is left out.
        cache("hail").write("no/folder", b"a");
        assert_eq!(cache("hail").read("no/folder"), None);
    }
    #[test]
    fn the_oldest_files_are_removed_first() {
        let kept = tempfile::tempdir().unwrap();
        let name = kept.path().to_str().unwrap().to_owned();
        let environment = Environment::new([(VARIABLE.to_owned(), name)]);
        let cache = |project| CacheFolder::new(&environment, Path::new(project), &CLOCK).unwrap();
        let files = [
            ("hail", "kind-a"),
            ("sleet", "kind-b"),
            ("hail", "kind-c"),
            ("hail", "times"),
        ];
        for (seconds, (project, name)) in (1..).zip(files) {
            cache(project).write(name, b"four");
            let path = cache(project).folder.join(name);
            let file = std::fs::File::options().write(true).open(path).unwrap();
            let time = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            file.set_modified(time).unwrap();
        }
        let left = |bytes| {
            cache("hail").prune("kind-", bytes);
            let left = files
                .iter()
                .filter(|(project, name)| cache(project).read(name).is_some());
            left.map(|(_, name)| *name).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(left(12), "kind-a kind-b kind-c times");
        assert_eq!(left(11), "kind-b kind-c times");
        assert_eq!(left(3), "times");
    }
}
