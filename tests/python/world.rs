//! A repository with a project, and the two programs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use snowman::ports::environment::Environment;
use tempfile::TempDir;

/// Finds an interpreter with the peer. Without one, returns `None` and prints that the test is
/// skipped.
#[expect(clippy::print_stderr, reason = "a test that is skipped has to say so")]
pub fn python() -> Option<PathBuf> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let installed = top.join("tests/parity/.peer/bin/python");
    let environment = Environment::of_process();
    let named = environment.filled("SNOWMAN_PYTHON").map(PathBuf::from);
    let found = named
        .into_iter()
        .chain([installed])
        .find(|path| path.is_file());
    if found.is_none() {
        eprintln!(
            "skipped: there is no Python with taskgraph; `tests/parity/run --install` makes one"
        );
    }
    found
}

/// A repository with a project.
pub struct World {
    folder: TempDir,
    python: PathBuf,
    variables: BTreeMap<String, String>,
    left_out: BTreeSet<String>,
}

impl World {
    /// Creates a repository with the project in `project`.
    pub fn new(python: PathBuf) -> Self {
        Self::of(python, "project")
    }

    /// Creates a repository with the project in this folder.
    pub fn of(python: PathBuf, project: &str) -> Self {
        let world = Self {
            folder: tempfile::tempdir().unwrap(),
            python,
            variables: BTreeMap::new(),
            left_out: BTreeSet::new(),
        };
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python");
        copy(&source.join(project), &world.root());
        world.git(&["init", "--quiet", "--initial-branch=main"]);
        world.git(&["remote", "add", "origin", "https://github.com/hail/hail"]);
        world.git(&["add", "--all"]);
        world.git(&["commit", "--quiet", "--message=all"]);
        world
    }

    /// The root of the repository.
    pub fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("hail")
    }

    /// Writes a file.
    pub fn file(self, name: &str, text: &str) -> Self {
        let path = self.root().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// Replaces a text in a file.
    pub fn with(self, name: &str, from: &str, to: &str) -> Self {
        let text = std::fs::read_to_string(self.root().join(name)).unwrap();
        assert!(text.contains(from), "{name} has no {from:?}");
        self.file(name, &text.replace(from, to))
    }

    /// Sets an environment variable.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Unsets a variable of the environment.
    pub fn without(mut self, name: &str) -> Self {
        self.variables.remove(name);
        self.left_out.insert(name.to_owned());
        self
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        let path = Environment::of_process().get("PATH").unwrap().to_owned();
        command
            .current_dir(self.root())
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.folder.path())
            .env("PYTHONHASHSEED", "0")
            .env("TASKCLUSTER_ROOT_URL", "http://127.0.0.1:9")
            .env("SNOWMAN_PYTHON", &self.python)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "hail");
            command.env(format!("GIT_{who}_EMAIL"), "hail@example.com");
        }
        for name in &self.left_out {
            command.env_remove(name);
        }
        command.envs(&self.variables);
        command
    }

    /// Runs git in the repository.
    pub fn git(&self, arguments: &[&str]) {
        let done = self
            .command(Path::new("git"))
            .args(arguments)
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
    }

    /// Returns the revision that is checked out.
    pub fn head(&self) -> String {
        self.revision("HEAD")
    }

    /// Returns the revision before that.
    pub fn parent(&self) -> String {
        self.revision("HEAD^")
    }

    fn revision(&self, name: &str) -> String {
        let mut command = self.command(Path::new("git"));
        let done = command.args(["rev-parse", name]).output().unwrap();
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    /// Runs snowman.
    pub fn ours(&self, arguments: &[&str]) -> Output {
        let program = Path::new(env!("CARGO_BIN_EXE_snowman"));
        self.command(program).args(arguments).output().unwrap()
    }

    /// Starts snowman.
    pub fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(Path::new(env!("CARGO_BIN_EXE_snowman")));
        let command = command.args(arguments).stdout(Stdio::null());
        command.stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Runs the peer.
    pub fn peer(&self, arguments: &[&str]) -> Output {
        let main = "import sys; from taskgraph.main import main; sys.exit(main(sys.argv[1:]))";
        let mut command = self.command(&self.python);
        command.args(["-c", main]).args(arguments).output().unwrap()
    }

    /// Runs the peer, after it has imported a package of the project.
    pub fn peer_with_entry(&self, entry: &str, arguments: &[&str]) -> Output {
        let main = format!(
            "import sys; sys.path.insert(0, 'taskcluster'); import {entry}; del sys.path[0]; \
             from taskgraph.main import main; sys.exit(main(sys.argv[1:]))"
        );
        let mut command = self.command(&self.python);
        command
            .args(["-c", &main])
            .args(arguments)
            .output()
            .unwrap()
    }

    /// Runs a Python script with the peer's packages.
    pub fn script(&self, text: &str) -> Output {
        let mut command = self.command(&self.python);
        command.args(["-c", text]).output().unwrap()
    }

    /// Runs snowman, which must fail, and returns its output.
    pub fn failure(&self, arguments: &[&str]) -> String {
        let done = self.ours(arguments);
        let stderr = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(!done.status.success(), "it did not fail: {stderr}");
        assert_eq!(String::from_utf8_lossy(&done.stdout), "");
        stderr
    }
}

/// Joins the lines of a text, so that line breaks do not matter.
pub fn flat(text: &str) -> String {
    let words: Vec<_> = text
        .split_whitespace()
        .filter(|word| *word != "│")
        .collect();
    words.join(" ")
}

/// Parses the document that a program has printed, with taskIds replaced by labels.
pub fn document(done: &Output) -> Value {
    let stderr = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{stderr}");
    let mut text = String::from_utf8_lossy(&done.stdout).into_owned();
    let read: Value = serde_json::from_str(&text).unwrap();
    for (key, task) in read.as_object().unwrap() {
        text = text.replace(key, task["label"].as_str().unwrap());
    }
    let mut read: Value = serde_json::from_str(&text).unwrap();
    for task in read.as_object_mut().unwrap().values_mut() {
        if let Some(dependencies) = task["task"]["dependencies"].as_array_mut() {
            // They are sorted by taskId, and the peer's are random.
            dependencies.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        }
    }
    read
}

/// Copies a folder, without compiled Python files.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_name() == "__pycache__" {
            continue;
        }
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
