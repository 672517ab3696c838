//! Finds the folder of the scripts.
//!
//! 1. The folder that `SNOWMAN_RUN_TASK_DIR` names, relative to the working folder.
//! 2. The folder that `snowman.run-task` in config.yml names, relative to the root of the repository.
//! 3. The folder in an installed taskgraph package: that of the worker that runs the project's
//!    Python, if any, or else the first one that the port finds. These are searched on first use.

use std::path::{Path, PathBuf};

use super::scripts::{RUN_TASK, ScriptFiles, TaskScripts};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::config::graph_config::{GraphConfig, join};
use crate::ports::environment::Environment;
use crate::ports::files::Disk;
use crate::ports::python::InstalledPackages;

/// The scripts of a project.
///
/// `package` is the folder of the taskgraph package with which the project's Python runs, if it does.
///
/// # Errors
/// If a named folder cannot be used.
pub fn locate(
    environment: &Environment,
    working: &Path,
    files: &Disk,
    config: &GraphConfig,
    packages: Box<dyn InstalledPackages>,
    package: Option<PathBuf>,
) -> Outcome<TaskScripts> {
    if let Some(named) = environment.filled("SNOWMAN_RUN_TASK_DIR") {
        let wrong = |error: Diagnostic| {
            error.help(format!("set SNOWMAN_RUN_TASK_DIR to the folder that contains `run-task`; it is set to {named}"))
        };
        let folder = Disk::new(&working.join(named)).map_err(|error| {
            wrong(Diagnostic::user("cannot read the folder with the run-task files").because(error))
        })?;
        let scripts = ScriptFiles::read(&folder, ".").map_err(|errors| errors.map(wrong))?;
        return Ok(TaskScripts::new(scripts));
    }
    if let Some(folder) = config.run_task_folder() {
        let scripts = ScriptFiles::read(files, &folder).map_err(|errors| {
            errors.map(|error| {
                let path = crate::base::path::ValuePath::keys(["snowman", "run-task"]);
                error.at(config.place(&path)).help(format!(
                    "set `snowman.run-task` in {} to a folder in the repository",
                    join(config.root(), "config.yml")
                ))
            })
        })?;
        return Ok(TaskScripts::new(scripts));
    }
    Ok(TaskScripts::from_lookup(Box::new(move || {
        installed_scripts(&*packages, package.as_deref())
    })))
}

/// The scripts of an installed taskgraph.
fn installed_scripts(
    packages: &dyn InstalledPackages,
    package: Option<&Path>,
) -> Option<ScriptFiles> {
    let folder = package.and_then(scripts_in).or_else(|| {
        let package = packages.find("taskgraph", &|package| scripts_in(package).is_some());
        scripts_in(&package?)
    })?;
    let files = Disk::new(&folder).map_err(Diagnostics::from);
    match files.and_then(|files| ScriptFiles::read(&files, ".")) {
        Ok(scripts) => {
            tracing::debug!("using the run-task files in {}", folder.display());
            Some(scripts)
        }
        Err(error) => {
            tracing::warn!(
                "ignoring the run-task files in {}: {error}",
                folder.display()
            );
            None
        }
    }
}

/// The folder `run-task` of a package.
fn scripts_in(package: &Path) -> Option<PathBuf> {
    let folder = package.join("run-task");
    folder.join(RUN_TASK).is_file().then_some(folder)
}
