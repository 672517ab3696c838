//! The files of a project, read by paths that cannot lead out of it.

use std::path::{Component, Path, PathBuf};

/// Says why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The path is absolute or leads out of the repository.
    #[error("{0:?} leads out of the repository")]
    Outside(String),
    /// There is no such file.
    #[error("{0:?} does not exist")]
    Missing(String),
    /// Reading failed.
    #[error("{path:?} cannot be read: {why}")]
    Unreadable {
        /// The path.
        path: String,
        /// What the system said.
        why: String,
    },
}

/// One file found by [`Files::walk`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The path below the folder that was walked, with forward slashes.
    pub path: String,
    /// The permission and type bits that `stat` tells (0o100644 where there are none).
    pub mode: u32,
}

/// The files below the root of a repository. All paths are relative to it, with forward slashes.
pub trait Files: Send + Sync {
    /// The bytes of a file.
    ///
    /// # Errors
    /// [`FileError`].
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError>;

    /// The bits that `stat` tells of a file.
    ///
    /// # Errors
    /// [`FileError`].
    fn mode(&self, path: &str) -> Result<u32, FileError>;

    /// Whether there is a folder of this path.
    fn is_folder(&self, path: &str) -> bool;

    /// The names in a folder, sorted.
    ///
    /// # Errors
    /// [`FileError`].
    fn list(&self, path: &str) -> Result<Vec<String>, FileError>;

    /// Every file below a folder, sorted by path; `__pycache__` folders are passed over.
    ///
    /// # Errors
    /// [`FileError`].
    fn walk(&self, path: &str) -> Result<Vec<Found>, FileError>;
}

/// Brings `.` and `..` out of a relative path with forward slashes.
///
/// # Errors
/// [`FileError::Outside`] when the path is absolute or leads above where it starts.
pub fn normalize(path: &str) -> Result<String, FileError> {
    let outside = || FileError::Outside(path.to_owned());
    if path.contains(['\\', '\0']) && cfg!(windows) {
        return Err(outside());
    }
    let mut parts: Vec<&str> = Vec::new();
    for component in Path::new(path).components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str().ok_or_else(outside)?),
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop().ok_or_else(outside)?;
            }
            Component::RootDir | Component::Prefix(_) => return Err(outside()),
        }
    }
    Ok(parts.join("/"))
}

/// The files of a folder on this machine's disk.
#[derive(Debug, Clone)]
pub struct Disk {
    root: PathBuf,
}

impl Disk {
    /// The files below `root`.
    ///
    /// # Errors
    /// [`FileError`] when `root` is not there.
    pub fn new(root: &Path) -> Result<Self, FileError> {
        let root = std::fs::canonicalize(root)
            .map_err(|error| file_error(&root.display().to_string(), &error))?;
        Ok(Self { root })
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a path lies, with links followed only as far as they stay below the root.
    fn locate(&self, path: &str) -> Result<PathBuf, FileError> {
        let located = self.root.join(normalize(path)?);
        let real = std::fs::canonicalize(&located).map_err(|error| file_error(path, &error))?;
        if real.starts_with(&self.root) {
            Ok(real)
        } else {
            Err(FileError::Outside(path.to_owned()))
        }
    }
}

fn file_error(path: &str, error: &std::io::Error) -> FileError {
    use std::io::ErrorKind;
    if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) {
        FileError::Missing(path.to_owned())
    } else {
        FileError::Unreadable {
            path: path.to_owned(),
            why: error.to_string(),
        }
    }
}

#[cfg(unix)]
fn mode_of(metadata: &std::fs::Metadata) -> u32 {
    use std::os::unix::fs::MetadataExt;
    metadata.mode()
}

#[cfg(not(unix))]
fn mode_of(_metadata: &std::fs::Metadata) -> u32 {
    0o100_644
}

impl Files for Disk {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        std::fs::read(self.locate(path)?).map_err(|error| file_error(path, &error))
    }

    fn mode(&self, path: &str) -> Result<u32, FileError> {
        let metadata =
            std::fs::metadata(self.locate(path)?).map_err(|error| file_error(path, &error))?;
        Ok(mode_of(&metadata))
    }

    fn is_folder(&self, path: &str) -> bool {
        self.locate(path).is_ok_and(|located| located.is_dir())
    }

    fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        let fail = |error: std::io::Error| file_error(path, &error);
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.locate(path)?).map_err(fail)? {
            let name = entry.map_err(fail)?.file_name();
            names.push(name.into_string().map_err(|name| FileError::Unreadable {
                path: format!("{path}/{}", name.to_string_lossy()),
                why: "its name is not UTF-8".to_owned(),
            })?);
        }
        names.sort_unstable();
        Ok(names)
    }

    fn walk(&self, path: &str) -> Result<Vec<Found>, FileError> {
        let mut found = Vec::new();
        let mut folders = vec![String::new()];
        while let Some(below) = folders.pop() {
            let folder = if below.is_empty() {
                path.to_owned()
            } else {
                format!("{path}/{below}")
            };
            for name in self.list(&folder)? {
                let inner = if below.is_empty() {
                    name.clone()
                } else {
                    format!("{below}/{name}")
                };
                let whole = format!("{path}/{inner}");
                // As `os.walk` does, linked folders are not entered.
                let itself = std::fs::symlink_metadata(self.root.join(normalize(&whole)?))
                    .map_err(|error| file_error(&whole, &error))?;
                if itself.is_dir() {
                    if name != "__pycache__" {
                        folders.push(inner);
                    }
                    continue;
                }
                let mode = if !itself.is_symlink() {
                    mode_of(&itself)
                } else if self.is_folder(&whole) {
                    continue;
                } else {
                    self.mode(&whole)?
                };
                found.push(Found { path: inner, mode });
            }
        }
        found.sort();
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_cannot_lead_out() {
        assert_eq!(normalize("a/./b/../c"), Ok("a/c".to_owned()));
        for path in ["/etc/passwd", "../x", "a/../../x"] {
            assert_eq!(normalize(path), Err(FileError::Outside(path.to_owned())));
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_cannot_lead_out_either() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("link"))?;
        let disk = Disk::new(folder.path())?;
        assert_eq!(
            disk.read("link"),
            Err(FileError::Outside("link".to_owned()))
        );
        assert_eq!(
            disk.read("none"),
            Err(FileError::Missing("none".to_owned()))
        );
        Ok(())
    }
}
