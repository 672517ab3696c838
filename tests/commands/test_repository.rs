//! A repository for one test, with a home folder and a folder of fake programs.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use snowman::ports::environment::Environment;
use tempfile::TempDir;

/// A valid config.
pub const CONFIG: &str = "\
trust-domain: test
task-priority: low
workers:
    aliases:
        images:
            provisioner: '{trust-domain}-{level}'
            implementation: docker-worker
            os: linux
            worker-type: images
        linux:
            provisioner: '{trust-domain}-{level}'
            implementation: docker-worker
            os: linux
            worker-type: linux
        mac:
            provisioner: '{trust-domain}-{level}'
            implementation: generic-worker
            os: macosx
            worker-type: mac
taskgraph:
    repositories:
        ci:
            name: project
            type: git
            default-repository: https://github.com/org/project
            default-ref: main
";

/// The kind of docker images, with one image.
pub const IMAGES: &str = "\
loader: taskgraph.loader.transform:loader
transforms:
    - taskgraph.transforms.docker_image:transforms
    - taskgraph.transforms.cached_tasks:transforms
    - taskgraph.transforms.task:transforms
tasks:
    hello: {}
";

/// The top of a kind whose tasks are plain task descriptions.
pub const PLAIN: &str = "\
loader: taskgraph.loader.transform:loader
transforms: [taskgraph.transforms.task:transforms]
";

/// The result of a command.
pub struct Ran {
    /// Its exit code.
    pub code: i32,
    /// What it wrote to standard output.
    pub out: String,
    /// What it wrote to standard error.
    pub err: String,
}

impl Ran {
    /// Returns standard error in one line, however it is wrapped.
    pub fn message(&self) -> String {
        let words = self.err.split_whitespace().filter(|word| *word != "│");
        words.collect::<Vec<_>>().join(" ").replace("- ", "-")
    }

    /// Returns standard output, and fails unless the command has succeeded.
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}", self.err);
        self.out
    }
}

/// The folders of one test.
pub struct TestRepository {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl TestRepository {
    /// A git repository with a config.
    pub fn new() -> Self {
        let repository = Self::empty();
        repository.git(&["remote", "add", "origin", "https://github.com/org/project"]);
        repository
            .file("taskcluster/config.yml", CONFIG)
            .file(".taskcluster.yml", "version: 1\ntasks: []\n")
    }

    /// A git repository with nothing in it.
    pub fn empty() -> Self {
        let repository = Self {
            folder: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        };
        for name in ["repository", "home", "bin"] {
            std::fs::create_dir_all(repository.path(name)).unwrap();
        }
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository
    }

    /// A path in the folder of the test.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    /// The root of the repository.
    pub fn root(&self) -> PathBuf {
        self.path("repository")
    }

    /// Writes a file of the repository that everybody may read.
    pub fn file(self, name: &str, text: &str) -> Self {
        write(&self.root().join(name), text, 0o644);
        self
    }

    /// Writes a file next to the repository.
    pub fn beside(self, name: &str, text: &str, mode: u32) -> Self {
        write(&self.path(name), text, mode);
        self
    }

    /// Puts a program on the PATH, as a shell script.
    pub fn program(self, name: &str, script: &str) -> Self {
        write(
            &self.path("bin").join(name),
            &format!("#!/bin/sh\n{script}"),
            0o755,
        );
        self
    }

    /// Sets a variable for commands.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Commits every file.
    pub fn commit(self, message: &str) -> Self {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
        self
    }

    /// Runs git in the repository.
    pub fn git(&self, arguments: &[&str]) -> String {
        let ran = run(self.command("git").args(arguments), "");
        assert_eq!(ran.code, 0, "git {arguments:?}: {}", ran.err);
        ran.out.trim().to_owned()
    }

    /// Runs a line of bash and returns its output.
    pub fn bash(&self, line: &str) -> String {
        run(self.command("bash").args(["-c", line]), "").ok()
    }

    /// Runs snowman in the root of the repository.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, "")
    }

    /// Runs snowman in a folder of the repository.
    pub fn run_in(&self, folder: &str, arguments: &[&str]) -> Ran {
        self.run_with_in(folder, arguments, "")
    }

    /// Runs snowman with a text on its standard input.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Ran {
        self.run_with_in("", arguments, input)
    }

    fn run_with_in(&self, folder: &str, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(env!("CARGO_BIN_EXE_snowman"));
        command.current_dir(self.root().join(folder));
        let mut ran = run(command.args(arguments), input);
        let folder = self.path("").display().to_string();
        ran.err = ran.err.replace(folder.trim_end_matches('/'), "[folder]");
        ran
    }

    /// Interrupts snowman, as Ctrl-C does, once a file exists, and returns the exit code.
    pub fn interrupt(&self, arguments: &[&str], when: &Path) -> Option<i32> {
        use std::os::unix::process::CommandExt;
        let mut command = self.command(env!("CARGO_BIN_EXE_snowman"));
        let mut child = command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        for _ in 0..300 {
            if when.exists() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        let group = format!("-{}", child.id());
        let killed = Command::new("kill").args(["-INT", "--", &group]).status();
        assert!(killed.unwrap().success());
        child.wait().unwrap().code()
    }

    fn command(&self, program: &str) -> Command {
        let environment = Environment::of_process();
        let path = environment.get("PATH").unwrap();
        let mut command = Command::new(program);
        command
            .current_dir(self.root())
            .env_clear()
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("HOME", self.path("home"))
            .env("TZ", "UTC")
            .env("LANG", "C.UTF-8")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CEILING_DIRECTORIES", self.folder.path())
            .env("GIT_AUTHOR_NAME", "Someone")
            .env("GIT_AUTHOR_EMAIL", "someone@example.com")
            .env("GIT_COMMITTER_NAME", "Someone")
            .env("GIT_COMMITTER_EMAIL", "someone@example.com")
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }
}

fn run(command: &mut Command, input: &str) -> Ran {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program may not read its input.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn write(path: &Path, text: &str, mode: u32) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}
