//! Finds packages that are installed for Python, and starts an interpreter only if it must.
//!
//! 1. The folders of `PYTHONPATH`, which every interpreter searches first.
//! 2. The site-packages of the interpreter `SNOWMAN_PYTHON`, of the virtual environment
//!    `VIRTUAL_ENV`, and of `python3` on the PATH.
//!
//! Starting an interpreter takes longer than most commands do. It is only started if its files do
//! not show whether it has the package: if it is outside a virtual environment, or if its virtual
//! environment refers to other folders.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::ports::environment::Environment;
use crate::ports::python::InstalledPackages;

/// The time limit for an interpreter.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Prints the folders of a package without importing it. The working folder is left out, because a
/// repository may have a folder of that name.
const FIND_PACKAGE: &str = "\
import sys
sys.path = [path for path in sys.path if path]
from importlib.util import find_spec
spec = find_spec(sys.argv[1])
print('\\n'.join(spec.submodule_search_locations or []) if spec else '')
";

/// The packages of the interpreters that the environment names.
#[derive(Debug, Clone)]
pub struct EnvironmentPackages {
    environment: Environment,
}

impl EnvironmentPackages {
    /// The packages of this environment.
    #[must_use]
    pub fn new(environment: Environment) -> Self {
        Self { environment }
    }

    /// The package in a folder of `PYTHONPATH`.
    fn on_python_path(&self, name: &str, accept: &dyn Fn(&Path) -> bool) -> Option<PathBuf> {
        let folders = self.environment.filled("PYTHONPATH")?;
        std::env::split_paths(folders)
            .map(|folder| folder.join(name))
            .find(|package| accept(package))
    }

