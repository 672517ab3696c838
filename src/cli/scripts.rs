//! Finds the folder of the scripts that tasks are run with.
//!
//! 1. The folder that `SNOWMAN_RUN_TASK_DIR` names, from the working folder.
//! 2. The folder that `snowman.run-task` in config.yml names, from the root of the repository.
//! 3. The folder that an installed taskgraph package brings: that of the worker which runs the
//!    project's Python, if there is one; else that in a folder of `PYTHONPATH`; else that in the
//!    site-packages of the interpreter `SNOWMAN_PYTHON`, of that in `VIRTUAL_ENV`, or of `python3`
//!    on the PATH. They are looked for when the scripts are first needed. Starting an interpreter
//!    takes longer than most commands do, so it is only started if its files do not show whether it
//!    has the package: if it is outside a virtual environment, or if its virtual environment refers
//!    to other folders.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::config::graph_config::{GraphConfig, join};
use crate::ports::environment::Environment;
use crate::ports::files::Disk;
use crate::task_scripts::{RUN_TASK, RunTask, Scripts};

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
    let folder = package
        .and_then(scripts_in)
        .or_else(|| on_python_path(environment))
        .or_else(|| {
            interpreters(environment)
                .iter()
                .find_map(|python| match in_environment(python) {
                    Found::Here(folder) => Some(folder),
                    Found::Nowhere => None,
                    Found::Unknown => ask(python, environment)?
                        .lines()
                        .map(Path::new)
                        .find_map(scripts_in),
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

/// What the files of a virtual environment show about the package.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    /// It is installed, with this folder `run-task`.
    Here(PathBuf),
    /// It is not installed.
    Nowhere,
    /// Only the interpreter can tell.
    Unknown,
}

/// The package's folder `run-task` in a folder of `PYTHONPATH`, which every interpreter searches
/// first.
fn on_python_path(environment: &Environment) -> Option<PathBuf> {
    let folders = environment.filled("PYTHONPATH")?;
    std::env::split_paths(folders).find_map(|folder| scripts_in(&folder.join("taskgraph")))
}

/// Looks for the package in the virtual environment of an interpreter.
fn in_environment(python: &Path) -> Found {
    let root = python.parent().and_then(Path::parent);
    let Some((root, config)) =
        root.and_then(|root| Some((root, std::fs::read_to_string(root.join("pyvenv.cfg")).ok()?)))
    else {
        return Found::Unknown;
    };
    let libraries = std::fs::read_dir(root.join("lib")).into_iter().flatten();
    let mut folders: Vec<PathBuf> = libraries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .chain([root.join("Lib")])
        .map(|folder| folder.join("site-packages"))
        .collect();
    folders.sort();
    let mut packages = folders.iter().map(|folder| folder.join("taskgraph"));
    if let Some(found) = packages.find_map(|package| scripts_in(&package)) {
        return Found::Here(found);
    }
    let shares = config.lines().filter_map(|line| line.split_once('='));
    let shares = shares.map(|(name, value)| (name.trim(), value.trim()));
    let mut shares = shares.filter(|(name, _)| *name == "include-system-site-packages");
    let refers = || folders.iter().any(|folder| refers_elsewhere(folder));
    if shares.any(|(_, value)| value.eq_ignore_ascii_case("true")) || refers() {
        return Found::Unknown;
    }
    Found::Nowhere
}

/// Whether a folder of packages has files that add other folders, as editable installations do.
fn refers_elsewhere(folder: &Path) -> bool {
    // These two belong to setuptools and virtualenv, and add none.
    let own = ["distutils-precedence.pth", "_virtualenv.pth"];
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| {
        let name = path.file_name().and_then(|name| name.to_str());
        path.extension().is_some_and(|end| end == "pth") && !own.map(Some).contains(&name)
    })
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

    /// A folder of packages that has taskgraph with a `run-task` of this content.
    fn packages(folder: &Path, content: &str) -> PathBuf {
        let scripts = folder.join("taskgraph/run-task");
        std::fs::create_dir_all(&scripts).unwrap();
        for name in ["run-task", "fetch-content"] {
            std::fs::write(scripts.join(name), content).unwrap();
        }
        scripts
    }

    #[test]
    fn files_of_a_virtual_environment_say_whether_it_has_the_package() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let packages_folder = root.join("lib/python3.11/site-packages");
        // There is no interpreter in it.
        let python = root.join("bin/python");
        let scripts = packages(&packages_folder, "#!/bin/sh");
        assert_eq!(in_environment(&python), Found::Unknown, "no environment");
        let config = root.join("pyvenv.cfg");
        std::fs::write(&config, "include-system-site-packages = false\n").unwrap();
        assert_eq!(in_environment(&python), Found::Here(scripts));
        std::fs::remove_dir_all(packages_folder.join("taskgraph")).unwrap();
        std::fs::write(packages_folder.join("distutils-precedence.pth"), "").unwrap();
        assert_eq!(in_environment(&python), Found::Nowhere);
        let other = packages_folder.join("__editable__.taskgraph.pth");
        std::fs::write(&other, "/elsewhere\n").unwrap();
        assert_eq!(in_environment(&python), Found::Unknown, "an editable one");
        std::fs::remove_file(other).unwrap();
        std::fs::write(&config, "include-system-site-packages = true\n").unwrap();
        assert_eq!(
            in_environment(&python),
            Found::Unknown,
            "that of others too"
        );
        assert_eq!(in_environment(Path::new("python3")), Found::Unknown);
    }

    #[cfg(unix)]
    #[test]
    fn variables_of_the_environment_start_no_interpreter_by_themselves() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let started = root.join("started");
        let text = format!("#!/bin/sh\ntouch {}\nexit 1\n", started.display());
        let interpreter = |name: &str| {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
            path.display().to_string()
        };
        let python = interpreter("venv/bin/python");
        let bare = interpreter("bare/bin/python");
        for name in ["venv", "bare"] {
            std::fs::write(root.join(name).join("pyvenv.cfg"), "").unwrap();
        }
        let read = |folder: &Path| Scripts::read(&Disk::new(folder).unwrap(), ".").ok();
        let in_venv = read(&packages(
            &root.join("venv/lib/python3.11/site-packages"),
            "1",
        ));
        let on_path = read(&packages(&root.join("path"), "2"));
        assert!(in_venv.is_some() && in_venv != on_path);
        std::fs::create_dir_all(root.join("empty")).unwrap();
        let path = |name: &str| root.join(name).display().to_string();
        let find = |variables: &[(&str, String)]| {
            let pairs = variables.iter();
            let pairs = pairs.map(|(name, value)| ((*name).to_owned(), value.clone()));
            let found = installed(&Environment::new(pairs), None);
            assert!(!started.exists(), "{variables:?} starts Python");
            found
        };
        let both = std::env::join_paths([path("empty"), path("path")]).unwrap();
        let both = both.into_string().unwrap();
        let environment = ("VIRTUAL_ENV", path("venv"));
        assert_eq!(find(std::slice::from_ref(&environment)), in_venv);
        assert_eq!(find(&[("SNOWMAN_PYTHON", python.clone())]), in_venv);
        // What is missing in one place is found in the next.
        let empty = ("PYTHONPATH", path("empty"));
        assert_eq!(find(&[environment.clone(), empty.clone()]), in_venv);
        assert_eq!(find(&[environment.clone(), ("PYTHONPATH", both)]), on_path);
        assert_eq!(
            find(&[environment.clone(), ("PYTHONHOME", path("empty"))]),
            in_venv
        );
        assert_eq!(find(&[environment, ("SNOWMAN_PYTHON", bare)]), in_venv);
    }
}
