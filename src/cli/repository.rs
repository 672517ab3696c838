//! Finds the working folder, its repository, and the root folder of a project.

use std::path::{Path, PathBuf};

use super::args::common::ROOT;
use crate::base::diagnostic::Diagnostic;
use crate::config::graph_config::join;
use crate::decision::vcs_diagnostic;
use crate::ports::environment::Environment;
use crate::ports::files::{Disk, FileError, Files, metadata, normalize};
use crate::ports::output_path::OutputPaths;
use crate::ports::vcs::{Vcs, VcsError};

/// The working folder and its repository, for commands that need nothing else from a project.
pub struct WorkingFolder {
    path: PathBuf,
    vcs: Option<Box<dyn Vcs>>,
}

impl WorkingFolder {
    /// Finds the working folder of this process.
    ///
    /// # Errors
    /// When it no longer exists, or its repository cannot be read.
    pub fn find(environment: &Environment) -> Result<Self, Diagnostic> {
        let path = working_folder()?;
        let vcs = find_repository(&path, environment)?;
        Ok(Self { path, vcs })
    }

    /// The paths of files that are written.
    #[must_use]
    pub fn output_paths(&self) -> OutputPaths<'_> {
        OutputPaths::new(&self.path, self.vcs.as_deref())
    }
}

/// Returns the folder that the program was started in.
///
/// # Errors
/// When it no longer exists.
#[expect(
    clippy::disallowed_methods,
    reason = "the composition root names the working folder"
)]
pub fn working_folder() -> Result<PathBuf, Diagnostic> {
    std::env::current_dir()
        .and_then(std::fs::canonicalize)
        .map_err(|error| {
            Diagnostic::environment("cannot determine the working folder").because(error)
        })
}

/// Returns the repository that contains a folder, if any does.
///
/// # Errors
/// When it cannot be read.
pub fn find_repository(
    folder: &Path,
    environment: &Environment,
) -> Result<Option<Box<dyn Vcs>>, Diagnostic> {
    match crate::vcs::discover(folder, environment) {
        Ok(vcs) => Ok(Some(vcs)),
        Err(VcsError::NoRepository(_)) => Ok(None),
        Err(error) => Err(vcs_diagnostic(&error)),
    }
}

/// Returns the nearest folder that contains the folder of a project: the working folder or one above
/// it, up to the root of the repository; the root itself if none does.
///
/// # Errors
/// When a folder cannot be read.
pub fn find_project(working_folder: &Path, repository: &Path) -> Result<PathBuf, Diagnostic> {
    let inside = working_folder.ancestors();
    for folder in inside.take_while(|folder| folder.starts_with(repository)) {
        for config in ["config.yml", "ci/config.yml"] {
            if metadata(&folder.join(ROOT).join(config))?.is_some() {
                return Ok(folder.to_owned());
            }
        }
    }
    Ok(repository.to_owned())
}

/// Guesses the root of the repository where version control knows none: the parent of a root folder
/// with the usual name.
///
/// # Errors
/// When the root folder has another name.
pub fn guess_repository(root_folder: &Path) -> Result<PathBuf, Diagnostic> {
    match (
        root_folder.file_name().and_then(|name| name.to_str()),
        root_folder.parent(),
    ) {
        (Some("taskcluster"), Some(parent)) => Ok(parent.to_owned()),
        _ => Err(
            Diagnostic::user("cannot determine the root of the repository")
                .because(
                    "the working folder is not in a git or hg repository, and the folder of --root is not called `taskcluster`",
                )
                .help("run snowman in a repository"),
        ),
    }
}

/// Returns a folder's path from the root of the repository; `given` is its name in messages.
///
/// # Errors
/// When it is outside the repository.
pub fn path_in_repository(
    repository: &Path,
    folder: &Path,
    argument: &str,
) -> Result<String, Diagnostic> {
    let outside = || {
        Diagnostic::user(format!("--root {argument} is outside the repository"))
            .help("pass the folder of config.yml in the repository that snowman runs in")
    };
    let folder = match std::fs::canonicalize(folder) {
        Ok(folder) => folder,
        // A missing folder is reported when its config.yml is read.
        Err(_) => folder.to_owned(),
    };
    let relative = folder.strip_prefix(repository).map_err(|_| outside())?;
    let text = relative.to_str().ok_or_else(outside)?;
    normalize(&text.replace(std::path::MAIN_SEPARATOR, "/")).map_err(|_| outside())
}

/// Returns the folder of config.yml: `root`, or its folder `ci` in projects of older versions of
/// taskgraph.
///
/// # Errors
/// When it cannot be determined which of the two has a config.yml.
pub fn config_folder(files: &Disk, root: String) -> Result<String, FileError> {
    let has_config = |folder: &str| match files.mode(&join(folder, "config.yml")) {
        Ok(_) => Ok(true),
        // A link that leads out of the repository is refused when the file is read.
        Err(FileError::Missing(_) | FileError::Outside(_)) => Ok(false),
        Err(error) => Err(error),
    };
    let older = join(&root, "ci");
    if root == ROOT && !has_config(&root)? && has_config(&older)? {
        return Ok(older);
    }
    Ok(root)
}
