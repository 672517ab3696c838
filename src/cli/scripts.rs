//! Finds the folder of the scripts that tasks are run with.
//!
//! 1. The folder that `SNOWMAN_RUN_TASK_DIR` names, from the working folder.
//! 2. The folder that `snowman.run-task` in config.yml names, from the root of the repository.
//! 3. The folder that an installed taskgraph package brings: that of the worker which runs the
//!    project's Python, if there is one; else that in the site-packages of the interpreter
//!    `SNOWMAN_PYTHON`, of that in `VIRTUAL_ENV`, or of `python3` on the PATH.
//!    Interpreters are asked when the scripts are first needed, as that takes longer than most
//!    commands do; that of a virtual environment only where the package does not lie in it.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::config::graph_config::{GraphConfig, join};
use crate::ports::environment::Environment;
use crate::ports::files::Disk;
use crate::transform::scripts::{RUN_TASK, RunTask, Scripts};

/// How long an interpreter may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Prints the folders of the package without importing it. The working folder is left out, as a
/// repository may have a folder of that name.
const QUESTION: &str = "\
import sys
sys.path = [path for path in sys.path if path]
from importlib.util import find_spec
spec = find_spec('taskgraph')
print('\\n'.join(spec.submodule_search_locations or []) if spec else '')
";

/// The scripts of a project, whose Python runs over this package of taskgraph if it does.
///
/// # Errors
/// When a folder is named that cannot be used.
pub fn find(
    environment: &Environment,
    working: &Path,
    files: &Disk,
    config: &GraphConfig,
    package: Option<PathBuf>,
) -> Outcome<RunTask> {
    if let Some(named) = environment.filled("SNOWMAN_RUN_TASK_DIR") {
        let wrong = |error: Diagnostic| error.help(format!("SNOWMAN_RUN_TASK_DIR is {named}"));
        let folder = Disk::new(&working.join(named)).map_err(|error| {
            wrong(Diagnostic::user("the folder of run-task files cannot be read").because(error))
        })?;
        let scripts = Scripts::read(&folder, ".").map_err(|errors| errors.map(wrong))?;
        return Ok(RunTask::new(scripts));
    }
    if let Some(folder) = config.run_task_folder() {
        let scripts = Scripts::read(files, &folder).map_err(|errors| {
            errors.map(|error| {
                let path = crate::base::path::ValuePath::keys(["snowman", "run-task"]);
                error.at(config.place(&path)).help(format!(
                    "`snowman.run-task` in {} has to name a folder of the repository",
                    join(config.root(), "config.yml")
                ))
            })
        })?;
        return Ok(RunTask::new(scripts));
    }
    let environment = environment.clone();
    Ok(RunTask::lazily(Box::new(move || {
        installed(&environment, package.as_deref())
    })))
}

/// The scripts of an installed taskgraph.
fn installed(environment: &Environment, package: Option<&Path>) -> Option<Scripts> {
    let folder = package.and_then(scripts_in).or_else(|| {
        let interpreters = interpreters(environment);
        interpreters.iter().find_map(|python| {
            in_environment(python, environment).or_else(|| {
                ask(python, environment)?
                    .lines()
                    .map(Path::new)
                    .find_map(scripts_in)
            })
        })
    })?;
    let found = Disk::new(&folder).map_err(Diagnostics::from);
    match found.and_then(|found| Scripts::read(&found, ".")) {
        Ok(scripts) => {
            tracing::debug!("Using the run-task files in {}", folder.display());
            Some(scripts)
        }
        Err(error) => {
            tracing::warn!("{} is passed over: {error}", folder.display());
            None
        }
    }
}

/// The interpreters to ask, in order.
fn interpreters(environment: &Environment) -> Vec<PathBuf> {
    let named = environment.filled("SNOWMAN_PYTHON").map(PathBuf::from);
    let in_folder = environment.filled("VIRTUAL_ENV").map(|folder| {
        let below = if cfg!(windows) {
            "Scripts/python.exe"
        } else {
            "bin/python"
        };
        Path::new(folder).join(below)
    });
    named
        .into_iter()
        .chain(in_folder)
        .chain([PathBuf::from("python3")])
        .collect()
}

/// The folder `run-task` of the package in a virtual environment, from where its interpreter imports
/// it unless it is told of other places.
fn in_environment(python: &Path, environment: &Environment) -> Option<PathBuf> {
    let root = python.parent()?.parent()?;
    if environment.get("PYTHONPATH").is_some() || !root.join("pyvenv.cfg").is_file() {
        return None;
    }
    let libraries = std::fs::read_dir(root.join("lib")).into_iter().flatten();
    let mut folders: Vec<PathBuf> = libraries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .chain([root.join("Lib")])
        .collect();
    folders.sort();
    folders
        .iter()
        .find_map(|folder| scripts_in(&folder.join("site-packages/taskgraph")))
}

/// The folder `run-task` of a package.
fn scripts_in(package: &Path) -> Option<PathBuf> {
    let folder = package.join("run-task");
    folder.join(RUN_TASK).is_file().then_some(folder)
}

/// What an interpreter answers; `None` when it is not there, fails or takes too long.
fn ask(python: &Path, environment: &Environment) -> Option<String> {
    let mut child = Command::new(python)
        .args(["-c", QUESTION])
        .env_clear()
        .envs(environment.iter())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut out = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = out.read_to_string(&mut text);
        // Nobody listens any more when it took too long.
        let _ = sender.send(read.map(|_| text));
    });
    let answer = receiver.recv_timeout(PATIENCE);
    if answer.is_err() {
        tracing::warn!("{} does not answer", python.display());
        let _ = child.kill();
    }
    let ended = child.wait().ok()?;
    answer.ok()?.ok().filter(|_| ended.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_interpreter_is_asked_for_what_lies_in_its_environment() {
        let folder = tempfile::tempdir().unwrap();
        let package = folder.path().join("lib/python3.11/site-packages/taskgraph");
        std::fs::create_dir_all(package.join("run-task")).unwrap();
        std::fs::write(package.join("run-task/run-task"), "#!/bin/sh").unwrap();
        // There is no interpreter in it.
        let python = folder.path().join("bin/python");
        let none = Environment::new([]);
        assert_eq!(in_environment(&python, &none), None, "it is no environment");
        std::fs::write(folder.path().join("pyvenv.cfg"), "").unwrap();
        let found = in_environment(&python, &none);
        assert_eq!(found, Some(package.join("run-task")));
        let elsewhere = Environment::new([("PYTHONPATH".to_owned(), "x".to_owned())]);
        assert_eq!(in_environment(&python, &elsewhere), None);
        assert_eq!(in_environment(Path::new("python3"), &none), None);
    }
}