    /// The interpreters to search, in order.
    fn interpreters(&self) -> Vec<PathBuf> {
        let named = self.environment.filled("SNOWMAN_PYTHON").map(PathBuf::from);
        let in_folder = self.environment.filled("VIRTUAL_ENV").map(|folder| {
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
}

impl InstalledPackages for EnvironmentPackages {
    fn find(&self, name: &str, accept: &dyn Fn(&Path) -> bool) -> Option<PathBuf> {
        self.on_python_path(name, accept).or_else(|| {
            self.interpreters().iter().find_map(|python| {
                match in_virtual_environment(python, name, accept) {
                    Search::Found(package) => Some(package),
                    Search::NotInstalled => None,
                    Search::Unknown => ask_interpreter(python, name, &self.environment)?
                        .lines()
                        .map(PathBuf::from)
                        .find(|package| accept(package)),
                }
            })
        })
    }
}

/// What the files of a virtual environment show about a package.
#[derive(Debug, PartialEq, Eq)]
enum Search {
    /// It is installed in this folder.
    Found(PathBuf),
    /// It is not installed.
    NotInstalled,
    /// Only the interpreter knows.
    Unknown,
}

/// Looks for the package in the virtual environment of an interpreter.
fn in_virtual_environment(python: &Path, name: &str, accept: &dyn Fn(&Path) -> bool) -> Search {
    let root = python.parent().and_then(Path::parent);
    let Some((root, config)) =
        root.and_then(|root| Some((root, std::fs::read_to_string(root.join("pyvenv.cfg")).ok()?)))
    else {
        return Search::Unknown;
    };
    let libraries = std::fs::read_dir(root.join("lib")).into_iter().flatten();
    let mut folders: Vec<PathBuf> = libraries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .chain([root.join("Lib")])
        .map(|folder| folder.join("site-packages"))
        .collect();
    folders.sort();
    let mut packages = folders.iter().map(|folder| folder.join(name));
    if let Some(package) = packages.find(|package| accept(package)) {
        return Search::Found(package);
    }
    let shares = config.lines().filter_map(|line| line.split_once('='));
    let shares = shares.map(|(name, value)| (name.trim(), value.trim()));
    let mut shares = shares.filter(|(name, _)| *name == "include-system-site-packages");
    let refers_elsewhere = || folders.iter().any(|folder| has_path_files(folder));
    if shares.any(|(_, value)| value.eq_ignore_ascii_case("true")) || refers_elsewhere() {
        return Search::Unknown;
    }
    Search::NotInstalled
}

/// Whether a folder of packages has files that add other folders, as editable installations do.
fn has_path_files(folder: &Path) -> bool {
    // These two belong to setuptools and virtualenv, and add no folders.
    let own = ["distutils-precedence.pth", "_virtualenv.pth"];
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| {
        let name = path.file_name().and_then(|name| name.to_str());
        path.extension().is_some_and(|end| end == "pth") && !own.map(Some).contains(&name)
    })
}

/// The output of an interpreter; `None` if it does not exist, fails or takes too long.
fn ask_interpreter(python: &Path, name: &str, environment: &Environment) -> Option<String> {
    let mut child = Command::new(python)
        .args(["-c", FIND_PACKAGE, name])
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
        // The receiver is gone after the time limit.
        let _ = sender.send(read.map(|_| text));
    });
    let answer = receiver.recv_timeout(TIMEOUT);
    if answer.is_err() {
        tracing::warn!("{} does not respond", python.display());
        let _ = child.kill();
    }
    let ended = child.wait().ok()?;
    answer.ok()?.ok().filter(|_| ended.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of packages that has taskgraph with a `run-task`.
    fn install(folder: &Path) -> PathBuf {
        let package = folder.join("taskgraph");
        std::fs::create_dir_all(package.join("run-task")).unwrap();
        std::fs::write(package.join("run-task/run-task"), "#!/bin/sh").unwrap();
        package
    }

    fn has_run_task(package: &Path) -> bool {
        package.join("run-task/run-task").is_file()
    }

    #[test]
    fn files_of_a_virtual_environment_show_whether_it_has_the_package() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let packages = root.join("lib/python3.11/site-packages");
        // This interpreter does not exist.
        let python = root.join("bin/python");
        let search = || in_virtual_environment(&python, "taskgraph", &has_run_task);
        let package = install(&packages);
        assert_eq!(search(), Search::Unknown, "no virtual environment");
        let config = root.join("pyvenv.cfg");
        std::fs::write(&config, "include-system-site-packages = false\n").unwrap();
        assert_eq!(search(), Search::Found(package.clone()));
        std::fs::remove_dir_all(package).unwrap();
        std::fs::write(packages.join("distutils-precedence.pth"), "").unwrap();
        assert_eq!(search(), Search::NotInstalled);
        let other = packages.join("__editable__.taskgraph.pth");
        std::fs::write(&other, "/elsewhere\n").unwrap();
        assert_eq!(search(), Search::Unknown, "an editable installation");
        std::fs::remove_file(other).unwrap();
        std::fs::write(&config, "include-system-site-packages = true\n").unwrap();
        assert_eq!(search(), Search::Unknown, "packages of the system");
        let bare = in_virtual_environment(Path::new("python3"), "taskgraph", &has_run_task);
        assert_eq!(bare, Search::Unknown);
    }

    #[cfg(unix)]
    #[test]
    fn environment_variables_alone_start_no_interpreter() {
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
        let in_venv = Some(install(&root.join("venv/lib/python3.11/site-packages")));
        let on_path = Some(install(&root.join("path")));
        std::fs::create_dir_all(root.join("empty")).unwrap();
        let path = |name: &str| root.join(name).display().to_string();
        let find = |variables: &[(&str, String)]| {
            let pairs = variables.iter();
            let pairs = pairs.map(|(name, value)| ((*name).to_owned(), value.clone()));
            let packages = EnvironmentPackages::new(Environment::new(pairs));
            let found = packages.find("taskgraph", &has_run_task);
            assert!(!started.exists(), "{variables:?} starts Python");
            found
        };
        let both = std::env::join_paths([path("empty"), path("path")]).unwrap();
        let both = both.into_string().unwrap();
        let environment = ("VIRTUAL_ENV", path("venv"));
        assert_eq!(find(std::slice::from_ref(&environment)), in_venv);
        assert_eq!(find(&[("SNOWMAN_PYTHON", python.clone())]), in_venv);
        // A package that is missing in one place is found in the next.
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
