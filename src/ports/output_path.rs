//! Paths of files that are written.
//!
//! Tasks prepare the folders that they write to: most `.taskcluster.yml` files have `ln -s
//! /builds/worker/artifacts artifacts`. Such a link may point anywhere. A link that version control
//! tracks is different: it comes with the revision, possibly from an untrusted pull request, and
//! must not make the task write outside the checkout. So a path is followed one component at a
//! time:
//!
//! 1. The target of a link must exist.
//! 2. For each link inside the working copy, version control is asked whether it tracks it.
//! 3. If any link on the way is tracked, the path must end inside the working copy, and not in
//!    version control's own folder.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::vcs::{Vcs, VcsError};
use crate::base::diagnostic::Diagnostic;

/// How many links a path may contain, as on Linux.
const MOST_LINKS: usize = 40;

/// Folders in which version control keeps its own files.
const OF_VCS: [&str; 2] = [".git", ".hg"];

/// Why a file cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// A link that is part of the checkout points out of it.
    #[error("`{link}` is a link tracked by version control that points outside the checkout")]
    Tracked {
        /// The link, relative to the working folder if it is below it.
        link: String,
    },
    /// A link's target does not exist.
    #[error("`{link}` is a link to {target}, which does not exist")]
    Dangling {
        /// The link.
        link: String,
        /// Its target, as written.
        target: String,
    },
    /// Something other than a folder is in the way.
    #[error("`{0}` is not a folder")]
    NotAFolder(String),
    /// Version control cannot tell whether it tracks a link.
    #[error("cannot determine whether version control tracks the link `{link}`: {error}")]
    Unknown {
        /// The link.
        link: String,
        /// Why.
        error: VcsError,
    },
    /// The system's error.
    #[error(transparent)]
    System(#[from] io::Error),
}

impl OutputError {
    /// The diagnostic for a file, with advice that fits the error.
    #[must_use]
    pub fn diagnostic(&self, what: &str, file: &Path) -> Diagnostic {
        let message = format!("cannot write {what}{}", file.display());
        let (diagnostic, help) = match self {
            Self::Tracked { link } => (
                Diagnostic::user(message),
                Some(format!(
                    "remove `{link}` from the repository; links that the task creates may point anywhere"
                )),
            ),
            Self::Dangling { target, .. } => (
                Diagnostic::environment(message),
                Some(format!("create {target}, or remove the link")),
            ),
            Self::NotAFolder(path) => (
                Diagnostic::environment(message),
                Some(format!("move `{path}` out of the way")),
            ),
            Self::Unknown { .. } => (Diagnostic::environment(message), None),
            Self::System(error) => (Diagnostic::environment(message), advice(error, file)),
        };
        let diagnostic = diagnostic.because(self);
        match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }
}

/// The diagnostic for a file that the system cannot write.
#[must_use]
pub fn cannot_write(file: &Path, error: io::Error) -> Diagnostic {
    OutputError::from(error).diagnostic("", file)
}

/// Advice on an error of the system; `None` if the error says it all.
fn advice(error: &io::Error, file: &Path) -> Option<String> {
    use io::ErrorKind as Kind;
    let path = file.display();
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => format!("the folder {}", folder.display()),
        _ => "the working folder".to_owned(),
    };
    Some(match error.kind() {
        Kind::PermissionDenied => {
            format!("make {folder} writable by the user that runs this")
        }
        Kind::ReadOnlyFilesystem => {
            format!("use another file system; that of {folder} is mounted read-only")
        }
        Kind::StorageFull => format!("free some space on the file system of {folder}"),
        Kind::QuotaExceeded => format!("free some space; the disk quota for {folder} is used up"),
        Kind::FileTooLarge => "raise the limit on the size of files (`ulimit -f`)".to_owned(),
        Kind::NotFound => format!("create {folder} first"),
        Kind::NotADirectory => {
            format!("move the parent of {path} that is not a folder out of the way")
        }
        Kind::IsADirectory | Kind::DirectoryNotEmpty | Kind::AlreadyExists => {
            format!("move {path} out of the way")
        }
        Kind::InvalidFilename => "use a shorter name".to_owned(),
        _ => return None,
    })
}

/// A path that may be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    path: PathBuf,
    display_path: PathBuf,
    /// The path without links, as far as it exists.
    end: PathBuf,
}

