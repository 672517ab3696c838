//! Runs the program in a repository made for one test, with an environment made for it too.
//!
//! Nothing of the machine reaches the program: no home folder, no configuration, no language, no
//! credentials. What it says comes back without what changes from run to run.

#![expect(
    clippy::unwrap_used,
    reason = "a test may end where it finds something wrong"
)]

mod redact;
pub mod staged;
pub mod taskcluster;

use std::path::PathBuf;
use std::process::{Command, Stdio};

use snowman::ports::environment::Environment;
use tempfile::TempDir;

/// A config that is right: one worker alias, one repository.
pub const CONFIG: &str = "\
trust-domain: test
task-priority: low
workers:
    aliases:
        linux:
            provisioner: '{trust-domain}-{level}'
            implementation: docker-worker
            os: linux
            worker-type: linux-gcp
taskgraph:
    repositories:
        ci:
            name: project
            default-repository: https://github.com/org/project
            default-ref: main
";

/// A kind that is right: one task.
pub const KIND: &str = "\
tasks:
    linux:
        description: Build it
        worker-type: linux
        worker:
            docker-image: debian:12
            max-run-time: 600
        run:
            using: run-task
            command: make
";

/// Scopes and worker of a task that publishes an artifact of its dependency `build` in the folder of a
/// candidate.
pub const CANDIDATES: &str = "        scopes:
            - project:test:releng:beetmover:bucket:dep
            - project:test:releng:beetmover:action:push-to-candidates
        worker:
            max-run-time: 600
            release-properties:
                app-name: Hail
                app-version: '1.0'
                branch: main
                build-id: '20300101000000'
                hash-type: sha512
                platform: linux64
            upstream-artifacts:
                - taskId: {task-reference: <build>}
                  taskType: build
                  paths: [public/a.tar.xz]
                  locale: en-US
            artifact-map:
                - taskId: {task-reference: <build>}
                  locale: en-US
                  paths:
                      public/a.tar.xz:
                          destinations: [pub/hail/candidates/1.0-candidates/build1/a.tar.xz]
                          checksums_path: a.tar.xz
";

/// The top of a kind whose tasks are plain task descriptions.
pub const PLAIN: &str = "\
loader: taskgraph.loader.transform:loader
transforms: [taskgraph.transforms.task:transforms]
";

/// A repository made of small files, with a home folder beside it.
pub struct Project {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Project {
    /// A folder with a config and a kind `build` that are right, not a repository yet.
    pub fn loose() -> Self {
        let project = Self {
            folder: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        };
        std::fs::create_dir_all(project.path("home")).unwrap();
        project
            .file("taskcluster/config.yml", CONFIG)
            .file("taskcluster/kinds/build/kind.yml", KIND)
            .file(".taskcluster.yml", "version: 1\ntasks: []\n")
    }

    /// The same as a git repository; its files are committed when a command runs first.
    pub fn new() -> Self {
        let project = Self::loose();
        project.git(&["init", "--quiet", "--initial-branch=main"]);
        let url = "https://github.com/org/project";
        project.git(&["remote", "add", "origin", url]);
        project
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    /// The root of the repository.
    pub fn root(&self) -> PathBuf {
        self.path("repository")
    }

    /// Writes a file of the repository.
    pub fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.root().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// Writes the `kind.yml` of a kind.
    pub fn kind(self, name: &str, text: &str) -> Self {
        self.file(&format!("taskcluster/kinds/{name}/kind.yml"), text)
    }

    /// Has one kind, `build`, of plain task descriptions.
    pub fn plain(self, tasks: &str) -> Self {
        self.kind("build", &format!("{PLAIN}{tasks}"))
    }

    /// Writes `config.yml`: the one that is right, with the first text replaced by the second.
    pub fn config(self, from: &str, to: &str) -> Self {
        assert!(CONFIG.contains(from), "the config has no {from:?}");
        self.file("taskcluster/config.yml", CONFIG.replacen(from, to, 1))
    }

    /// Removes a file or a folder of the repository.
    pub fn without(self, name: &str) -> Self {
        let path = self.root().join(name);
        if path.is_dir() {
            std::fs::remove_dir_all(path).unwrap();
        } else {
            std::fs::remove_file(path).unwrap();
        }
        self
    }

    /// Sets a variable for the program.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A command with nothing but what belongs to this project in its environment.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.root())
            .env_clear()
            .env("PATH", Environment::of_process().get("PATH").unwrap())
            .env("HOME", self.path("home"))
            .env("LANG", "C.UTF-8")
            .env("TZ", "UTC")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CEILING_DIRECTORIES", self.folder.path())
            .stdin(Stdio::null());
        for who in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{who}_NAME"), "Someone")
                .env(format!("GIT_{who}_EMAIL"), "someone@example.com")
                .env(format!("GIT_{who}_DATE"), "2030-01-01T00:00:00Z");
        }
        command
    }

