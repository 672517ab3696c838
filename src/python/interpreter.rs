//! Finds the interpreter of a project.
//!
//! In order, the first that can be started and knows taskgraph:
//!
//! 1. `SNOWMAN_PYTHON`; when it is set, no other is tried;
//! 2. that of the virtual environment `VIRTUAL_ENV`;
//! 3. that of a folder `.venv` in the working folder, under the folder of config.yml, or in the root
//!    of the repository;
//! 4. that of a script `taskgraph` on the PATH;
//! 5. `python3` and `python` on the PATH;
//! 6. `uv run`, where the repository has a `uv.lock`.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::Process;
use super::project::Project;
use crate::base::diagnostic::Diagnostic;
use crate::ports::files::metadata;

/// The major version of taskgraph whose behaviour is built in.
pub const CONTRACT: u64 = 24;

/// An interpreter that knows taskgraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    /// The program and its first arguments.
    pub command: Vec<String>,
    /// The version of Python, and the machine as it sees it.
    pub python: [String; 2],
    /// The version of taskgraph.
    pub taskgraph: String,
    /// The folder of taskgraph.
    pub package: Option<PathBuf>,
}

impl Interpreter {
    /// The major version of taskgraph.
    #[must_use]
    pub fn major(&self) -> u64 {
        let first = self.taskgraph.split('.').next().unwrap_or_default();
        first.parse().unwrap_or_default()
    }
}

/// Finds an interpreter and starts it.
///
/// # Errors
/// When there is none that knows taskgraph; with what was tried, and what to install.
pub fn find(project: &Project) -> Result<(Interpreter, Process), Diagnostic> {
    let named = project.environment.filled("SNOWMAN_PYTHON");
    let mut tried = Vec::new();
    for command in candidates(project) {
        let command_line = command.join(" ");
        let process = match start_process(&command, project) {
            Ok(process) => process,
            Err(why) => {
                tried.push(format!("{command_line}: {why}"));
                continue;
            }
        };
        let Some(version) = process.hello["taskgraph"].as_str() else {
            tried.push(format!(
                "{command_line}: the package taskgraph is not installed"
            ));
            continue;
        };
        tracing::debug!(
            "Python runs in {} with taskgraph {version}",
            process.hello["executable"]
                .as_str()
                .unwrap_or(&command_line)
        );
        let found = Interpreter {
            command,
            python: ["python", "machine"].map(|key| process.hello[key].to_string()),
            taskgraph: version.to_owned(),
            package: process.hello["package"].as_str().map(PathBuf::from),
        };
        return Ok((found, process));
    }
    let help = match named {
        Some(_) => {
            "set SNOWMAN_PYTHON to an interpreter in which taskcluster-taskgraph is installed"
                .to_owned()
        }
        None => format!(
            "install taskcluster-taskgraph (`{}`), or set SNOWMAN_PYTHON to an interpreter that has it",
            install_command(project)
        ),
    };
    let diagnostic = Diagnostic::environment("no Python with the package taskgraph was found");
    Err(diagnostic.because(tried.join("\n")).help(help))
}

/// The command that installs what the project needs, by the files that it has: those in the folder of
/// config.yml come first, then those in the folders above it.
fn install_command(project: &Project) -> String {
    let root = project.working.join(&project.root);
    let folders = root.ancestors();
    for folder in folders.take_while(|folder| folder.starts_with(&project.repository)) {
        let has =
            |name: &str| matches!(metadata(&folder.join(name)), Ok(Some(found)) if found.is_file());
        let named = |name: &str| {
            let path = folder.join(name);
            let path = path.strip_prefix(&project.repository).unwrap_or(&path);
            path.display().to_string()
        };
        if has("requirements.txt") {
            return format!("pip install --requirement {}", named("requirements.txt"));
        }
        if has("uv.lock") {
            return "uv sync".to_owned();
        }
        if has("poetry.lock") {
            return "poetry install".to_owned();
        }
    }
    "pip install taskcluster-taskgraph".to_owned()
}

/// Starts an interpreter again.
///
/// # Errors
/// When it cannot be started any more.
pub fn start(command: &[String], project: &Project) -> Result<Process, Diagnostic> {
    start_process(command, project).map_err(|why| {
        Diagnostic::environment(format!("cannot start `{}`", command.join(" "))).because(why)
    })
}

fn start_process(command: &[String], project: &Project) -> Result<Process, String> {
    let Some((program, arguments)) = command.split_first() else {
        return Err("the command is empty".to_owned());
    };
    let mut started = Command::new(program);
    started
        .args(arguments)
        .current_dir(&project.working)
        .env_clear()
        .envs(project.environment.iter());
    if project.environment.get("PYTHONHASHSEED").is_none() {
        // The order of sets can show in the results of projects.
        started.env("PYTHONHASHSEED", "0");
    }
    Process::start(started)
}

/// The interpreters to try, in order.
fn candidates(project: &Project) -> Vec<Vec<String>> {
    let environment = &project.environment;
    if let Some(named) = environment.filled("SNOWMAN_PYTHON") {
        return vec![vec![named.to_owned()]];
    }
    let mut found: Vec<Vec<String>> = Vec::new();
    let mut add = |path: PathBuf| {
        let command = vec![path.display().to_string()];
        if path.is_file() && !found.contains(&command) {
            found.push(command);
        }
    };
    if let Some(folder) = environment.filled("VIRTUAL_ENV") {
        add(in_environment(Path::new(folder)));
    }
    let root = project.working.join(&project.root);
    for folder in [&project.working, &root, &project.repository] {
        add(in_environment(&folder.join(".venv")));
    }
    let path: Vec<PathBuf> = environment
        .get("PATH")
        .map(|path| std::env::split_paths(path).collect())
        .unwrap_or_default();
    for interpreter in path
        .iter()
        .filter_map(|folder| shebang(&folder.join("taskgraph")))
    {
        add(interpreter);
    }
    for name in if cfg!(windows) {
        ["python.exe", "python3.exe"]
    } else {
        ["python3", "python"]
    } {
        if let Some(first) = path
            .iter()
            .map(|folder| folder.join(name))
            .find(|one| one.is_file())
        {
            add(first);
        }
    }
    if project.repository.join("uv.lock").is_file() || root.join("uv.lock").is_file() {
        found.push(
            ["uv", "run", "--frozen", "python"]
                .map(str::to_owned)
                .to_vec(),
        );
    }
    found
}

fn in_environment(folder: &Path) -> PathBuf {
    folder.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    })
}

/// The interpreter in the first line of a script.
fn shebang(script: &Path) -> Option<PathBuf> {
    let text = std::fs::read(script).ok()?;
    let first = text
        .strip_prefix(b"#!")?
        .split(|byte| *byte == b'\n')
        .next()?;
    let line = std::str::from_utf8(first).ok()?.trim();
    // `/usr/bin/env python3` is found on the PATH anyway.
    let path = PathBuf::from(line);
    path.is_absolute().then_some(path)
}