impl OutputFile {
    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path as it was given.
    #[must_use]
    pub fn display_path(&self) -> &Path {
        &self.display_path
    }

    /// Whether both are the same file.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.end == other.end
    }

    /// Whether the folder of this file is one that has to exist for the other.
    #[must_use]
    pub fn has_folder_of(&self, other: &Self) -> bool {
        let folder = self.end.parent();
        folder.is_some_and(|folder| other.end.starts_with(folder))
    }

    /// Checks that the file can be written, without changing it.
    ///
    /// # Errors
    /// When it cannot be, or its folder does not exist.
    pub fn check_writable(&self) -> Result<(), Diagnostic> {
        let folder = self.end.parent();
        self.check(folder)
    }

    /// Checks that the file can be written, once its folder is created.
    ///
    /// # Errors
    /// When it cannot be.
    pub fn check_writable_with_folder(&self) -> Result<(), Diagnostic> {
        let mut folders = self.end.ancestors().skip(1);
        self.check(folders.find(|folder| folder.exists()))
    }

    /// Checks that the file can be written, or that it can be created in a folder if it does not exist.
    fn check(&self, folder: Option<&Path>) -> Result<(), Diagnostic> {
        let checked = match std::fs::metadata(&self.end) {
            Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(found) if found.is_file() => {
                let file = std::fs::OpenOptions::new().write(true).open(&self.end);
                file.map(drop)
            }
            // Opening a pipe would wait for its reader.
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => match folder {
                Some(folder) => tempfile::tempfile_in(folder).map(drop),
                None => Err(error),
            },
            Err(error) => Err(error),
        };
        checked.map_err(|error| cannot_write(&self.display_path, error))
    }
}

/// Resolves the paths of files that are written.
pub struct OutputPaths<'a> {
    working: PathBuf,
    vcs: Option<&'a dyn Vcs>,
    /// Whether version control tracks a link, for the links queried so far.
    tracked: Mutex<BTreeMap<PathBuf, bool>>,
}

/// What a path resolves to.
struct End {
    /// The path, without any links as far as it exists.
    path: PathBuf,
    /// The first link on the way that version control tracks.
    tracked: Option<PathBuf>,
}

impl<'a> OutputPaths<'a> {
    /// Paths relative to a working folder, in the repository that it belongs to, if any.
    #[must_use]
    pub fn new(working: &Path, vcs: Option<&'a dyn Vcs>) -> Self {
        Self {
            working: working.to_owned(),
            vcs,
            tracked: Mutex::default(),
        }
    }

