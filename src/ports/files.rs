//! The files of a project, read by paths that cannot lead out of it.

use std::borrow::Cow;
use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use crate::base::diagnostic::{Diagnostic, Diagnostics};
use crate::base::file_name;

/// Explains why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The path is absolute or leads out of the repository.
    #[error("{0:?} is outside the repository")]
    Outside(String),
    /// The file does not exist.
    #[error("{0:?} does not exist")]
    Missing(String),
    /// Reading failed.
    #[error("cannot read {path:?}: {why}")]
    Unreadable {
        /// The path.
        path: String,
        /// The error of the operating system.
        why: String,
    },
}

impl FileError {
    /// A path to a file that does not exist is a user error; a file that exists but cannot be read
    /// is a failure of the environment.
    #[must_use]
    pub fn diagnostic(&self, message: impl Into<String>) -> Diagnostic {
        match self {
            Self::Unreadable { .. } => Diagnostic::environment(message),
            Self::Outside(_) | Self::Missing(_) => Diagnostic::user(message),
        }
    }
}

impl From<FileError> for Diagnostic {
    fn from(error: FileError) -> Self {
        error.diagnostic(error.to_string())
    }
}

impl From<FileError> for Diagnostics {
    fn from(error: FileError) -> Self {
        Diagnostic::from(error).into()
    }
}

/// One file found by [`Files::walk`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The path below the folder that was walked, with forward slashes.
    pub path: String,
    /// The permission and type bits that `stat` reports (0o100644 where there are none).
    pub mode: u32,
}

/// The files below the root of a repository. All paths are relative to it, with forward slashes;
/// one that is not UTF-8 is written as described in [`file_name`].
pub trait Files: Send + Sync {
    /// The bytes of a file.
    ///
    /// # Errors
    /// [`FileError`].
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError>;

    /// The bits that `stat` reports for a file.
    ///
    /// # Errors
    /// [`FileError`].
    fn mode(&self, path: &str) -> Result<u32, FileError>;

    /// Whether there is a folder of this path, in the repository.
    ///
    /// # Errors
    /// [`FileError::Unreadable`] when that cannot be determined.
    fn is_folder(&self, path: &str) -> Result<bool, FileError>;

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

/// Files that are read in another way than some others, and are the same in everything else.
pub trait Overlay: Send + Sync {
    /// The others.
    fn below(&self) -> &dyn Files;

    /// The bytes of a file, as [`Files::read`] returns them.
    ///
    /// # Errors
    /// [`FileError`].
    fn read_over(&self, path: &str) -> Result<Vec<u8>, FileError>;
}

impl<O: Overlay> Files for O {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.read_over(path)
    }

    fn mode(&self, path: &str) -> Result<u32, FileError> {
        self.below().mode(path)
    }

    fn is_folder(&self, path: &str) -> Result<bool, FileError> {
        self.below().is_folder(path)
    }

    fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        self.below().list(path)
    }

    fn walk(&self, path: &str) -> Result<Vec<Found>, FileError> {
        self.below().walk(path)
    }
}

/// Removes `.` and `..` from a relative path with forward slashes.
///
/// # Errors
/// [`FileError::Outside`] when the path is absolute or leads above where it starts.
pub fn normalize(path: &str) -> Result<String, FileError> {
    let outside = || FileError::Outside(path.to_owned());
    if path.contains(['\\', '\0']) && cfg!(windows) {
        return Err(outside());
    }
    let whole = on_disk(path)?;
    let mut parts: Vec<&[u8]> = Vec::new();
    for component in whole.components() {
        match component {
            Component::Normal(part) => parts.push(part.as_encoded_bytes()),
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop().ok_or_else(outside)?;
            }
            Component::RootDir | Component::Prefix(_) => return Err(outside()),
        }
    }
    Ok(file_name::text(&parts.join(&b'/')).into_owned())
}

/// The path as the system has it.
#[cfg(unix)]
fn on_disk(path: &str) -> Result<Cow<'_, Path>, FileError> {
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    Ok(match file_name::bytes(path) {
        Cow::Borrowed(name) => Cow::Borrowed(Path::new(OsStr::from_bytes(name))),
        Cow::Owned(name) => Cow::Owned(PathBuf::from(OsString::from_vec(name))),
    })
}

