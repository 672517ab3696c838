//! What is kept from run to run to save time. No result depends on it.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use crate::base::digest::sha256;

/// The variable with the folder of the cache; `0` turns it off.
pub const VARIABLE: &str = "SNOWMAN_CACHE";

/// Keeps files of a project. They may be gone at any time, or be those of another version.
pub trait Cache: Send + Sync {
    /// Reads a file; `None` if there is none that can be read.
    fn read(&self, name: &str) -> Option<Vec<u8>>;

    /// Writes a file, if possible.
    fn write(&self, name: &str, content: &[u8]);
}

/// A folder of the user's cache.
#[derive(Debug, Clone)]
pub struct CacheFolder(PathBuf);

impl CacheFolder {
    /// The folder for the project in this folder; `None` if the environment turns the cache off or
    /// names no place for it.
    #[must_use]
    pub fn new(environment: &Environment, project: &Path) -> Option<Self> {
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
        Some(Self(folder.join(&digest[..16])))
    }
}

impl Cache for CacheFolder {
    fn read(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.0.join(name)).ok()
    }

    fn write(&self, name: &str, content: &[u8]) {
        let written = std::fs::create_dir_all(&self.0).and_then(|()| {
            // Another run may read or write it at the same time.
            let mut file = tempfile::NamedTempFile::new_in(&self.0)?;
            file.write_all(content)?;
            file.persist(self.0.join(name))
                .map_err(std::io::Error::from)
        });
        if let Err(error) = written {
            tracing::debug!("cannot write to the cache {}: {error}", self.0.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(variables: &[(&str, &str)]) -> Option<PathBuf> {
        let variables = variables.iter().map(|(a, b)| ((*a).into(), (*b).into()));
        let cache = CacheFolder::new(&Environment::new(variables), Path::new("/src/hail"))?;
        Some(cache.0.parent()?.to_owned())
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
        let cache = || CacheFolder::new(&environment, Path::new("hail")).unwrap();
        assert_eq!(cache().read("times"), None);
        for text in ["a", "b"] {
            cache().write("times", text.as_bytes());
            assert_eq!(cache().read("times"), Some(text.into()));
        }
        let other = CacheFolder::new(&environment, Path::new("sleet")).unwrap();
        assert_eq!(other.read("times"), None);
        // What cannot be written is left out.
        cache().write("no/folder", b"a");
        assert_eq!(cache().read("no/folder"), None);
    }
}