    /// The path of a folder, without links; missing parts of it have to be created.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn folder(&self, folder: &Path) -> Result<PathBuf, OutputError> {
        self.end(&self.working.join(folder), true)
    }

    /// The path of a file named by the user: a link in its place is followed.
    ///
    /// # Errors
    /// As a diagnostic.
    pub fn file(&self, file: &Path) -> Result<OutputFile, Diagnostic> {
        let path = self.working.join(file);
        let end = self.end(&path, false);
        Ok(OutputFile {
            path,
            display_path: file.to_owned(),
            end: end.map_err(|error| error.diagnostic("", file))?,
        })
    }

    fn end(&self, path: &Path, is_folder: bool) -> Result<PathBuf, OutputError> {
        let end = self.follow(path, is_folder)?;
        match end.tracked {
            Some(link) if !self.is_in_checkout(&end.path) => Err(OutputError::Tracked {
                link: self.display_path(&link),
            }),
            _ => Ok(end.path),
        }
    }

    fn follow(&self, path: &Path, is_folder: bool) -> Result<End, OutputError> {
        let mut end = End {
            path: PathBuf::new(),
            tracked: None,
        };
        let mut links = 0;
        let mut ahead = components(path);
        while let Some(component) = ahead.pop_front() {
            match Path::new(&component).components().next() {
                Some(Component::ParentDir) => {
                    end.path.pop();
                    continue;
                }
                Some(Component::Normal(_)) => {}
                // A root replaces everything before it.
                _ => {
                    end.path.push(component);
                    continue;
                }
            }
            let here = end.path.join(component);
            let is_last = ahead.is_empty();
            match std::fs::symlink_metadata(&here) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
                Ok(found) if found.is_symlink() => {
                    links += 1;
                    if links > MOST_LINKS {
                        return Err(io::Error::other(format!(
                            "`{}` contains a loop of links",
                            self.display_path(path)
                        ))
                        .into());
                    }
                    let target = std::fs::read_link(&here)?;
                    if is_folder || !is_last {
                        self.check_target(&here, &target)?;
                    }
                    if end.tracked.is_none() && self.is_tracked(&here)? {
                        end.tracked = Some(here);
                    }
                    let mut longer = components(&target);
                    longer.append(&mut ahead);
                    ahead = longer;
                    continue;
                }
                Ok(found) if !found.is_dir() && (is_folder || !is_last) => {
                    return Err(OutputError::NotAFolder(self.display_path(&here)));
                }
                Ok(_) => {}
            }
            end.path = here;
        }
        Ok(end)
    }

    /// Refuses a link whose target does not exist.
    fn check_target(&self, link: &Path, target: &Path) -> Result<(), OutputError> {
        match std::fs::metadata(link) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(OutputError::Dangling {
                link: self.display_path(link),
                target: target.display().to_string(),
            }),
            Err(error) => Err(error.into()),
        }
    }

    fn is_tracked(&self, link: &Path) -> Result<bool, OutputError> {
        let Some(vcs) = self.vcs else {
            return Ok(false);
        };
        let Ok(below) = link.strip_prefix(vcs.root()) else {
            return Ok(false);
        };
        // Links in a nested repository came with that repository.
        let folders = link.ancestors().skip(1);
        let mut nested = folders.take_while(|folder| *folder != vcs.root());
        if nested.any(|folder| OF_VCS.iter().any(|name| folder.join(name).exists())) {
            return Ok(true);
        }
        let mut known = self.tracked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tracked) = known.get(link) {
            return Ok(*tracked);
        }
        let tracked = vcs
            .tracks_link(below)
            .map_err(|error| OutputError::Unknown {
                link: self.display_path(link),
                error,
            })?;
        known.insert(link.to_owned(), tracked);
        Ok(tracked)
    }

    fn is_in_checkout(&self, path: &Path) -> bool {
        let below = self.vcs.and_then(|vcs| path.strip_prefix(vcs.root()).ok());
        below.is_some_and(|below| {
            let mut parts = below.iter();
            !parts.any(|part| OF_VCS.iter().any(|name| part.eq_ignore_ascii_case(name)))
        })
    }

    /// A path as shown to people.
    fn display_path(&self, path: &Path) -> String {
        let below = path.strip_prefix(&self.working).unwrap_or(path);
        below.display().to_string()
    }
}

fn components(path: &Path) -> VecDeque<OsString> {
    path.components()
        .filter(|component| *component != Component::CurDir)
        .map(|component| component.as_os_str().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn io_errors_have_matching_help() {
        use io::ErrorKind as Kind;
        let advice_for = |kind: Kind, file: &str| {
            let diagnostic = cannot_write(Path::new(file), kind.into());
            assert_eq!(diagnostic.message, format!("cannot write {file}"));
            diagnostic.help.unwrap_or_default()
        };
        for (kind, words) in [
            (Kind::PermissionDenied, "make the folder a/b writable"),
            (Kind::ReadOnlyFilesystem, "mounted read-only"),
            (Kind::StorageFull, "free some space"),
            (Kind::FileTooLarge, "raise the limit"),
            (Kind::QuotaExceeded, "quota"),
            (Kind::NotFound, "create the folder a/b first"),
            (
                Kind::NotADirectory,
                "move the parent of a/b/c that is not a folder",
            ),
            (Kind::IsADirectory, "move a/b/c out of the way"),
            (Kind::AlreadyExists, "move a/b/c out of the way"),
            (Kind::InvalidFilename, "shorter name"),
        ] {
            let help = advice_for(kind, "a/b/c");
            assert!(help.contains(words), "{kind:?}: {help}");
        }
        // No advice applies to these.
        for kind in [Kind::Other, Kind::Interrupted, Kind::ResourceBusy] {
            assert_eq!(advice_for(kind, "a/b/c"), "", "{kind:?}");
        }
        let help = advice_for(Kind::PermissionDenied, "c");
        assert!(help.starts_with("make the working folder"), "{help}");
    }
}