    /// The program with the variables of this project.
    pub fn program(&self) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_snowman"));
        command.envs(self.variables.iter().map(|(n, v)| (n, v)));
        command
    }

    /// Runs git, and yields what it says.
    pub fn git(&self, arguments: &[&str]) -> String {
        let output = self.command("git").args(arguments).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {stderr}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Commits every file, if any has changed, and returns the revision.
    pub fn commit(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", "Write it"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs the program.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_in("", arguments)
    }

    /// Runs the program in a folder of the repository.
    pub fn run_in(&self, folder: &str, arguments: &[&str]) -> Ran {
        if self.root().join(".git").exists() {
            self.commit();
        }
        self.run_as_it_is(folder, arguments)
    }

    /// Runs the program on files that are not committed.
    pub fn run_as_it_is(&self, folder: &str, arguments: &[&str]) -> Ran {
        let output = self
            .program()
            .current_dir(self.root().join(folder))
            .args(arguments)
            .output()
            .unwrap();
        Ran {
            code: output.status.code(),
            stdout: self.redacted(&output.stdout),
            stderr: redact::without_progress(&self.redacted(&output.stderr)),
        }
    }

    /// What git calls the newest revision.
    pub fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs `snowman decision` for the newest revision, with more flags.
    pub fn decide(&self, more: &[&str]) -> Ran {
        self.commit();
        self.decide_on_head(more)
    }

    /// As [`Project::decide`], without a commit of what has changed since.
    pub fn decide_on_head(&self, more: &[&str]) -> Ran {
        let arguments = self.decision(more);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.run_as_it_is("", &arguments)
    }

    /// The command `decision` for the newest revision, with more flags.
    pub fn decision(&self, more: &[&str]) -> Vec<String> {
        let revision = self.head();
        let mut arguments = vec!["decision"];
        // The last of several wins only here: the program itself takes each flag once.
        let named = |flag: &str| flag.split('=').next().unwrap_or_default().to_owned();
        let flags: Vec<String> = more.iter().map(|flag| named(flag)).collect();
        let usual = DECISION.iter().filter(|flag| !flags.contains(&named(flag)));
        arguments.extend(usual);
        arguments.extend(["--head-rev", &revision]);
        arguments.extend(more);
        arguments.into_iter().map(str::to_owned).collect()
    }

    fn redacted(&self, text: &[u8]) -> String {
        redact::redacted(&String::from_utf8_lossy(text), self.folder.path())
    }
}

/// Flags of a decision, but for the revision.
pub const DECISION: &[&str] = &[
    "--project=project",
    "--pushlog-id=1",
    "--pushdate=1900000000",
    "--owner=someone@example.com",
    "--level=1",
    "--repository-type=git",
    "--base-repository=https://github.com/org/project",
    "--head-repository=https://github.com/org/project",
    "--head-ref=refs/heads/main",
    "--tasks-for=github-push",
];

/// What came of a command.
pub struct Ran {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it printed as data.
    pub stdout: String,
    /// What it said: warnings and messages, without the progress that it reports.
    pub stderr: String,
}

impl Ran {
    /// All of it, as a snapshot shows it.
    pub fn shown(&self) -> String {
        let code = match self.code {
            Some(code) => code.to_string(),
            None => "none".to_owned(),
        };
        let mut text = format!("exit code {code}\n");
        for (name, stderr) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !stderr.trim().is_empty() {
                text.push_str(&format!("{name}:\n{}\n", stderr.trim_end()));
            }
        }
        text
    }
}
