//! Selects the interpreter for the project's Python.
//!
//! Each interpreter is a script that records that it was started and then runs the one with the
//! peer. Those that must not be selected have no taskgraph, or must not be started at all.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::world::{World, python};

/// Writes an interpreter that appends its name to `started` and then runs the real one.
fn interpreter(python: &Path, file: &Path, log: &Path, name: &str) {
    let text = format!(
        "#!/bin/sh\necho {name} >> {}\nexec {} \"$@\"\n",
        log.display(),
        python.display()
    );
    script(file, &text);
}

fn script(file: &Path, text: &str) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A project, the only folder on PATH, and a record of started interpreters.
struct Place {
    world: World,
    python: PathBuf,
    beside: PathBuf,
    log: PathBuf,
}

impl Place {
    fn new(python: PathBuf) -> Self {
        let world = World::new(python.clone());
        let beside = world.root().parent().unwrap().to_owned();
        let bin = beside.join("bin");
        // Only this folder is on PATH, so other programs are not found.
        script(
            &bin.join("git"),
            &format!("#!/bin/sh\nexec {} \"$@\"\n", tool("git")),
        );
        let world = world
            .without("SNOWMAN_PYTHON")
            .variable("PATH", bin.to_str().unwrap());
        let log = beside.join("started");
        Self {
            world,
            python,
            beside,
            log,
        }
    }

    /// Adds an interpreter at this path, relative to the parent folder of the repository.
    fn has(self, file: &str, name: &str) -> Self {
        interpreter(&self.python, &self.beside.join(file), &self.log, name);
        self
    }

    /// Adds a script at this path.
    fn script(self, file: &str, text: &str) -> Self {
        script(&self.beside.join(file), text);
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.world = self.world.variable(name, value);
        self
    }

    fn path(&self, file: &str) -> String {
        self.beside.join(file).to_str().unwrap().to_owned()
    }

    /// Returns which interpreters a successful command has started, in order.
    fn started(&self) -> Vec<String> {
        let done = self.world.ours(&["full", "-p", "params/push.yml"]);
        let stderr = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{stderr}");
        let stdout = String::from_utf8_lossy(&done.stdout);
        assert!(
            stdout.lines().any(|line| line == "build-one-again"),
            "{stdout}"
        );
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }
}

/// Returns the path of a program.
fn tool(name: &str) -> String {
    let environment = snowman::ports::environment::Environment::of_process();
    let path = environment.get("PATH").unwrap();
    let found = std::env::split_paths(path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file());
    found.unwrap().to_str().unwrap().to_owned()
}

#[test]
fn interpreters_are_searched_in_the_documented_order() {
    let Some(python) = python() else { return };
    let place = Place::new(python)
        .has("named", "named")
        .has("active/bin/python", "active")
        .has("hail/.venv/bin/python", "of the repository")
        .has("installed/python", "of the script")
        .has("bin/python3", "python3")
        .has("bin/python", "python");
    let script = format!(
        "#!{}\nraise SystemExit(1)\n",
        place.path("installed/python")
    );
    let (named, active) = (place.path("named"), place.path("active"));
    let place = place
        .script("bin/taskgraph", &script)
        .variable("SNOWMAN_PYTHON", &named)
        .variable("VIRTUAL_ENV", &active);
    // The first one is removed, so that the next is used.
    let order = [
        ("named", None),
        ("active", Some("active/bin/python")),
        ("of the repository", Some("hail/.venv/bin/python")),
        ("of the script", Some("bin/taskgraph")),
        ("python3", Some("bin/python3")),
        ("python", None),
    ];
    let mut place = place;
    for (name, file) in order {
        let _ = std::fs::remove_file(&place.log);
        assert_eq!(place.started(), [name]);
        if name == "named" {
            place.world = place.world.without("SNOWMAN_PYTHON");
        }
        if let Some(file) = file {
            std::fs::remove_file(place.beside.join(file)).unwrap();
        }
    }
}

#[test]
fn a_virtual_environment_next_to_config_yml_is_found() {
    let Some(python) = python() else { return };
    let place = Place::new(python)
        .has("hail/taskcluster/.venv/bin/python", "beside config.yml")
        .has("bin/python3", "python3");
    assert_eq!(place.started(), ["beside config.yml"]);
}

#[test]
fn an_interpreter_without_taskgraph_is_skipped() {
    let Some(python) = python() else { return };
    let bare = format!("#!/bin/sh\nexec {} -S -I \"$@\"\n", python.display());
    let place = Place::new(python)
        .script("hail/.venv/bin/python", &bare)
        .has("bin/python3", "python3");
    assert_eq!(place.started(), ["python3"]);
}

#[test]
fn uv_is_used_for_a_project_with_a_lock_file() {
    let Some(python) = python() else { return };
    let place = Place::new(python);
    // uv must use the locked environment, and only run an interpreter.
    let uv = format!(
        "#!/bin/sh\necho \"$1 $2 $3\" >> {}\nshift 3\nexec {} \"$@\"\n",
        place.log.display(),
        place.python.display()
    );
    let place = place.script("bin/uv", &uv).script("hail/uv.lock", "");
    assert_eq!(place.started(), ["run --frozen python"]);
    let without = place.script("hail/uv.lock", "");
    std::fs::remove_file(without.beside.join("hail/uv.lock")).unwrap();
    let error = without.world.failure(&["full", "-p", "params/push.yml"]);
    assert!(
        error.contains("no Python with the package taskgraph was found"),
        "{error}"
    );
    // No file of the project says what to install.
    assert!(
        error.contains("(`pip install taskcluster-taskgraph`)"),
        "{error}"
    );
    std::fs::write(without.world.root().join("requirements.txt"), "").unwrap();
    let error = without.world.failure(&["full", "-p", "params/push.yml"]);
    assert!(
        error.contains("(`pip install --requirement requirements.txt`)"),
        "{error}"
    );
}

#[test]
fn a_named_interpreter_is_used_or_an_error() {
    let Some(python) = python() else { return };
    let place = Place::new(python)
        .has("hail/.venv/bin/python", "of the repository")
        .variable("SNOWMAN_PYTHON", "/no/such/python");
    let error = place.world.failure(&["full", "-p", "params/push.yml"]);
    assert!(error.contains("/no/such/python"), "{error}");
    assert!(!place.log.exists());
}