/// The system's path; not every system supports names that are not UTF-8.
#[cfg(not(unix))]
fn on_disk(path: &str) -> Result<Cow<'_, Path>, FileError> {
    match String::from_utf8(file_name::bytes(path).into_owned()) {
        Ok(path) => Ok(Cow::Owned(PathBuf::from(path))),
        Err(_) => Err(FileError::Missing(path.to_owned())),
    }
}

/// The metadata of a path; `None` if nothing exists there.
///
/// # Errors
/// [`FileError::Unreadable`] when that cannot be determined.
pub fn metadata(path: &Path) -> Result<Option<Metadata>, FileError> {
    match std::fs::metadata(path).map_err(|error| file_error(&path.display().to_string(), &error)) {
        Ok(found) => Ok(Some(found)),
        Err(FileError::Missing(_)) => Ok(None),
        Err(error) => Err(error),
    }
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

    /// The location of a path; links are followed only while they stay below the root.
    fn locate(&self, path: &str) -> Result<PathBuf, FileError> {
        let located = self.root.join(on_disk(&normalize(path)?)?);
        let real = std::fs::canonicalize(&located).map_err(|error| file_error(path, &error))?;
        if real.starts_with(&self.root) {
            Ok(real)
        } else {
            Err(FileError::Outside(path.to_owned()))
        }
    }
}

fn file_error(path: &str, error: &std::io::Error) -> FileError {
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

    fn is_folder(&self, path: &str) -> Result<bool, FileError> {
        match self.locate(path) {
            Ok(located) => Ok(metadata(&located)?.is_some_and(|found| found.is_dir())),
            Err(FileError::Missing(_) | FileError::Outside(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        let fail = |error: std::io::Error| file_error(path, &error);
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.locate(path)?).map_err(fail)? {
            let name = entry.map_err(fail)?.file_name();
            names.push(file_name::text(name.as_encoded_bytes()).into_owned());
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
                file_name::join(path, &below)
            };
            for name in self.list(&folder)? {
                let inner = file_name::join(&below, &name);
                let whole = file_name::join(path, &inner);
                // As `os.walk` does, linked folders are not entered.
                let itself = self.root.join(on_disk(&normalize(&whole)?)?);
                let itself = std::fs::symlink_metadata(itself)
                    .map_err(|error| file_error(&whole, &error))?;
                if itself.is_dir() {
                    if name != "__pycache__" {
                        folders.push(inner);
                    }
                    continue;
                }
                let mode = if !itself.is_symlink() {
                    mode_of(&itself)
                } else if self.is_folder(&whole)? {
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
    fn paths_cannot_leave_the_folder() {
        assert_eq!(normalize("a/./b/../c"), Ok("a/c".to_owned()));
        for path in ["/etc/passwd", "../x", "a/../../x"] {
            assert_eq!(normalize(path), Err(FileError::Outside(path.to_owned())));
        }
    }

    /// Some systems accept only UTF-8 names.
    #[cfg(target_os = "linux")]
    #[test]
    fn names_may_be_any_bytes() -> Result<(), Box<dyn std::error::Error>> {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let folder = tempfile::tempdir()?;
        let odd = |bytes| folder.path().join(OsStr::from_bytes(bytes));
        std::fs::create_dir_all(odd(b"a/d\xe9"))?;
        for (name, content) in [
            (b"a/caf\xe9".as_slice(), "1"),
            (b"a/d\xe9/x", "2"),
            (b"a/\"caf\\351\"", "3"),
        ] {
            std::fs::write(odd(name), content)?;
        }
        let disk = Disk::new(folder.path())?;
        let found = disk.walk("a")?;
        let read = |found: &Found| {
            let path = file_name::join("a", &found.path);
            Ok((
                found.path.clone(),
                String::from_utf8_lossy(&disk.read(&path)?).into_owned(),
            ))
        };
        let read: Result<Vec<_>, FileError> = found.iter().map(read).collect();
        let expected = [
            (r#""\"caf\\351\"""#, "3"),
            (r#""caf\351""#, "1"),
            (r#""d\351/x""#, "2"),
        ];
        assert_eq!(
            read?,
            expected.map(|(path, content)| (path.to_owned(), content.to_owned()))
        );
        assert_eq!(disk.is_folder(r#""a/d\351""#), Ok(true));
        let out = r#""../\351""#;
        assert_eq!(normalize(out), Err(FileError::Outside(out.to_owned())));
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn links_cannot_leave_the_folder() -> Result<(), Box<dyn std::error::Error>> {
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
