//! Finds the folder of the scripts that tasks are run with.
//!
//! 1. The folder that `SNOWMAN_RUN_TASK_DIR` names, from the working folder.
//! 2. The folder that `snowman.run-task` in config.yml names, from the root of the repository.
//! 3. The folder that an installed taskgraph package brings: that of the worker which runs the
//!    project's Python, if there is one; else that in the site-packages of the interpreter
//!    `SNOWMAN_PYTHON`, of that in `VIRTUAL_ENV`, or of `python3` on the PATH.
//!    Interpreters are asked when the scripts are first needed, as that takes longer than most
//!    commands do.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::base::diagnostic::{Diagnostic, Outcome};
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
            ask(python, environment)?
                .lines()
                .map(Path::new)
                .find_map(scripts_in)
        })
    })?;
    let found = Disk::new(&folder).ok()?;
    match Scripts::read(&found, ".") {
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
